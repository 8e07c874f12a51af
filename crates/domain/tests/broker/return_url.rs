//! Where the product wants the person to be sent in the end.

use tieline_domain::{
    attempt::ConnectAttempt, integration::Integration, reason::Reason, usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::{
    bench::{Bench, code, for_ada, refused},
    grants, provider,
};

/// A bench with an integration `returning` that has this `redirectUrl`.
async fn bench(redirect_url: &str) -> Bench {
    let bench = Bench::start().await;
    let credentials = [("redirectUrl", redirect_url)];
    bench.integrate("slack", "returning", &credentials).await;
    bench
}

/// The same with a provider that grants.
async fn granting(redirect_url: &str) -> Bench {
    let bench = bench(redirect_url).await;
    bench.with(provider::grants(grants::slack()))
}

async fn return_url(bench: &Bench, attempt: &ConnectAttempt) -> Option<String> {
    let url = bench.broker.return_url(attempt).await.unwrap();
    url.map(String::from)
}

#[tokio::test]
async fn a_connection_is_named_in_the_query() {
    let bench = granting("https://app.test/done").await;
    let request = MintConnectUrl {
        connection_identifier: Some(crate::bench::identifier_of("mine")),
        ..for_ada("returning")
    };
    let attempt = bench.connect(request).await;
    let url = "https://app.test/done?status=completed&connectionIdentifier=mine";
    assert_eq!(return_url(&bench, &attempt).await.as_deref(), Some(url));
}

#[tokio::test]
async fn the_products_own_query_is_kept() {
    let bench = granting("https://app.test:8443/done?tab=a%20b&x").await;
    let attempt = bench.connect(for_ada("returning")).await;
    let identifier = attempt.connection_identifier.clone().unwrap();
    let url = format!(
        "https://app.test:8443/done?tab=a%20b&x&status=completed&connectionIdentifier={identifier}"
    );
    assert_eq!(return_url(&bench, &attempt).await, Some(url));
}

/// B15: the provider's words are not handed on.
#[tokio::test]
async fn a_denial_is_told_with_our_reason_alone() {
    let bench = bench("https://app.test/done").await;
    let request = MintConnectUrl {
        connection_identifier: Some(crate::bench::identifier_of("mine")),
        ..for_ada("returning")
    };
    let state = bench.state(request).await;
    let mut denied = refused(&state, "access_denied");
    denied.error_description = Some("<script>alert(1)</script>".to_owned());
    let attempt = bench.answer(denied).await;
    let url = "https://app.test/done?status=denied&code=access_denied";
    assert_eq!(return_url(&bench, &attempt).await.as_deref(), Some(url));
}

#[tokio::test]
async fn a_failure_is_told_with_our_reason() {
    let client = provider::refuses(provider::error(Reason::CodeRejected, "bad code"));
    let bench = bench("https://app.test/done").await.with(client);
    let attempt = bench.connect(for_ada("returning")).await;
    let url = "https://app.test/done?status=failed&code=code_rejected";
    assert_eq!(return_url(&bench, &attempt).await.as_deref(), Some(url));
}

/// B20
#[tokio::test]
async fn no_secret_is_in_the_query() {
    let bench = granting("https://app.test/done").await;
    let state = bench.state(for_ada("returning")).await;
    let attempt = bench.answer(code(&state)).await;
    let url = return_url(&bench, &attempt).await.unwrap();
    for secret in ["the-code", "xoxb-1", "the-secret", &state] {
        assert!(!url.contains(secret), "{url}");
    }
}

#[tokio::test]
async fn without_the_wish_there_is_no_such_url() {
    let bench = granting("https://app.test/done").await;
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(return_url(&bench, &attempt).await, None);
}

#[tokio::test]
async fn an_attempt_that_goes_on_leads_nowhere() {
    let bench = bench("https://app.test/done").await;
    let found = bench
        .broker
        .stores
        .integrations
        .find(bench.environment, "returning");
    let integration: Integration = found.await.unwrap().unwrap();
    let exchanging = fixtures::attempt(&integration);
    assert_eq!(return_url(&bench, &exchanging).await, None);
    let waiting = exchanging.awaiting_sign_in(fixtures::NOON);
    assert_eq!(return_url(&bench, &waiting).await, None);
}

#[tokio::test]
async fn an_integration_that_is_gone_leads_nowhere() {
    let bench = Bench::start().await;
    let attempt = fixtures::attempt(&fixtures::integration(bench.environment));
    let failed = attempt.failed(&Reason::CodeRejected.into(), fixtures::NOON);
    assert_eq!(return_url(&bench, &failed).await, None);
}
