//! What the provider sent back: errors before all else, then the consent or the code. In all of
//! these no provider is called: the bench has none.

use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt, StepKind},
    flow::Leg,
    ports::FlowSealer,
    reason::Reason,
    usecase::Callback,
};

use tieline_testkit::FakeFlowSealer;

use crate::bench::{Bench, TENANT, code, consented, for_ada, refused, sign_in, state_of};

fn steps(attempt: &ConnectAttempt) -> Vec<StepKind> {
    attempt.steps.iter().map(|step| step.kind).collect()
}

/// B11
#[tokio::test]
async fn an_error_ends_the_flow_with_a_reason() {
    let bench = Bench::start().await;
    for (error, status, reason) in [
        ("access_denied", AttemptStatus::Denied, Reason::AccessDenied),
        (
            "consent_required",
            AttemptStatus::Denied,
            Reason::AccessDenied,
        ),
        (
            "permission_denied",
            AttemptStatus::Denied,
            Reason::AccessDenied,
        ),
        ("server_error", AttemptStatus::Failed, Reason::ProviderError),
        (
            "temporarily_unavailable",
            AttemptStatus::Failed,
            Reason::ProviderError,
        ),
        (
            "invalid_scope",
            AttemptStatus::Failed,
            Reason::AuthorizationRefused,
        ),
        (
            "unauthorized_client",
            AttemptStatus::Failed,
            Reason::AuthorizationRefused,
        ),
        (
            "brand_new_error",
            AttemptStatus::Failed,
            Reason::AuthorizationRefused,
        ),
    ] {
        for integration in ["slack", "msteams"] {
            let state = bench.state(for_ada(integration)).await;
            let attempt = bench.answer(refused(&state, error)).await;
            assert_eq!(
                (attempt.status, attempt.reason),
                (status, Some(reason)),
                "{error}"
            );
            assert_eq!(attempt.provider_error.as_deref(), Some(error));
            assert_eq!(bench.stored_attempt(&attempt).await, attempt);
        }
    }
}

/// B11
#[tokio::test]
async fn a_denial_spends_the_state() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let denied = bench.answer(refused(&state, "access_denied")).await;
    assert_eq!(
        steps(&denied),
        [StepKind::Minted, StepKind::Returned, StepKind::Ended]
    );
    assert_eq!(bench.answer(code(&state)).await, denied);
}

/// B12
#[tokio::test]
async fn an_error_wins_over_a_code() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let both = Callback {
        code: code("").code,
        ..refused(&state, "access_denied")
    };
    assert_eq!(bench.answer(both).await.reason, Some(Reason::AccessDenied));
}

/// E04, E05
#[tokio::test]
async fn an_error_wins_over_a_consent() {
    let bench = Bench::start().await;
    for tenant in [None, Some(TENANT.to_owned())] {
        let state = bench.state(for_ada("msteams")).await;
        let told = "AADSTS65004: User declined to consent.\r\nTrace ID: 1\r\n#";
        let callback = Callback {
            tenant,
            admin_consent: Some("True".to_owned()),
            error_description: Some(told.to_owned()),
            ..refused(&state, "access_denied")
        };
        let attempt = bench.answer(callback).await;
        assert_eq!(attempt.status, AttemptStatus::Denied);
        let told = "access_denied: AADSTS65004: User declined to consent.  Trace ID: 1  #";
        assert_eq!(attempt.provider_error.as_deref(), Some(told));
    }
}

#[tokio::test]
async fn who_declines_the_sign_in_has_not_connected() {
    let bench = Bench::start().await;
    let page = bench.consent(for_ada("msteams")).await;
    let state = state_of(&page);
    let attempt = bench.answer(refused(&state, "access_denied")).await;
    assert_eq!(attempt.status, AttemptStatus::Denied);
    assert!(steps(&attempt).ends_with(&[StepKind::SignedIn, StepKind::Ended]));
    assert_eq!(bench.answer(code(&state)).await, attempt);
}

#[tokio::test]
async fn the_words_of_a_stranger_are_kept_short_and_clean() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let callback = Callback {
        error_description: Some(format!("\u{1b}[31m\0{}", "é".repeat(1_000))),
        ..refused(&state, "invalid_request")
    };
    let told = bench.answer(callback).await.provider_error.unwrap();
    assert_eq!(told.chars().count(), 300);
    assert!(!told.contains(char::is_control), "{told}");
    assert!(told.starts_with("invalid_request:  [31m "), "{told}");
}

/// E06, E07
#[tokio::test]
async fn a_consent_is_the_word_true_with_the_guid_of_a_tenant() {
    let bench = Bench::start().await;
    for (admin_consent, tenant) in [
        (Some("False"), Some(TENANT)),
        (Some("true"), Some(TENANT)),
        (Some("TRUE"), Some(TENANT)),
        (Some("1"), Some(TENANT)),
        (Some(""), Some(TENANT)),
        (None, Some(TENANT)),
        (Some("True"), None),
        (Some("True"), Some("")),
        (Some("True"), Some("organizations")),
        (Some("True"), Some("common")),
        (Some("True"), Some("contoso.onmicrosoft.com")),
        (Some("True"), Some("../../../common/v2.0/adminconsent#aa")),
        (Some("True"), Some("9f2b1c6e0d5a4f439a516f0f6ed0a1c2")),
        (Some("True"), Some("{9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c}")),
        (Some("True"), Some("9f2b1c6e-0d5a-4f43-9a51-6f0f6ed0a1c2 ")),
    ] {
        let state = bench.state(for_ada("msteams")).await;
        let callback = Callback {
            admin_consent: admin_consent.map(str::to_owned),
            tenant: tenant.map(str::to_owned),
            state: Some(state),
            ..Default::default()
        };
        let attempt = bench.answer(callback).await;
        let reason = Some(Reason::ConsentNotGranted);
        assert_eq!(attempt.reason, reason, "{admin_consent:?} {tenant:?}");
    }
}

/// E07
#[tokio::test]
async fn the_case_of_a_tenant_does_not_matter() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("msteams")).await;
    let callback = consented(&state, &TENANT.to_uppercase());
    let page = sign_in(bench.broker.complete_connect(callback).await.unwrap());
    let flow = FakeFlowSealer.open(&state_of(&page)).unwrap().flow;
    let tenant = TENANT.to_owned();
    assert_eq!(flow.leg, Leg::SignIn { tenant });
}

/// B14
#[tokio::test]
async fn neither_code_nor_error_is_a_failure_of_the_provider() {
    let bench = Bench::start().await;
    let state = bench.state(for_ada("slack")).await;
    let nothing = Callback {
        state: Some(state),
        ..Default::default()
    };
    let attempt = bench.answer(nothing).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert_eq!(attempt.reason, Some(Reason::CodeMissing));
    assert_eq!(attempt.provider_error, None);
}
