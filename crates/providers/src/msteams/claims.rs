//! The claims of an `id_token`, and what each must be.

use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::signed::Doubt;

/// The tenant of all personal accounts ("ID token claims reference", learn.microsoft.com).
const PERSONAL_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// How far two clocks may differ, in seconds.
const SKEW: i64 = 300;

/// The doubts that are about time alone.
pub(super) const EXPIRED: Doubt = Doubt("expired");
pub(super) const NOT_YET_VALID: Doubt = Doubt("not yet valid");

/// What a token is held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    /// Where Entra is, without a slash at the end.
    pub(super) entra: &'a str,
    /// Our client id.
    pub(super) client_id: &'a str,
    /// The nonce of this very flow.
    pub(super) nonce: &'a str,
    /// The present instant.
    pub(super) now: Timestamp,
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// The tenant, in lower case.
    pub(super) tenant: String,
    /// The person: the object id, which is the `id` that Graph knows them by.
    pub(super) person: String,
}

/// The claims that we read. Names and addresses are not among them: they change, and decide
/// nothing.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) tid: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    nonce: Option<String>,
    ver: Option<String>,
    oid: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// Holds the claims against what is expected.
    pub(super) fn check(&self, expected: &Expected<'_>) -> Result<Identity, Doubt> {
        if !is_guid(&self.tid) {
            return Err(Doubt("tid"));
        }
        if self.iss != format!("{}/{}/v2.0", expected.entra, self.tid) {
            return Err(Doubt("iss"));
        }
        if self.tid.eq_ignore_ascii_case(PERSONAL_ACCOUNTS) {
            return Err(Doubt("personal account"));
        }
        if !self.is_for(expected.client_id) {
            return Err(Doubt("aud"));
        }
        check_time(self.exp, [self.nbf, self.iat], expected.now)?;
        if self.nonce.as_deref() != Some(expected.nonce) {
            return Err(Doubt("nonce"));
        }
        if self.ver.as_deref().is_some_and(|version| version != "2.0") {
            return Err(Doubt("ver"));
        }
        // We ask for `profile`, with which it always comes.
        let person = self
            .oid
            .clone()
            .filter(|oid| is_guid(oid))
            .ok_or(Doubt("oid"))?;
        Ok(Identity {
            tenant: self.tid.to_ascii_lowercase(),
            person,
        })
    }

    /// Among several audiences it must say that we are the one it was issued to.
    fn is_for(&self, client_id: &str) -> bool {
        match &self.aud {
            Audience::One(audience) => audience == client_id,
            Audience::Several(all) => match all.as_slice() {
                [audience] => audience == client_id,
                _ => {
                    all.iter().any(|audience| audience == client_id)
                        && self.azp.as_deref() == Some(client_id)
                }
            },
        }
    }
}

/// Whether a token lives: it ends at `exp`, and none of the others lies ahead. Clocks may differ.
pub(super) fn check_time(
    exp: i64,
    not_ahead: [Option<i64>; 2],
    now: Timestamp,
) -> Result<(), Doubt> {
    let now = now.as_second();
    if now > exp.saturating_add(SKEW) {
        return Err(EXPIRED);
    }
    let is_future = |at: i64| at > now.saturating_add(SKEW);
    if not_ahead.into_iter().flatten().any(is_future) {
        return Err(NOT_YET_VALID);
    }
    Ok(())
}

pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TENANT: &str = "3f6c1a52-8d0b-4e57-9a41-6b2f0c7d9e10";
    const OTHER_TENANT: &str = "c84de7b1-20f9-4a36-8be5-f1957a0463d2";
    const PERSON: &str = "a1e0c7d4-52b9-4f6e-8c13-0d97be64f2a1";
    const NOW: i64 = 1_750_000_000;

    /// Checks good claims with these members changed, or taken out by a null.
    fn check(changes: &Value) -> Result<Identity, Doubt> {
        let mut claims = json!({
            "iss": format!("https://login.test/{TENANT}/v2.0"), "tid": TENANT, "aud": "client",
            "exp": NOW + 3600, "nbf": NOW, "iat": NOW, "nonce": "n1", "ver": "2.0", "oid": PERSON,
            "sub": "pairwise", "preferred_username": "noor@fennelrye.example",
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims: Claims = serde_json::from_value(claims).map_err(|_| Doubt("payload"))?;
        claims.check(&Expected {
            entra: "https://login.test",
            client_id: "client",
            nonce: "n1",
            now: Timestamp::constant(NOW, 0),
        })
    }

    fn issuer(tenant: &str) -> String {
        format!("https://login.test/{tenant}/v2.0")
    }

    /// D27
    #[test]
    fn the_identity_is_tenant_and_object_id_whatever_the_address() {
        let expected = Identity {
            tenant: TENANT.to_owned(),
            person: PERSON.to_owned(),
        };
        assert_eq!(check(&json!({})), Ok(expected.clone()));
        assert_eq!(
            check(&json!({ "preferred_username": "new@example" })),
            Ok(expected.clone())
        );
        let upper = TENANT.to_ascii_uppercase();
        assert_eq!(
            check(&json!({ "tid": upper, "iss": issuer(&upper) })),
            Ok(expected)
        );
    }

    /// D04, D05
    #[test]
    fn the_nonce_is_that_of_the_flow() {
        for nonce in [json!(null), json!("n2"), json!(""), json!("N1")] {
            assert_eq!(check(&json!({ "nonce": nonce })), Err(Doubt("nonce")));
        }
    }

    /// D06, D07
    #[test]
    fn the_audience_is_our_client() {
        for aud in [
            json!("other"),
            json!(["client", "other"]),
            json!(["other"]),
            json!([]),
        ] {
            assert_eq!(check(&json!({ "aud": aud })), Err(Doubt("aud")));
        }
        let several = json!(["client", "other"]);
        assert_eq!(
            check(&json!({ "aud": several, "azp": "other" })),
            Err(Doubt("aud"))
        );
        assert!(check(&json!({ "aud": several, "azp": "client" })).is_ok());
        assert!(check(&json!({ "aud": ["client"] })).is_ok());
        assert_eq!(
            check(&json!({ "aud": ["other"], "azp": "client" })),
            Err(Doubt("aud"))
        );
    }

    /// D08, D09
    #[test]
    fn issuer_and_tenant_agree() {
        assert_eq!(
            check(&json!({ "iss": issuer(OTHER_TENANT) })),
            Err(Doubt("iss"))
        );
        assert_eq!(check(&json!({ "tid": OTHER_TENANT })), Err(Doubt("iss")));
        let elsewhere = format!("https://evil.test/{TENANT}/v2.0");
        assert_eq!(check(&json!({ "iss": elsewhere })), Err(Doubt("iss")));
        let slash = format!("https://login.test/{TENANT}/v2.0/");
        assert_eq!(check(&json!({ "iss": slash })), Err(Doubt("iss")));
    }

    /// D10
    #[test]
    fn a_tenant_is_a_guid() {
        let simple = TENANT.replace('-', "");
        for tid in ["../common", "common", "", simple.as_str()] {
            assert_eq!(
                check(&json!({ "tid": tid, "iss": issuer(tid) })),
                Err(Doubt("tid")),
                "{tid}"
            );
        }
    }

    /// D11
    #[test]
    fn personal_accounts_are_refused() {
        let tid = PERSONAL_ACCOUNTS;
        assert_eq!(
            check(&json!({ "tid": tid, "iss": issuer(tid) })),
            Err(Doubt("personal account"))
        );
    }

    /// D12, D13
    #[test]
    fn clocks_may_differ_by_five_minutes() {
        assert!(check(&json!({ "exp": NOW - 240 })).is_ok());
        assert_eq!(check(&json!({ "exp": NOW - 360 })), Err(Doubt("expired")));
        assert!(check(&json!({ "nbf": NOW + 240, "iat": NOW + 240 })).is_ok());
        assert_eq!(
            check(&json!({ "nbf": NOW + 360 })),
            Err(Doubt("not yet valid"))
        );
        assert_eq!(
            check(&json!({ "iat": NOW + 360 })),
            Err(Doubt("not yet valid"))
        );
        assert_eq!(check(&json!({ "exp": null })), Err(Doubt("payload")));
        assert_eq!(check(&json!({ "exp": 1e300 })), Err(Doubt("payload")));
        assert!(check(&json!({ "exp": i64::MAX })).is_ok());
    }

    #[test]
    fn another_version_is_refused() {
        assert_eq!(check(&json!({ "ver": "1.0" })), Err(Doubt("ver")));
        assert!(check(&json!({ "ver": null })).is_ok());
    }

    /// D26
    #[test]
    fn without_an_object_id_nothing_else_stands_in() {
        assert_eq!(check(&json!({ "oid": null })), Err(Doubt("oid")));
        assert_eq!(
            check(&json!({ "oid": "noor@fennelrye.example" })),
            Err(Doubt("oid"))
        );
    }
}
