//! Who sends a bot its activities, and how that is proved ("Authenticate requests from the Bot
//! Connector service to your bot", learn.microsoft.com).

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use tieline_domain::{
    ports::{Clock, EventRefusal},
    provider::authorize::join,
};
use url::Url;

use super::{
    claims::{EXPIRED, NOT_YET_VALID, check_time},
    jwks::{KeySet, KeySource},
    keys::Key,
    signed::{self, Doubt, Unverified},
};
use crate::http::Egress;

/// Clouds with a Bot Framework of their own: where its keys are, and as whom it signs.
const NATIONAL: &[(&str, &str)] = &[
    ("login.botframework.azure.us", "https://api.botframework.us"),
    (
        "login.botframework.azure.cn",
        "https://api.botframework.azure.cn",
    ),
];

/// As whom it signs everywhere else.
const GLOBAL: &str = "https://api.botframework.com";

/// A Bot Framework: where its keys are, and as whom it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotFramework {
    metadata: Url,
    issuer: &'static str,
}

impl BotFramework {
    /// The one whose OpenID metadata is below this base, such as `https://login.botframework.com`.
    #[must_use]
    pub fn at(base: &Url) -> Self {
        let host = base.host_str().unwrap_or_default();
        let national = NATIONAL.iter().find(|(own, _)| *own == host);
        Self {
            metadata: join(base, "/v1/.well-known/openidconfiguration"),
            issuer: national.map_or(GLOBAL, |(_, issuer)| issuer),
        }
    }

    pub(super) fn keys(&self, egress: Egress, clock: Arc<dyn Clock>) -> KeySet {
        let source = KeySource::Discovered {
            metadata: self.metadata.clone(),
            issuer: self.issuer.to_owned(),
        };
        KeySet::new(egress, clock, source)
    }
}

/// What a token vouches for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Vouched {
    /// The address of the service that sends.
    pub(super) service_url: String,
    /// The channels that the key may sign for.
    pub(super) channels: Vec<String>,
}

#[derive(Clone, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    serviceurl: Option<String>,
}

/// Verifies the token of an `Authorization` header that came to the bot `bot`.
pub(super) async fn verify(
    framework: &BotFramework,
    keys: &KeySet,
    authorization: &str,
    bot: &str,
    now: Timestamp,
) -> Result<Vouched, EventRefusal> {
    let token = bearer(authorization).ok_or(EventRefusal::Unsigned)?;
    let vouched = signed::verify(token, keys, |claims: &Claims, key| {
        claims.check(framework.issuer, bot, now, key)
    });
    vouched.await.map_err(|unverified| match unverified {
        Unverified::Doubt(doubt) if doubt == EXPIRED || doubt == NOT_YET_VALID => {
            EventRefusal::TooOld
        }
        Unverified::Doubt(Doubt(what)) => EventRefusal::BadlySigned(what),
        Unverified::NoKeys(error) => EventRefusal::Unavailable(error),
    })
}

impl Claims {
    fn check(&self, issuer: &str, bot: &str, now: Timestamp, key: &Key) -> Result<Vouched, Doubt> {
        if self.iss != issuer {
            return Err(Doubt("iss"));
        }
        if self.aud != bot {
            return Err(Doubt("aud"));
        }
        check_time(self.exp, [self.nbf, self.iat], now)?;
        Ok(Vouched {
            service_url: self.serviceurl.clone().ok_or(Doubt("serviceurl"))?,
            channels: key.endorsements().to_vec(),
        })
    }
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E12
    #[test]
    fn each_cloud_signs_by_its_own_name() {
        for (base, metadata, issuer) in [
            (
                "https://login.botframework.com",
                "https://login.botframework.com/v1/.well-known/openidconfiguration",
                "https://api.botframework.com",
            ),
            (
                "https://login.botframework.azure.us/",
                "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
                "https://api.botframework.us",
            ),
            (
                "https://login.botframework.azure.cn",
                "https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
                "https://api.botframework.azure.cn",
            ),
            (
                "http://127.0.0.1:4000/botframework",
                "http://127.0.0.1:4000/botframework/v1/.well-known/openidconfiguration",
                "https://api.botframework.com",
            ),
        ] {
            let found = BotFramework::at(&Url::parse(base).unwrap());
            assert_eq!(found.metadata.as_str(), metadata);
            assert_eq!(found.issuer, issuer);
        }
    }

    #[test]
    fn a_bearer_token_is_one_in_any_case() {
        assert_eq!(bearer("Bearer a.b.c"), Some("a.b.c"));
        assert_eq!(bearer("bearer  a.b.c "), Some("a.b.c"));
        for other in ["", "Bearer", "Basic a.b.c", "a.b.c"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
