//! Signing in at Entra.

use serde_json::json;
use tieline_domain::reason::Reason;
use tieline_sandbox::{Endpoint, Fault};

use crate::harness::{
    ADMIN, CALLBACK, CLIENT_ID, OTHER_TENANT, SECRET, TENANT, VERIFIER, World, credentials, reason,
    short_limits,
};

#[tokio::test]
async fn a_sign_in_brings_tenant_person_and_the_tenants_name() {
    let world = World::new().await;
    let grant = world.sign_in().await.unwrap();
    assert_eq!(grant.workspace.id, TENANT);
    assert_eq!(grant.workspace.name.as_deref(), Some("Fennel & Rye"));
    assert_eq!(grant.workspace.bot_user_id, None);
    assert_eq!(grant.person.as_deref(), Some(ADMIN));
    assert!(grant.credentials.is_empty());
    assert!(grant.incoming_webhook.is_none());
}

#[tokio::test]
async fn the_code_goes_out_with_its_verifier_and_without_an_origin() {
    let world = World::new().await;
    let code = world.entra_code().await;
    let exchange = world.exchange(&code, &[]);
    world
        .client("msteams")
        .exchange_code(&world.app, &exchange)
        .await
        .unwrap();
    let requests = world.control().requests_of(Endpoint::EntraToken);
    let [request] = requests.as_slice() else {
        panic!("one request")
    };
    assert_eq!(request.path, "/entra/organizations/oauth2/v2.0/token");
    let sent = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile User.Read"),
        ("client_id", CLIENT_ID),
        ("client_secret", SECRET),
    ];
    assert_eq!(
        request.form(),
        sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(request.header("origin"), None);
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn an_integration_of_one_tenant_talks_to_it_alone() {
    let mut world = World::new().await;
    let of = |tenant| {
        credentials(&[
            ("clientId", CLIENT_ID),
            ("secretKey", SECRET),
            ("tenantId", tenant),
        ])
    };
    world.app = of(TENANT);
    assert!(world.sign_in().await.is_ok());
    let requests = world.control().requests_of(Endpoint::EntraToken);
    assert_eq!(
        requests[0].path,
        format!("/entra/{TENANT}/oauth2/v2.0/token")
    );

    let code = world.entra_code().await;
    world.app = of(OTHER_TENANT);
    let exchange = world.exchange(&code, &[]);
    let outcome = world
        .client("msteams")
        .exchange_code(&world.app, &exchange)
        .await;
    assert_eq!(reason(outcome), Reason::CodeRejected);
}

/// C40
#[tokio::test]
async fn a_tenant_whose_name_cannot_be_learned_has_none() {
    let world = World::with(short_limits(), CLIENT_ID, SECRET).await;
    let other = json!({ "value": [{ "id": OTHER_TENANT, "displayName": "Someone else" }] });
    for fault in [
        Fault::Status(500, "down".to_owned()),
        Fault::Status(403, "forbidden".to_owned()),
        Fault::Hang,
        Fault::Endless,
        Fault::SlackReplyPatch(other),
        Fault::SlackReplyPatch(json!({ "value": [] })),
        Fault::SlackReplyPatch(json!({ "value": null })),
    ] {
        world
            .control()
            .fault_once(Endpoint::GraphOrganization, fault.clone());
        let grant = world.sign_in().await.unwrap();
        assert_eq!(grant.workspace.name, None, "{fault:?}");
        assert_eq!(grant.workspace.id, TENANT);
    }
}

/// C16, C17
#[tokio::test]
async fn the_access_token_is_a_bearer_token_of_substance() {
    let world = World::new().await;
    for (patch, expected) in [
        (json!({ "token_type": "bearer" }), None),
        (json!({ "token_type": "mac" }), Some(Reason::WrongTokenType)),
        (
            json!({ "token_type": "DPoP" }),
            Some(Reason::WrongTokenType),
        ),
        (json!({ "token_type": null }), Some(Reason::WrongTokenType)),
        (json!({ "access_token": "" }), Some(Reason::InvalidResponse)),
        (
            json!({ "access_token": "a\r\nb" }),
            Some(Reason::InvalidResponse),
        ),
        (json!({ "access_token": 7 }), Some(Reason::InvalidResponse)),
        (
            json!({ "access_token": null }),
            Some(Reason::InvalidResponse),
        ),
        (json!({ "error": "odd" }), Some(Reason::ProviderError)),
        (json!({ "unknown": [1] }), None),
    ] {
        let fault = Fault::SlackReplyPatch(patch.clone());
        world.control().fault_once(Endpoint::EntraToken, fault);
        let outcome = world.sign_in().await.err().map(|error| error.reason);
        assert_eq!(outcome, expected, "{patch}");
    }
}

#[tokio::test]
async fn there_is_nothing_to_take_back() {
    let world = World::new().await;
    let grant = world.install(&["chat:write"]).await.unwrap();
    let before = world.control().requests().len();
    world
        .client("msteams")
        .revoke(&world.app, &grant.credentials[0])
        .await
        .unwrap();
    assert_eq!(world.control().requests().len(), before);
}
