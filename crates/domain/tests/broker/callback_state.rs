//! Which states are taken, and what each may be answered with.

use tieline_domain::{
    attempt::AttemptStatus,
    flow::Flow,
    id::{EnvironmentId, IntegrationId},
    ports::FlowSealer,
    reason::Reason,
    usecase::Callback,
};
use tieline_testkit::{FakeFlowSealer, fixtures};

use crate::{
    bench::{Bench, TENANT, code, consented, for_ada, refusal, state_of},
    grants, provider,
};

/// B02
#[tokio::test]
async fn a_callback_without_a_state_is_refused() {
    let bench = Bench::start().await;
    let callback = Callback {
        state: None,
        ..code("")
    };
    let refused = bench.broker.complete_connect(callback).await;
    assert_eq!(refusal(refused).0, Reason::StateMissing);
}

/// B03
#[tokio::test]
async fn an_altered_state_is_refused() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    for altered in [
        String::new(),
        "unknown".to_owned(),
        state[..state.len() - 1].to_owned(),
        state[1..].to_owned(),
        format!("{state}0"),
        state.to_uppercase(),
        state.replacen('0', "1", 1),
        format!(" {state}"),
    ] {
        let refused = bench.broker.complete_connect(code(&altered)).await;
        assert_eq!(refusal(refused).0, Reason::StateInvalid, "{altered}");
    }
    assert!(bench.attempts().await.is_empty());
}

fn seal(flow: &Flow) -> String {
    FakeFlowSealer.seal(flow)
}

/// B22
#[tokio::test]
async fn a_flow_whose_integration_is_gone_is_refused() {
    let bench = Bench::start().await;
    let flow = bench.flow(for_ada("slack")).await;
    let gone = Flow {
        integration_id: IntegrationId(fixtures::uuid()),
        ..flow
    };
    let refused = bench.broker.complete_connect(code(&seal(&gone))).await;
    assert_eq!(refusal(refused).0, Reason::IntegrationUnavailable);
}

/// B10, I02
#[tokio::test]
async fn a_flow_of_another_environment_finds_no_integration_here() {
    let bench = Bench::start().await;
    let flow = bench.flow(for_ada("slack")).await;
    let strange = Flow {
        environment_id: EnvironmentId(fixtures::uuid()),
        ..flow
    };
    let refused = bench.broker.complete_connect(code(&seal(&strange))).await;
    assert_eq!(refusal(refused).0, Reason::IntegrationUnavailable);
}

/// B22
#[tokio::test]
async fn an_integration_switched_off_meanwhile_ends_the_flow() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    bench.switch("slack", false).await;
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::IntegrationUnavailable));
    assert_eq!(bench.stored_attempt(&attempt).await, attempt);
}

/// B22
#[tokio::test]
async fn an_integration_switched_off_before_the_sign_in_ends_the_flow() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    bench.switch("msteams", false).await;
    let attempt = bench.answer(code(&state_of(&page))).await;
    assert_eq!(attempt.reason, Some(Reason::IntegrationUnavailable));
}

#[tokio::test]
async fn a_sign_in_without_its_consent_is_refused() {
    let bench = Bench::start().await;
    let flow = bench.flow(for_ada("msteams")).await;
    let sign_in = flow.into_sign_in(TENANT.to_owned(), fixtures::NOON);
    let refused = bench.broker.complete_connect(code(&seal(&sign_in))).await;
    assert_eq!(refusal(refused).0, Reason::StateInvalid);
    assert!(bench.attempts().await.is_empty());
}

/// A code for the consent's state cannot be had from the provider; whoever sends one is lying.
#[tokio::test]
async fn a_code_does_not_stand_for_a_consent() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("msteams")).await;
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.reason, Some(Reason::ConsentNotGranted));
}

#[tokio::test]
async fn a_consent_does_not_stand_for_a_sign_in() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let attempt = bench.answer(consented(&state_of(&page), TENANT)).await;
    assert_eq!(attempt.reason, Some(Reason::CodeMissing));
}

/// At a provider whose consent brings the code, a tenant in the query means nothing.
#[tokio::test]
async fn a_consent_does_not_stand_for_a_code() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let attempt = bench.answer(consented(&state, TENANT)).await;
    assert_eq!(attempt.reason, Some(Reason::CodeMissing));
}

/// The consent's state is spent by the consent.
#[tokio::test]
async fn the_state_of_the_consent_does_not_end_the_sign_in() {
    let bench = Bench::start().await.with(provider::grants(grants::teams()));
    let state = bench.state(for_ada("msteams")).await;
    let page = bench
        .broker
        .complete_connect(consented(&state, TENANT))
        .await;
    let page = crate::bench::sign_in(page.unwrap());
    let attempt = bench.answer(code(&state)).await;
    assert_eq!(attempt.status, AttemptStatus::AwaitingSignIn);
    let attempt = bench.answer(code(&state_of(&page))).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
}

/// A wiring mistake must not burn a state.
#[tokio::test]
async fn a_provider_to_whom_nobody_talks_is_refused_before_the_claim() {
    let bench = Bench::start().await.unconnected();
    let state = bench.state(for_ada("slack")).await;
    let refused = bench.broker.complete_connect(code(&state)).await;
    assert_eq!(refusal(refused).0, Reason::OauthNotSupported);
    assert!(bench.attempts().await.is_empty());
}
