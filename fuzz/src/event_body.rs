//! What claims to come from Slack or from Teams: without a signature nothing is looked at, and with
//! one any body is read or refused.
//!
//! The first byte says what the others are: `s` a body that Slack signed, `t` a time and, after a
//! line feed, a body that Slack signed then, `u` signature, time and body that it did not sign; `a`
//! a body under Bot Framework's token, `c` what its token claims, `h` an `Authorization` header.

use std::sync::Arc;

use serde_json::{Value, json};
use tieline_domain::{
    api_key::SigningState,
    integration::Credentials,
    ports::{Clock, Delivery, EventReader, EventRefusal, ProviderEvent, ProviderEventKind},
    provider::ProviderId,
};
use tieline_providers::{ProviderEndpoints, providers};
use tieline_testkit::FixedClock;
use tokio::runtime::Runtime;

use crate::{
    loopback::{Answer, egress, serve},
    runtime,
    signer::Signer,
};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
const BOT: &str = "0d9c4f5e-6a71-4b28-93c5-e1f7a2804b36";
const ISSUER: &str = "https://api.botframework.com";
const SERVICE: &str = "https://smba.trafficmanager.net/teams/";

thread_local! {
    static WORLD: World = World::start();
}

/// Tries these bytes.
pub(crate) fn run(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    WORLD.with(|world| match kind {
        b's' => world.signed_by_slack(&world.now.to_string(), rest),
        b't' => {
            let [time, body] = lines(rest);
            world.signed_by_slack(&String::from_utf8_lossy(time), body);
        }
        b'u' => world.not_signed_by_slack(rest),
        b'a' => world.vouched_for(rest),
        b'c' => world.claimed(rest),
        b'h' => world.not_vouched_for(rest),
        _ => {}
    });
}

struct World {
    runtime: Runtime,
    clock: FixedClock,
    /// Its time, in seconds.
    now: i64,
    slack: Arc<dyn EventReader>,
    teams: Arc<dyn EventReader>,
    app: Credentials,
    signer: Signer,
    /// A token that vouches for what comes from [`SERVICE`].
    token: String,
}

impl World {
    fn start() -> Self {
        let runtime = runtime();
        let (signer, clock) = (Signer::generate(), FixedClock::default());
        let now = clock.now().as_second();
        let claims = json!({ "iss": ISSUER, "aud": BOT, "exp": now + 3600, "serviceurl": SERVICE });
        let token = signer.token(claims.to_string().as_bytes());
        let [slack, teams] = runtime.block_on(readers(signer.key_set()));
        let app = [("signingSecret", SECRET), ("clientId", BOT)];
        Self {
            runtime,
            clock,
            now,
            slack,
            teams,
            app: app
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            signer,
            token,
        }
    }

    /// Reads a delivery twice: an answer depends on nothing else.
    fn read(
        &self,
        reader: &dyn EventReader,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<ProviderEvent, EventRefusal> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let delivery = Delivery {
            headers: headers.iter().map(owned).collect(),
            body: body.to_vec(),
        };
        let read = || {
            self.runtime
                .block_on(reader.read(&self.app, &delivery, self.clock.now()))
        };
        let outcome = read();
        assert_eq!(outcome, read());
        if let Ok(event) = &outcome {
            assert_sound(event, body);
        }
        outcome
    }

    fn signed_by_slack(&self, time: &str, body: &[u8]) {
        let signed = [b"v0:", time.as_bytes(), b":", body].concat();
        let hash = SigningState::of(SECRET.as_bytes()).sign(&signed);
        let digits = |text, byte: &u8| format!("{text}{byte:02x}");
        let signature = hash.iter().fold("v0=".to_owned(), digits);
        let outcome = self.read_slack(&signature, time, body);
        let is_now = time.bytes().all(|byte| byte.is_ascii_digit())
            && time
                .parse()
                .is_ok_and(|at: i64| at.abs_diff(self.now) <= 300);
        match outcome {
            Err(EventRefusal::TooOld) => assert!(!is_now),
            Ok(_) | Err(EventRefusal::Malformed(_)) => assert!(is_now),
            other => panic!("{other:?}"),
        }
    }

    /// Nobody but Slack can sign, so that the body cannot matter.
    fn not_signed_by_slack(&self, rest: &[u8]) {
        let [signature, rest] = lines(rest);
        let [time, body] = lines(rest);
        let [signature, time] = [signature, time].map(String::from_utf8_lossy);
        let outcome = self.read_slack(&signature, &time, body);
        assert!(
            matches!(outcome, Err(EventRefusal::BadlySigned(_))),
            "{outcome:?}"
        );
    }

    fn read_slack(
        &self,
        signature: &str,
        time: &str,
        body: &[u8],
    ) -> Result<ProviderEvent, EventRefusal> {
        let headers = [
            ("X-Slack-Signature", signature),
            ("X-Slack-Request-Timestamp", time),
        ];
        self.read(&*self.slack, &headers, body)
    }

    fn vouched_for(&self, body: &[u8]) {
        let outcome = self.read_teams(&format!("Bearer {}", self.token), body);
        match outcome {
            Ok(_) => {
                let activity: Value = serde_json::from_slice(body).unwrap();
                assert_eq!(activity["serviceUrl"], SERVICE);
                assert!(
                    ["msteams", "webchat"]
                        .map(Into::into)
                        .contains(&activity["channelId"])
                );
            }
            Err(EventRefusal::Malformed(_) | EventRefusal::BadlySigned(_)) => {}
            other => panic!("{other:?}"),
        }
    }

    /// What is claimed counts only for this bot, by this issuer, and now.
    fn claimed(&self, claims: &[u8]) {
        let body =
            format!(r#"{{"type":"message","channelId":"msteams","serviceUrl":"{SERVICE}"}}"#);
        let token = self.signer.token(claims);
        match self.read_teams(&format!("Bearer {token}"), body.as_bytes()) {
            Ok(_) => {
                let claims: Value = serde_json::from_slice(claims).unwrap();
                assert_eq!(claims["iss"], ISSUER);
                assert_eq!(claims["aud"], BOT);
                assert_eq!(claims["serviceurl"], SERVICE);
                assert!(claims["exp"].as_i64().unwrap().saturating_add(300) >= self.now);
            }
            Err(EventRefusal::BadlySigned(_) | EventRefusal::TooOld) => {}
            other => panic!("{other:?}"),
        }
    }

    fn not_vouched_for(&self, authorization: &[u8]) {
        let outcome = self.read_teams(&String::from_utf8_lossy(authorization), b"{}");
        let refused = matches!(
            outcome,
            Err(EventRefusal::Unsigned | EventRefusal::BadlySigned(_))
        );
        assert!(refused, "{outcome:?}");
    }

    fn read_teams(&self, authorization: &str, body: &[u8]) -> Result<ProviderEvent, EventRefusal> {
        self.read(&*self.teams, &[("Authorization", authorization)], body)
    }
}

/// Those of Slack and Teams, with a Bot Framework that has these keys.
async fn readers(keys: String) -> [Arc<dyn EventReader>; 2] {
    let base = serve(move |url| {
        if url.path() == "/keys" {
            return Answer::json(keys.clone());
        }
        let jwks_uri = url.join("/keys").unwrap();
        Answer::json(json!({ "issuer": ISSUER, "jwks_uri": jwks_uri }).to_string())
    })
    .await;
    let endpoints = ProviderEndpoints {
        bot_framework: base,
        ..ProviderEndpoints::default()
    };
    let clock = Arc::new(FixedClock::default());
    let all = providers(&endpoints, egress(), clock.clone(), clock);
    ["slack", "msteams"].map(|id| {
        let id = ProviderId::parse(id).unwrap();
        all.find(&id).unwrap().events.clone().unwrap()
    })
}

/// What is told is fit to be stored, compared and logged.
fn assert_sound(event: &ProviderEvent, body: &[u8]) {
    let is_id = |id: &String| {
        (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    assert!(event.id.iter().all(is_id));
    match &event.kind {
        ProviderEventKind::Challenge(text) => {
            assert!(text.len() <= 512 && text.len() <= body.len());
            assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        ProviderEventKind::AppUninstalled { workspace }
        | ProviderEventKind::TokensRevoked { workspace, .. } => assert!(is_id(workspace)),
        ProviderEventKind::InstallationChanged { tenant, .. } => {
            assert_eq!(tenant, &tenant.to_ascii_lowercase());
            assert!(tenant.len() == 36 && tenant.parse::<uuid::Uuid>().is_ok());
        }
        ProviderEventKind::Ignored { kind } => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
            assert!(kind.len() <= 64 && kind.bytes().all(fits));
        }
    }
}

/// What is before the first line feed, and what is behind it.
fn lines(bytes: &[u8]) -> [&[u8]; 2] {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    [(); 2].map(|()| parts.next().unwrap_or_default())
}
