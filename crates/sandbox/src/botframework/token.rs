//! The bearer token of an activity, right and wrong.

use serde::Deserialize;
use serde_json::{Value, json};

use super::ISSUER;
use crate::keys::{self, Family, RsaKey, compact, rogue_key};
use crate::random;
use crate::world::World;

/// An hour; Microsoft names none.
const LIFE: i64 = 3600;

/// What is wrong with the token of an activity; each is wrong in this one
/// respect only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityFlaw {
    /// There is no token.
    NoToken,
    /// `aud` names another app.
    WrongAudience,
    /// `iss` is somebody else.
    WrongIssuer,
    /// `exp` lies this many seconds in the past.
    ExpiredBy(u32),
    /// `nbf` lies this many seconds in the future.
    NotYetValidBy(u32),
    /// Signed by a key that is not published, under its own `kid`.
    UnknownKey,
    /// Signed by a key that is not published, under a `kid` that is.
    WrongKey,
    /// Signed by a published key that is not endorsed for Teams.
    KeyNotEndorsed,
    /// `alg: none`, no signature.
    AlgNone,
    /// `serviceurl` is another one than the `serviceUrl` of the activity.
    OtherServiceUrl,
    /// No `serviceurl`.
    NoServiceUrl,
}

/// What a token is about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) app_id: &'a str,
    pub(super) service_url: &'a str,
    /// In seconds since 1970.
    pub(super) now: i64,
}

/// The token; `None` if there shall be none.
pub(super) fn token(
    world: &World,
    subject: &Subject<'_>,
    flaw: Option<ActivityFlaw>,
) -> Option<String> {
    if flaw == Some(ActivityFlaw::NoToken) {
        return None;
    }
    let mut claims = json!({
        "iss": ISSUER,
        "aud": subject.app_id,
        "nbf": subject.now,
        "exp": subject.now + LIFE,
        "serviceurl": subject.service_url,
    });
    if let Some(flaw) = flaw {
        spoil(&mut claims, flaw, subject.now);
    }
    Some(sign(&claims, flaw, &world.bot_keys.current()))
}

fn spoil(claims: &mut Value, flaw: ActivityFlaw, now: i64) {
    match flaw {
        ActivityFlaw::WrongAudience => claims["aud"] = json!(random::guid()),
        ActivityFlaw::WrongIssuer => claims["iss"] = json!("https://api.elsewhere.test"),
        ActivityFlaw::ExpiredBy(seconds) => {
            claims["exp"] = json!(now - i64::from(seconds));
            claims["nbf"] = json!(now - i64::from(seconds) - LIFE);
        }
        ActivityFlaw::NotYetValidBy(seconds) => {
            claims["nbf"] = json!(now + i64::from(seconds));
            claims["exp"] = json!(now + i64::from(seconds) + LIFE);
        }
        ActivityFlaw::OtherServiceUrl => {
            claims["serviceurl"] = json!("https://smba.elsewhere.test/teams/");
        }
        ActivityFlaw::NoServiceUrl => {
            if let Some(claims) = claims.as_object_mut() {
                claims.remove("serviceurl");
            }
        }
        _ => {}
    }
}

/// Signs the token, rightly unless the flaw is in the signing.
fn sign(claims: &Value, flaw: Option<ActivityFlaw>, key: &RsaKey) -> String {
    match flaw {
        Some(ActivityFlaw::UnknownKey) => keys::signed(rogue_key(), claims),
        Some(ActivityFlaw::WrongKey) => {
            let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid() });
            compact(&header, claims, |message| rogue_key().sign(message))
        }
        Some(ActivityFlaw::KeyNotEndorsed) => {
            keys::signed(&keys::key(Family::OtherChannels, 0), claims)
        }
        Some(ActivityFlaw::AlgNone) => {
            let header = json!({ "typ": "JWT", "alg": "none" });
            compact(&header, claims, |_| Vec::new())
        }
        _ => keys::signed(key, claims),
    }
}
