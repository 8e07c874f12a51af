//! What Entra refuses.

use std::time::Duration;

use tieline_domain::{
    ports::{CodeExchange, ProviderError},
    reason::Reason,
};

use crate::harness::{CLIENT_ID, SECRET, World, credentials};

async fn exchange(world: &World, change: impl FnOnce(&mut CodeExchange)) -> ProviderError {
    let mut exchange = world.exchange(&world.entra_code().await, &[]);
    change(&mut exchange);
    world
        .client("msteams")
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap_err()
}

fn assert_error(error: &ProviderError, reason: Reason, provider_error: &str) {
    assert_eq!(error.reason, reason);
    assert_eq!(error.provider_error.as_deref(), Some(provider_error));
}

/// D01
#[tokio::test]
async fn another_verifier_is_refused() {
    let world = World::new().await;
    let error = exchange(&world, |exchange| {
        exchange.pkce_verifier = "x".repeat(43).into();
    })
    .await;
    assert_error(&error, Reason::CodeRejected, "invalid_grant AADSTS501481");
}

/// D03: a code that was issued to another flow does not fit this flow's verifier.
#[tokio::test]
async fn a_code_of_another_flow_is_refused() {
    let world = World::new().await;
    let sign_in = world.connect("msteams").sign_in.unwrap();
    let challenge = tieline_domain::provider::authorize::code_challenge(&"a".repeat(43));
    let foreign = world
        .consent(&sign_in, None, &[("code_challenge", &challenge)])
        .await;
    let error = exchange(&world, |exchange| exchange.code = foreign.into()).await;
    assert_error(&error, Reason::CodeRejected, "invalid_grant AADSTS501481");
}

#[tokio::test]
async fn an_unknown_used_or_old_code_is_rejected() {
    let world = World::new().await;
    let error = exchange(&world, |exchange| exchange.code = "nonsense".into()).await;
    assert_error(&error, Reason::CodeRejected, "invalid_grant AADSTS70000");

    let code = world.entra_code().await;
    let first = world.exchange(&code, &[]);
    world
        .client("msteams")
        .exchange_code(&world.app, &first)
        .await
        .unwrap();
    let error = exchange(&world, |exchange| exchange.code = code.into()).await;
    assert_error(&error, Reason::CodeRejected, "invalid_grant AADSTS54005");

    let code = world.entra_code().await;
    world.control().advance(Duration::from_hours(1));
    let error = exchange(&world, |exchange| exchange.code = code.into()).await;
    assert_error(&error, Reason::CodeRejected, "invalid_grant AADSTS70008");
}

#[tokio::test]
async fn another_callback_than_before_is_rejected() {
    let world = World::new().await;
    let error = exchange(&world, |exchange| exchange.redirect_uri.push('/')).await;
    assert_error(
        &error,
        Reason::RedirectRejected,
        "invalid_grant AADSTS500112",
    );
}

/// E10
#[tokio::test]
async fn a_wrong_secret_or_an_unknown_app_is_the_apps_fault() {
    let mut world = World::new().await;
    let code = world.entra_code().await;
    for (id, secret, recorded) in [
        (CLIENT_ID, "wrong", "invalid_client AADSTS7000215"),
        ("unknown", SECRET, "unauthorized_client AADSTS700016"),
    ] {
        world.app = credentials(&[("clientId", id), ("secretKey", secret)]);
        let exchange = world.exchange(&code, &[]);
        let error = world
            .client("msteams")
            .exchange_code(&world.app, &exchange)
            .await
            .unwrap_err();
        assert_error(&error, Reason::ClientRejected, recorded);
    }
}
