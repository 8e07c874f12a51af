//! From an administrator's consent, by way of a sign-in, to a stored connection.

use secrecy::ExposeSecret;
use tieline_domain::{
    attempt::{AttemptStatus, StepKind},
    flow::{Leg, Purpose},
    ports::{FlowSealer, MockProviderClient},
    provider::authorize::code_challenge,
    reason::Reason,
    usecase::MintConnectUrl,
};
use tieline_testkit::FakeFlowSealer;

use crate::{
    bench::{Bench, REDIRECT_URI, TENANT, code, for_ada, param, path_of, shared, state_of},
    grants, provider,
};

const OTHER: &str = "00000000-aaaa-bbbb-cccc-000000000001";

/// E02
#[tokio::test]
async fn a_consent_and_a_sign_in_become_a_connection() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let attempt = bench.connect_tenant(for_ada("msteams")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    assert_eq!(attempt.workspace_name.as_deref(), Some(TENANT));
    let [connection] = bench.connections().await.try_into().unwrap();
    assert_eq!(connection.workspace.id, TENANT);
    assert!(connection.credentials.is_empty());
    let steps: Vec<_> = attempt.steps.iter().map(|step| step.kind).collect();
    assert_eq!(
        steps,
        [
            StepKind::Minted,
            StepKind::Returned,
            StepKind::ConsentGranted,
            StepKind::SignedIn,
            StepKind::Exchanged,
            StepKind::Connected,
        ]
    );
}

/// A06
#[tokio::test]
async fn the_sign_in_has_a_challenge_and_a_nonce_of_its_flow() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let opened = FakeFlowSealer.open(&state_of(&page)).unwrap();
    let challenge = code_challenge(opened.secrets.pkce_verifier.expose_secret());
    for (name, value) in [
        ("client_id", "the-client-id"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid profile"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("nonce", &opened.secrets.nonce),
    ] {
        assert_eq!(param(&page, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(path_of(&page), "/organizations/oauth2/v2.0/authorize");
}

/// What the consent's answer named goes into the sealed state, not into a URL of the provider.
#[tokio::test]
async fn the_tenant_of_the_consent_travels_sealed() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let flow = FakeFlowSealer.open(&state_of(&page)).unwrap().flow;
    assert_eq!(
        flow.leg,
        Leg::SignIn {
            tenant: TENANT.to_owned()
        }
    );
    assert!(!page.as_str().contains(TENANT), "{page}");
}

#[tokio::test]
async fn the_exchange_has_what_the_sign_in_was_asked_for_and_with() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let secrets = FakeFlowSealer.open(&state_of(&page)).unwrap().secrets;
    let mut client = MockProviderClient::new();
    client
        .expect_exchange_code()
        .times(1)
        .withf(move |_, exchange| {
            exchange.purpose == Purpose::Connect
                && exchange.tenant.as_deref() == Some(TENANT)
                && exchange.nonce == secrets.nonce
                && exchange.pkce_verifier.expose_secret() == secrets.pkce_verifier.expose_secret()
        })
        .returning(|_, _| Ok(grants::teams()));
    let bench = bench.with(client);
    bench.answer(code(&state_of(&page))).await;
}

/// E03, E15: the client proved another tenant than the query named.
#[tokio::test]
async fn a_sign_in_to_another_tenant_proves_nothing() {
    let stranger = grants::teams_of(OTHER);
    let bench = Bench::start().await.with(provider::grants(stranger));
    let attempt = bench.connect_tenant(for_ada("msteams")).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::TenantMismatch));
    assert!(bench.connections().await.is_empty());
    assert!(bench.endpoints().await.is_empty());
}

/// E07
#[tokio::test]
async fn the_case_of_the_proved_tenant_does_not_matter() {
    let loud = grants::teams_of(&TENANT.to_uppercase());
    let bench = Bench::start().await.with(provider::grants(loud));
    let attempt = bench.connect_tenant(for_ada("msteams")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// D6 of the design: the sign-in links when that is asked for, and else only proves.
#[tokio::test]
async fn a_sign_in_links_only_when_asked_to() {
    for (auto_link, endpoints) in [(None, 1), (Some(true), 1), (Some(false), 0)] {
        let bench = Bench::start().await.with(provider::grants(grants::teams()));
        let request = MintConnectUrl {
            auto_link,
            ..for_ada("msteams")
        };
        bench.connect_tenant(request).await;
        assert_eq!(bench.endpoints().await.len(), endpoints, "{auto_link:?}");
        assert_eq!(bench.connections().await.len(), 1);
    }
}

/// E13
#[tokio::test]
async fn a_tenant_that_consents_again_stays_one_connection() {
    let twice = provider::grants_in_turn(vec![grants::teams(), grants::teams()]);
    let bench = Bench::start().await.with(twice);
    for _ in 0..2 {
        bench
            .connect_tenant(shared("msteams", &["tenant:acme"]))
            .await;
    }
    let [connection] = bench.connections().await.try_into().unwrap();
    assert_eq!(connection.generation, 2);
}

/// A sign-in that fails ends the flow; its consent does not make a connection.
#[tokio::test]
async fn a_consent_without_its_proof_is_no_connection() {
    let refuses = provider::refuses(Reason::IdTokenInvalid.into());
    let bench = Bench::start().await.with(refuses);
    let attempt = bench.connect_tenant(for_ada("msteams")).await;
    assert_eq!(attempt.reason, Some(Reason::IdTokenInvalid));
    assert!(bench.connections().await.is_empty());
}
