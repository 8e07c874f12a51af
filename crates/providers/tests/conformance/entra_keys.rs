//! Entra's keys: kept, rolled over, bound to tenants, missing.

use std::time::Duration;

use tieline_domain::reason::Reason;
use tieline_sandbox::{Endpoint, Fault, IdTokenFault};

use crate::harness::{CLIENT_ID, OTHER_TENANT, SECRET, TENANT, World, reason, short_limits};

const DAY: Duration = Duration::from_hours(24);

fn fetches(world: &World) -> usize {
    world.control().count(Endpoint::EntraKeys)
}

#[tokio::test]
async fn keys_are_fetched_once_a_day() {
    let world = World::new().await;
    for _ in 0..3 {
        world.sign_in().await.unwrap();
    }
    assert_eq!(fetches(&world), 1);
    world.control().advance(DAY);
    world.sign_in().await.unwrap();
    assert_eq!(fetches(&world), 2);
}

/// D17
#[tokio::test]
async fn a_key_rolled_over_is_found_by_one_more_fetch() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    world.control().roll_keys();
    world.sign_in().await.unwrap();
    world.sign_in().await.unwrap();
    assert_eq!(fetches(&world), 2);
}

/// D18
#[tokio::test]
async fn unknown_keys_do_not_make_us_fetch_more_than_once_a_minute() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    let unknown = Fault::IdToken(IdTokenFault::UnknownKid);
    world.control().fault(Endpoint::EntraToken, unknown);
    for _ in 0..3 {
        assert_eq!(reason(world.sign_in().await), Reason::IdTokenInvalid);
    }
    assert_eq!(fetches(&world), 2);
    world.control().advance(Duration::from_secs(61));
    assert_eq!(reason(world.sign_in().await), Reason::IdTokenInvalid);
    assert_eq!(fetches(&world), 3);
}

/// D19
#[tokio::test]
async fn a_token_that_names_no_key_can_only_mean_the_one_there_is() {
    let world = World::new().await;
    let no_kid = Fault::IdToken(IdTokenFault::NoKid);
    world.control().fault(Endpoint::EntraToken, no_kid);
    assert!(world.sign_in().await.is_ok());
    world.control().roll_keys();
    world.control().advance(DAY);
    assert_eq!(reason(world.sign_in().await), Reason::IdTokenInvalid);
}

/// D20
#[tokio::test]
async fn without_keys_nothing_is_believed() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    for (fault, expected) in unreadable_keys() {
        world.control().fault_once(Endpoint::EntraKeys, fault);
        assert_eq!(reason(world.sign_in().await), expected);
    }
    assert!(world.sign_in().await.is_ok());
}

/// D20
#[tokio::test]
async fn kept_keys_serve_while_they_are_fresh_and_no_longer() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    world.sign_in().await.unwrap();
    world
        .control()
        .fault(Endpoint::EntraKeys, Fault::Status(500, String::new()));
    let unknown = Fault::IdToken(IdTokenFault::UnknownKid);
    world.control().fault_once(Endpoint::EntraToken, unknown);
    assert_eq!(reason(world.sign_in().await), Reason::IdTokenInvalid);
    assert!(world.sign_in().await.is_ok());
    world.control().advance(DAY);
    assert_eq!(reason(world.sign_in().await), Reason::ProviderError);
}

/// D20
#[tokio::test]
async fn callers_share_a_fetch_and_its_failure() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    world.control().fault(Endpoint::EntraKeys, Fault::Hang);
    let (a, b, c) = tokio::join!(world.sign_in(), world.sign_in(), world.sign_in());
    for outcome in [a, b, c] {
        assert_eq!(reason(outcome), Reason::ProviderError);
    }
    assert_eq!(fetches(&world), 1);
}

/// D21
#[tokio::test]
async fn a_key_of_another_tenant_proves_nothing_here() {
    let world = World::new().await;
    world.control().bind_keys_to_tenant(Some(OTHER_TENANT));
    let error = world.sign_in().await.unwrap_err();
    assert_eq!(
        error.provider_error.as_deref(),
        Some("id_token: key of another tenant")
    );
    world.control().bind_keys_to_tenant(Some(TENANT));
    world.control().advance(DAY);
    assert!(world.sign_in().await.is_ok());
}

/// D22
#[tokio::test]
async fn a_key_that_was_withdrawn_proves_nothing_once_the_set_is_fetched_anew() {
    let world = World::new().await;
    world.sign_in().await.unwrap();
    world
        .control()
        .fault(Endpoint::EntraKeys, key_set_after_rolling().await);
    assert!(world.sign_in().await.is_ok());
    world.control().advance(DAY);
    let error = world.sign_in().await.unwrap_err();
    assert_eq!(
        error.provider_error.as_deref(),
        Some("id_token: unknown key")
    );
}

/// The set of another Entra, from which the key was withdrawn that the first one still signs with.
async fn key_set_after_rolling() -> Fault {
    let other = World::new().await;
    other.control().roll_keys();
    other.control().retire_old_keys();
    let url = format!(
        "{}/common/discovery/v2.0/keys",
        other.sandbox.entra_base_url()
    );
    let call = tieline_providers::http::Call::get("keys", url.parse().unwrap());
    let egress = tieline_providers::Egress::new(crate::harness::private()).unwrap();
    let keys: serde_json::Value = egress.send(&call).await.unwrap().json().unwrap();
    json(&keys.to_string())
}

fn unreadable_keys() -> [(Fault, Reason); 6] {
    let html = ("content-type".to_owned(), "text/html".to_owned());
    [
        (Fault::Status(500, String::new()), Reason::ProviderError),
        (
            Fault::Reply {
                status: 200,
                headers: vec![html],
                body: b"<p>".into(),
            },
            Reason::InvalidResponse,
        ),
        (json(r#"{"keys":[]}"#), Reason::InvalidResponse),
        (json("{}"), Reason::InvalidResponse),
        (Fault::Endless, Reason::InvalidResponse),
        (Fault::Hang, Reason::ProviderError),
    ]
}

fn json(body: &str) -> Fault {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Fault::Reply {
        status: 200,
        headers,
        body: body.into(),
    }
}
