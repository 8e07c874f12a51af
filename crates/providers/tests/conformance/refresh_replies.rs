//! Replies to a refresh, made up at random: whatever a provider says, a credential comes of it that
//! can be refreshed again at a sensible time, or none.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    connection::CredentialKind, ports::RefreshError, provider::GrantedCredential,
};
use tieline_providers::oauth2::{Issued, RefreshRules, Successor};

const NOW: Timestamp = Timestamp::constant(1_750_000_000, 0);
const LONGEST: SignedDuration = SignedDuration::from_hours(400 * 24);

fn old() -> GrantedCredential {
    GrantedCredential {
        kind: CredentialKind::Bot,
        access_token: "old-access".into(),
        refresh_token: Some("old-refresh".into()),
        scopes: vec!["chat:write".to_owned()],
        expires_at: Some(NOW),
    }
}

fn renew(reply: &Value, successor: Successor) -> Result<GrantedCredential, RefreshError> {
    let issued: Result<Issued, _> = serde_json::from_value(reply.clone());
    // What the client does with a body that it cannot read.
    let unreadable = tieline_providers::http::EgressError::Unreadable;
    let issued = issued.map_err(|_| RefreshError::from(unreadable))?;
    let rules = RefreshRules {
        successor,
        ..RefreshRules::RFC_6749
    };
    rules.renew(issued, &old(), "bearer", NOW)
}

fn exposed(credential: &GrantedCredential) -> (&str, Option<&str>) {
    let refresh_token = credential.refresh_token.as_ref();
    (
        credential.access_token.expose_secret(),
        refresh_token.map(ExposeSecret::expose_secret),
    )
}

/// A good reply with this life, and with a refresh token if there is one.
fn reply(expires_in: &Value, refresh_token: Option<&str>) -> Value {
    let mut reply = json!({ "access_token": "new-access", "token_type": "Bearer" });
    reply["expires_in"] = expires_in.clone();
    if let Some(token) = refresh_token {
        reply["refresh_token"] = json!(token);
    }
    reply
}

/// Any number of seconds, as a number or in a string.
fn any_seconds() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(|seconds| json!(seconds)),
        any::<u64>().prop_map(|seconds| json!(seconds)),
        (-1e300..1e300).prop_map(|seconds| json!(seconds)),
        (-100_000..100_000_i64).prop_map(|seconds| json!(seconds)),
        any::<i64>().prop_map(|seconds| json!(seconds.to_string())),
        (-1e300..1e300).prop_map(|seconds: f64| json!(seconds.to_string())),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        "[!-~]{1,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn assert_sensible(new: &GrantedCredential) {
    let (access_token, refresh_token) = exposed(new);
    for token in [Some(access_token), refresh_token].into_iter().flatten() {
        let is_sendable = token.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(!token.is_empty() && is_sendable, "{token:?}");
    }
    if let Some(at) = new.expires_at {
        assert!((NOW..=NOW + LONGEST).contains(&at), "{at}");
    }
    assert_eq!(new.kind, CredentialKind::Bot);
    assert!(refresh_token.is_some());
}

proptest! {
    /// R8: no lifetime at all costs the tokens, and none leads out of the calendar.
    #[test]
    fn any_lifetime_lies_between_now_and_400_days(
        seconds in any_seconds(),
        refresh_token in prop::option::of("[!-~]{1,64}"),
    ) {
        let reply = reply(&seconds, refresh_token.as_deref());
        let new = renew(&reply, Successor::Sometimes).unwrap();
        assert_sensible(&new);
        assert!(new.expires_at.is_some());
        let expected = refresh_token.as_deref().unwrap_or("old-refresh");
        assert_eq!(exposed(&new), ("new-access", Some(expected)));
    }

    /// R8: a lifetime that is sensible is kept to the second.
    #[test]
    fn a_sensible_lifetime_is_taken_at_its_word(seconds in 0..34_560_000_i64, is_text: bool) {
        let expires_in = if is_text { json!(seconds.to_string()) } else { json!(seconds) };
        let new = renew(&reply(&expires_in, None), Successor::Sometimes).unwrap();
        assert_eq!(new.expires_at, Some(NOW + SignedDuration::from_secs(seconds)));
    }

    /// F08: which refresh token is the next one is for the provider's rules to say.
    #[test]
    fn the_next_refresh_token_is_the_new_one_or_the_old_one(
        refresh_token in prop::option::of("[!-~]{1,64}"),
    ) {
        let reply = reply(&json!(60), refresh_token.as_deref());
        let next = |successor| {
            let new = renew(&reply, successor).ok()?;
            exposed(&new).1.map(str::to_owned)
        };
        assert_eq!(next(Successor::Always), refresh_token);
        let or_old = refresh_token.unwrap_or_else(|| "old-refresh".to_owned());
        assert_eq!(next(Successor::Sometimes), Some(or_old));
        assert_eq!(next(Successor::Never), Some("old-refresh".to_owned()));
    }

    /// Whatever stands in for a member, a credential is sensible or it is none, and then it is not
    /// known what became of the token that was sent.
    #[test]
    fn any_other_member_gives_a_sensible_credential_or_none(
        name in prop::sample::select(
            &["access_token", "token_type", "refresh_token", "expires_in", "scope", "other"][..]
        ),
        value in any_json(),
    ) {
        let mut reply = reply(&json!(43_200), Some("new-refresh"));
        reply[name] = value;
        match renew(&reply, Successor::Sometimes) {
            Ok(new) => assert_sensible(&new),
            Err(error) => assert!(matches!(error, RefreshError::Unknown(_)), "{error}"),
        }
    }

    #[test]
    fn any_reply_at_all_gives_a_sensible_credential_or_none(reply in any_json()) {
        if let Ok(new) = renew(&reply, Successor::Sometimes) {
            assert_sensible(&new);
        }
    }

    /// What is shown of a token for debugging is not the token.
    #[test]
    fn no_token_is_shown(token in "[!-~]{8,64}") {
        let reply = json!({ "access_token": token, "refresh_token": token });
        let issued: Issued = serde_json::from_value(reply).unwrap();
        assert_eq!(format!("{issued:?}"), "Issued { access_token: true, .. }");
    }
}
