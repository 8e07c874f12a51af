//! The provider does not grant: whatever it says, the code is sent once, and the attempt tells.

use tieline_domain::{
    attempt::{AttemptStatus, StepKind},
    connection::CredentialKind,
    ports::MockProviderClient,
    provider::Grant,
    reason::Reason,
    usecase::{MintConnectUrl, Progress},
};

use crate::{
    bench::{Bench, code, for_ada},
    grants, provider,
};

/// All that a client may end an exchange with.
const REASONS: [Reason; 14] = [
    Reason::AccessDenied,
    Reason::ApprovalRequired,
    Reason::CodeRejected,
    Reason::ClientRejected,
    Reason::RedirectRejected,
    Reason::ProviderError,
    Reason::ProviderRateLimited,
    Reason::ProviderUnreachable,
    Reason::InvalidResponse,
    Reason::MissingAccount,
    Reason::WrongTokenType,
    Reason::InsufficientScope,
    Reason::WebhookRefused,
    Reason::IdTokenInvalid,
];

/// C01, C02, C03, C08, C34: the mock counts the exchanges.
#[tokio::test]
async fn every_refusal_ends_the_attempt_with_its_reason() {
    for reason in REASONS {
        let refuses = provider::refuses(provider::error(reason, "the_providers_word"));
        let bench = Bench::start().await.with(refuses);
        let attempt = bench.connect(for_ada("slack")).await;
        let status = match reason {
            Reason::AccessDenied => AttemptStatus::Denied,
            _ => AttemptStatus::Failed,
        };
        assert_eq!((attempt.status, attempt.reason), (status, Some(reason)));
        assert_eq!(
            attempt.provider_error.as_deref(),
            Some("the_providers_word")
        );
        assert_eq!(attempt.steps.last().unwrap().kind, StepKind::Ended);
        assert_eq!(bench.stored_attempt(&attempt).await, attempt);
    }
}

/// Broken state: no connection, no token, no link.
#[tokio::test]
async fn a_refusal_leaves_nothing_behind() {
    let refuses = provider::refuses(Reason::ProviderError.into());
    let bench = Bench::start().await.with(refuses);
    bench.connect(for_ada("slack")).await;
    assert!(bench.connections().await.is_empty());
    assert!(bench.endpoints().await.is_empty());
}

/// What is asked of a person who comes back is answered from the record.
#[tokio::test]
async fn a_person_who_tries_again_gets_the_same_answer() {
    for reason in REASONS {
        let bench = Bench::start().await.with(provider::refuses(reason.into()));
        let state = bench.state(for_ada("slack")).await;
        let first = bench.answer(code(&state)).await;
        let again = bench.broker.complete_connect(code(&state)).await.unwrap();
        assert_eq!(again, Progress::Attempt(Box::new(first)));
    }
}

/// The database goes while the provider refuses: the person hears the truth, the sweep ends the
/// record.
#[tokio::test]
async fn a_refusal_that_cannot_be_stored_is_told_all_the_same() {
    let bench = Bench::start().await;
    let (storage, mut client) = (bench.storage.clone(), MockProviderClient::new());
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |_, _| {
            storage.fail(1);
            Err(Reason::CodeRejected.into())
        });
    let bench = bench.with(client);
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.reason, Some(Reason::CodeRejected));
    assert_eq!(
        bench.stored_attempt(&attempt).await.status,
        AttemptStatus::Exchanging
    );
    bench.later(jiff::SignedDuration::from_mins(3));
    bench.broker.sweep_attempts().await.unwrap();
    let reason = bench.stored_attempt(&attempt).await.reason;
    assert_eq!(reason, Some(Reason::Interrupted));
}

async fn failure(
    grant: Grant,
    revoked: usize,
    request: MintConnectUrl,
) -> (Reason, Option<String>) {
    let client = provider::taking_back(provider::grants(grant), revoked);
    let bench = Bench::start().await.with(client);
    let attempt = bench.connect(request).await;
    assert_eq!(attempt.status, AttemptStatus::Failed);
    assert!(bench.connections().await.is_empty());
    (attempt.reason.unwrap(), attempt.provider_error)
}

/// C28
#[tokio::test]
async fn a_required_scope_that_is_withheld_is_named_and_the_token_taken_back() {
    let mut grant = grants::slack();
    grant.credentials[0].scopes = vec!["channels:read".to_owned()];
    let (reason, told) = failure(grant, 1, for_ada("slack")).await;
    assert_eq!(reason, Reason::InsufficientScope);
    assert_eq!(told.as_deref(), Some("not granted: chat:write"));
}

/// C28: what the person's own token may do does not stand for what the bot's may.
#[tokio::test]
async fn a_scope_of_the_wrong_token_does_not_count() {
    let mut bot = grants::token(CredentialKind::Bot, "xoxb-1");
    bot.scopes = vec!["channels:read".to_owned()];
    let credentials = vec![grants::token(CredentialKind::User, "xoxp-1"), bot];
    let grant = Grant {
        credentials,
        ..grants::slack()
    };
    let (reason, _) = failure(grant, 2, for_ada("slack")).await;
    assert_eq!(reason, Reason::InsufficientScope);
}

/// C18
#[tokio::test]
async fn a_grant_without_any_token_is_refused_where_one_is_needed() {
    let grant = Grant {
        credentials: Vec::new(),
        ..grants::slack()
    };
    let (reason, _) = failure(grant, 0, for_ada("slack")).await;
    assert_eq!(reason, Reason::WrongTokenType);
}

/// C23
#[tokio::test]
async fn a_token_of_the_person_alone_makes_a_connection() {
    let credentials = vec![grants::token(CredentialKind::User, "xoxp-1")];
    let grant = Grant {
        credentials,
        ..grants::slack()
    };
    let bench = Bench::start().await.with(provider::grants(grant));
    let attempt = bench.connect(for_ada("slack")).await;
    assert_eq!(attempt.status, AttemptStatus::Completed);
    let kinds = bench.connections().await[0]
        .credentials
        .iter()
        .map(|c| c.kind)
        .collect::<Vec<_>>();
    assert_eq!(kinds, [CredentialKind::User]);
}
