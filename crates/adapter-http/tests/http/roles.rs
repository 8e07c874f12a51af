//! Which key may do what: every role at every operation of the document.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use tieline_domain::api_key::{ApiKeyRight, ApiKeyRole};

use crate::{
    bench::{Answer, Bench},
    contract::{Operation, operations},
};

/// The least role that an operation needs; every operation with a key stands here.
fn needed(operation: &Operation) -> ApiKeyRole {
    match operation.id() {
        "generateConnectOAuthUrl"
        | "generateLinkUserOAuthUrl"
        | "generateChatOAuthUrl"
        | "reconnectChannelConnection"
        | "verifyChannelConnection" => ApiKeyRole::Connect,
        "listConnectAttempts"
        | "getConnectAttempt"
        | "listChannelConnections"
        | "getChannelConnection"
        | "issueChannelConnectionToken"
        | "listRevocations"
        | "getRevocation"
        | "listChannelEndpoints"
        | "getChannelEndpoint"
        | "listIntegrations"
        | "listActiveIntegrations"
        | "searchSubscribers"
        | "getSubscriber"
        | "getSubscriberV1"
        | "listContexts"
        | "getContext" => ApiKeyRole::Read,
        "createChannelConnection"
        | "updateChannelConnection"
        | "deleteChannelConnection"
        | "createChannelEndpoint"
        | "updateChannelEndpoint"
        | "deleteChannelEndpoint"
        | "createIntegration"
        | "updateIntegration"
        | "deleteIntegration"
        | "setPrimaryIntegration"
        | "createSubscriber"
        | "patchSubscriber"
        | "deleteSubscriber"
        | "createSubscriberV1"
        | "updateSubscriberV1"
        | "deleteSubscriberV1"
        | "createContext"
        | "updateContext"
        | "deleteContext"
        | "listApiKeys"
        | "createApiKey"
        | "rotateApiKey"
        | "revokeApiKey"
        | "listAuditEvents"
        | "listEnvironments"
        | "createEnvironment" => ApiKeyRole::Admin,
        other => panic!("which role does {other} need?"),
    }
}

/// The right that an operation needs besides.
fn needed_right(operation: &Operation) -> Option<ApiKeyRight> {
    (operation.id() == "issueChannelConnectionToken").then_some(ApiKeyRight::ReadTokens)
}

/// Asks for an operation, of an object that does not exist.
async fn ask(bench: &Bench, operation: &Operation, key: Option<&str>) -> Answer {
    let path = operation.path_of("nothing");
    let method: Method = operation.method.to_uppercase().parse().unwrap();
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("ApiKey {key}"));
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let body = Body::from(operation.example().to_string());
    bench.send(request.body(body).unwrap()).await
}

fn with_and_without_rights(role: ApiKeyRole) -> [(ApiKeyRole, Option<ApiKeyRight>); 2] {
    [(role, None), (role, Some(ApiKeyRight::ReadTokens))]
}

#[tokio::test]
async fn each_operation_takes_the_roles_that_may() {
    let bench = Bench::start().await;
    for operation in operations().iter().filter(|operation| operation.is_keyed()) {
        for (role, right) in ApiKeyRole::ALL
            .into_iter()
            .flat_map(with_and_without_rights)
        {
            let key = bench.key_with(role, right.as_slice()).await;
            let answer = ask(&bench, operation, Some(&key)).await;
            let refused = answer.status == 403;
            let lacks_right = right.is_none() && needed_right(operation).is_some();
            assert_eq!(
                refused,
                role < needed(operation) || lacks_right,
                "{role} {right:?} at {}",
                operation.id()
            );
            assert_ne!(answer.status, 401);
        }
    }
}

#[tokio::test]
async fn each_operation_with_a_key_is_refused_without_one() {
    let bench = Bench::start().await;
    for operation in operations().iter().filter(|operation| operation.is_keyed()) {
        let answer = ask(&bench, operation, None).await;
        assert_eq!(answer.refusal(), (401, "unauthorized".to_owned()));
    }
}

#[tokio::test]
async fn what_a_browser_a_probe_or_a_provider_asks_for_needs_no_key() {
    let bench = Bench::start().await;
    let open: Vec<_> = operations().into_iter().filter(|o| !o.is_keyed()).collect();
    let mut ids: Vec<_> = open.iter().map(Operation::id).collect();
    ids.sort_unstable();
    let expected = [
        "checkLiveness",
        "checkReadiness",
        "completeConnect",
        "receiveSlackEvent",
        "receiveTeamsActivity",
        "showConnectResult",
    ];
    assert_eq!(ids, expected);
    for operation in open {
        let answer = ask(&bench, &operation, None).await;
        assert!(
            ![401, 403].contains(&answer.status.as_u16()),
            "{}",
            operation.id()
        );
    }
}
