//! Refreshing at a provider that is as RFC 6749 has it, by the rules alone: no provider of ours is
//! called that. Entra's token endpoint stands in for one.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tieline_domain::{
    connection::CredentialKind,
    integration::Credentials,
    ports::{ProviderError, RefreshError},
    provider::GrantedCredential,
    reason::Reason,
};
use tieline_providers::{
    Egress,
    http::Form,
    oauth2::{ClientAuthentication, RefreshRequest, RefreshRules, Successor},
};
use tieline_sandbox::{Endpoint, Fault, RetryAfter};
use url::Url;

use crate::harness::{ADMIN, CALLBACK, CLIENT_ID, TENANT, VERIFIER, World, credentials, private};

const RULES: RefreshRules = RefreshRules {
    authentication: ClientAuthentication::Post,
    ..RefreshRules::RFC_6749
};

fn token_url(world: &World) -> Url {
    let base = world.sandbox.entra_base_url();
    format!("{base}/{TENANT}/oauth2/v2.0/token")
        .parse()
        .unwrap()
}

/// A credential with a refresh token, as a sign-in brings it that asks for one.
async fn granted(world: &World) -> GrantedCredential {
    let scope = "openid offline_access User.Read";
    let sign_in = world.connect("msteams").sign_in.unwrap();
    let changes = [("person", ADMIN), ("scope", scope)];
    let code = world.consent(&sign_in, None, &changes).await;
    let form = Form::new()
        .field("grant_type", "authorization_code")
        .field("code", &code)
        .field("redirect_uri", CALLBACK)
        .field("code_verifier", VERIFIER);
    let request = RefreshRequest {
        endpoint: "a code",
        url: token_url(world),
        form,
    };
    let nothing = GrantedCredential {
        kind: CredentialKind::User,
        access_token: "none-yet".into(),
        refresh_token: None,
        scopes: Vec::new(),
        expires_at: None,
    };
    let egress = Egress::new(private()).unwrap();
    let now = world.control().now();
    let reply = RULES.send(&egress, request, &world.app, now).await.unwrap();
    RULES.read(&reply, &nothing, now).unwrap()
}

async fn refresh_by(
    rules: &RefreshRules,
    world: &World,
    app: &Credentials,
    old: &GrantedCredential,
) -> Result<GrantedCredential, RefreshError> {
    let egress = Egress::new(private()).unwrap();
    let now = world.control().now();
    let request = RefreshRequest::of("a refresh", token_url(world), old)?;
    let reply = rules.send(&egress, request, app, now).await?;
    rules.read(&reply, old, now)
}

async fn refresh(
    world: &World,
    old: &GrantedCredential,
) -> Result<GrantedCredential, RefreshError> {
    refresh_by(&RULES, world, &world.app, old).await
}

async fn spoiled(world: &World, old: &GrantedCredential, fault: Fault) -> RefreshError {
    world.control().fault_once(Endpoint::EntraToken, fault);
    refresh(world, old).await.unwrap_err()
}

fn reply(status: u16, body: &Value) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into(),
    }
}

fn exposed(credential: &GrantedCredential) -> (&str, &str) {
    let refresh_token = credential.refresh_token.as_ref().unwrap();
    (
        credential.access_token.expose_secret(),
        refresh_token.expose_secret(),
    )
}

/// F08, F15: each time another one comes, which is the one that is kept.
#[tokio::test]
async fn a_token_is_refreshed_by_the_rules_alone() {
    let world = World::new().await;
    for authentication in [ClientAuthentication::Post, ClientAuthentication::Basic] {
        let rules = RefreshRules {
            authentication,
            ..RULES
        };
        let old = granted(&world).await;
        let new = refresh_by(&rules, &world, &world.app, &old).await.unwrap();
        assert_ne!(exposed(&new).0, exposed(&old).0);
        assert_ne!(exposed(&new).1, exposed(&old).1);
        assert_eq!(new.scopes, ["openid", "User.Read"]);
        assert!(new.expires_at > Some(world.control().now()));
    }
}

/// F08
#[tokio::test]
async fn what_becomes_of_the_refresh_token_is_data() {
    let world = World::new().await;
    let old = granted(&world).await;
    for (successor, comes, expected) in [
        (Successor::Sometimes, json!("next"), Some("next")),
        (Successor::Sometimes, json!(null), Some(exposed(&old).1)),
        (Successor::Always, json!("next"), Some("next")),
        (Successor::Always, json!(null), None),
        (Successor::Never, json!("next"), Some(exposed(&old).1)),
        (Successor::Never, json!(null), Some(exposed(&old).1)),
    ] {
        let rules = RefreshRules { successor, ..RULES };
        let patch = Fault::SlackReplyPatch(json!({ "refresh_token": Value::clone(&comes) }));
        world.control().fault_once(Endpoint::EntraToken, patch);
        let new = refresh_by(&rules, &world, &world.app, &old).await;
        match expected {
            Some(expected) => assert_eq!(exposed(&new.unwrap()).1, expected),
            None => assert_eq!(
                new.unwrap_err(),
                RefreshError::Unknown(Reason::InvalidResponse.into())
            ),
        }
    }
}

/// RFC 6749 section 5.2
#[tokio::test]
async fn each_error_of_the_rfc_says_what_became_of_the_token() {
    let world = World::new().await;
    let old = granted(&world).await;
    let told = |reason: Reason, code: &str| ProviderError {
        provider_error: Some(code.to_owned()),
        ..reason.into()
    };
    for status in [200, 400, 401] {
        for (code, expected) in [
            ("invalid_grant", RefreshError::Rejected as fn(_) -> _),
            ("invalid_client", RefreshError::Refused),
            ("unauthorized_client", RefreshError::Refused),
            ("invalid_request", RefreshError::Refused),
            ("invalid_scope", RefreshError::Refused),
            ("unsupported_grant_type", RefreshError::Refused),
            ("server_error", RefreshError::Unknown),
            ("temporarily_unavailable", RefreshError::Unknown),
            ("brand_new_error", RefreshError::Unknown),
        ] {
            let reason = match code {
                "invalid_grant" => Reason::TokenInvalid,
                "invalid_client" | "unauthorized_client" => Reason::ClientRejected,
                _ => Reason::ProviderError,
            };
            // C10: an error is one at any status, and whatever stands beside it.
            let body = json!({ "error": code, "access_token": "t", "token_type": "bearer" });
            let error = spoiled(&world, &old, reply(status, &body)).await;
            assert_eq!(error, expected(told(reason, code)), "{status} {code}");
        }
    }
}

/// F05, F07
#[tokio::test]
async fn a_real_refusal_and_a_full_house_are_told_apart() {
    let world = World::new().await;
    let old = granted(&world).await;
    let limited = Fault::RateLimited(RetryAfter::Seconds(7));
    let error = spoiled(&world, &old, limited).await;
    let RefreshError::Refused(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.reason, Reason::ProviderRateLimited);
    assert_eq!(error.retry_after.map(|pause| pause.as_secs()), Some(7));

    let made_up = GrantedCredential {
        refresh_token: Some("made-up".into()),
        ..old.clone()
    };
    let error = refresh(&world, &made_up).await.unwrap_err();
    assert!(matches!(error, RefreshError::Rejected(_)), "{error}");
    let wrong = credentials(&[("clientId", CLIENT_ID), ("secretKey", "wrong")]);
    let error = refresh_by(&RULES, &world, &wrong, &old).await.unwrap_err();
    assert!(matches!(error, RefreshError::Refused(_)), "{error}");
}

/// F06
#[tokio::test]
async fn trouble_and_what_makes_no_sense_leave_it_open() {
    let world = World::new().await;
    let old = granted(&world).await;
    for fault in [
        Fault::Status(503, String::new()),
        Fault::Status(404, String::new()),
        Fault::LoseReply,
        Fault::Cut { after_bytes: 20 },
        reply(200, &json!({})),
        reply(200, &json!({ "access_token": "t" })),
        reply(200, &json!({ "access_token": "t", "token_type": "mac" })),
        reply(400, &json!({ "error": 7 })),
        reply(500, &json!({ "error": "invalid_grant" })),
    ] {
        let error = spoiled(&world, &old, fault.clone()).await;
        assert!(
            matches!(error, RefreshError::Unknown(_)),
            "{fault:?}: {error}"
        );
    }
}
