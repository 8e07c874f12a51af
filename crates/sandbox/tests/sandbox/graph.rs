//! Microsoft Graph.

use reqwest::Response;
use serde_json::Value;

use crate::support::{
    Bench, ENTRA, FENNEL, JONAS, LARKSPUR, NOOR_ADMIN, SELMA_ADMIN, SignIn, json, send,
};

#[tokio::test]
async fn an_app_sees_its_tenant_and_the_people_in_it() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    let token = token(&json(bench.app_token(FENNEL).await).await);
    let organization = json(graph(&bench, "organization", &token).await).await;
    assert_eq!(organization["value"][0]["id"], FENNEL);
    assert_eq!(organization["value"][0]["displayName"], "Fennel & Rye");
    let user = json(graph(&bench, &format!("users/{JONAS}"), &token).await).await;
    assert_eq!(
        (&user["id"], &user["displayName"]),
        (&JONAS.into(), &"Jonas Wick".into())
    );
    let foreign = graph(&bench, &format!("users/{SELMA_ADMIN}"), &token).await;
    refused(foreign, 404, "Request_ResourceNotFound").await;
    refused(graph(&bench, "me", &token).await, 400, "BadRequest").await;
}

#[tokio::test]
async fn an_app_without_roles_sees_nothing() {
    let bench = Bench::start().await;
    bench.consent(FENNEL).await;
    bench.control.set_entra_roles(Vec::<String>::new());
    let token = token(&json(bench.app_token(FENNEL).await).await);
    for path in ["organization", "users/x"] {
        refused(
            graph(&bench, path, &token).await,
            403,
            "Authorization_RequestDenied",
        )
        .await;
    }
}

#[tokio::test]
async fn a_user_sees_themselves() {
    let bench = Bench::start().await;
    let sign_in = SignIn {
        person: Some(SELMA_ADMIN),
        ..SignIn::default()
    };
    let token = token(&bench.sign_in(sign_in).await);
    assert_eq!(
        json(graph(&bench, "me", &token).await).await["id"],
        SELMA_ADMIN
    );
    let organization = json(graph(&bench, "organization", &token).await).await;
    assert_eq!(organization["value"][0]["id"], LARKSPUR);
    let other = graph(&bench, &format!("users/{NOOR_ADMIN}"), &token).await;
    refused(other, 403, "Authorization_RequestDenied").await;
}

#[tokio::test]
async fn a_token_that_is_unknown_or_expired_is_refused() {
    let bench = Bench::start().await;
    refused(
        graph(&bench, "me", ENTRA.1).await,
        401,
        "InvalidAuthenticationToken",
    )
    .await;
    let token = token(&bench.sign_in(SignIn::default()).await);
    bench.control.advance(std::time::Duration::from_mins(90));
    refused(
        graph(&bench, "me", &token).await,
        401,
        "InvalidAuthenticationToken",
    )
    .await;
}

async fn graph(bench: &Bench, path: &str, token: &str) -> Response {
    let url = bench.url(&format!("graph/v1.0/{path}"), &[]);
    send(bench.http.get(url).bearer_auth(token)).await
}

fn token(reply: &Value) -> String {
    reply["access_token"].as_str().expect("a token").to_owned()
}

async fn refused(response: Response, status: u16, code: &str) {
    assert_eq!(response.status(), status);
    assert_eq!(json(response).await["error"]["code"], code);
}
