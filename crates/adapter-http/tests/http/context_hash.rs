//! `contextHash`: an integration that demands proof of the context gets it or refuses.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;
use tieline_domain::{
    api_key::{ApiKey, ApiKeyHash, ApiKeyRole},
    context::Context,
    id::EnvironmentId,
    integration::KnownIntegration,
    ports::{Lookups, StoreError, Stores},
    subscriber::SubscriberId,
};

use crate::bench::{Bench, MINT};

const LINK: &str = "/v1/integrations/channel-endpoints/oauth";

async fn bench() -> Bench {
    let bench = Bench::start().await;
    bench
        .integrate("slack", "strict", &[("hmac", "true")])
        .await;
    bench.integrate("slack", "lax", &[("hmac", "false")]).await;
    bench
}

/// As a back end does it.
fn hash(key: &str, canonical: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    hmac.update(canonical.as_bytes());
    let digest = hmac.finalize().into_bytes();
    let half = |bytes: &[u8]| u128::from_be_bytes(bytes.try_into().unwrap());
    format!("{:032x}{:032x}", half(&digest[..16]), half(&digest[16..]))
}

/// A request to mint at this integration, with this context and hash.
fn body(integration: &str, context: &Value, hash: Option<&str>) -> Value {
    let mut body = json!({ "integrationIdentifier": integration, "subscriberId": "ada" });
    if !context.is_null() {
        body["context"] = context.clone();
    }
    if let Some(hash) = hash {
        body["contextHash"] = hash.into();
    }
    body
}

#[tokio::test]
async fn the_context_is_proved_just_as_it_was_sent() {
    let bench = bench().await;
    for (context, canonical) in [
        (json!({ "tenant": "acme" }), r#"{"tenant":"acme"}"#),
        (
            json!({ "tenant": { "id": "acme" } }),
            r#"{"tenant":{"id":"acme"}}"#,
        ),
        (
            json!({ "tenant": { "id": "acme", "data": { "b": 1.0, "a": "é" } }, "app": "x" }),
            r#"{"app":"x","tenant":{"data":{"a":"é","b":1},"id":"acme"}}"#,
        ),
        (Value::Null, "{}"),
    ] {
        let good = hash(&bench.key, canonical);
        for path in [MINT, LINK] {
            let answer = bench
                .post(path, &body("strict", &context, Some(&good)))
                .await;
            answer.assert_is(201);
            let other = hash(&bench.key, &format!("{canonical} "));
            let answer = bench
                .post(path, &body("strict", &context, Some(&other)))
                .await;
            assert_eq!(answer.refusal(), (400, "context_hash_invalid".to_owned()));
            assert!(
                answer
                    .message()
                    .contains("Please provide a valid context HMAC hash")
            );
        }
    }
}

#[tokio::test]
async fn without_a_hash_a_strict_integration_refuses() {
    let bench = bench().await;
    let context = json!({ "tenant": "acme" });
    for path in [MINT, LINK, "/v1/integrations/chat/oauth"] {
        let answer = bench.post(path, &body("strict", &context, None)).await;
        assert_eq!(answer.refusal(), (400, "context_hash_required".to_owned()));
        let told = "A valid contextHash is required when HMAC validation is enabled.";
        assert_eq!(answer.message(), told);
    }
    bench.get("/v2/contexts/tenant/acme").await.assert_is(404);
}

#[tokio::test]
async fn others_do_not_look_at_it() {
    let bench = bench().await;
    let context = json!({ "tenant": "acme" });
    for integration in ["lax", "slack"] {
        for hash in [None, Some("nonsense")] {
            let answer = bench.post(MINT, &body(integration, &context, hash)).await;
            answer.assert_is(201);
        }
    }
}

#[tokio::test]
async fn any_live_key_of_the_environment_proves_it_and_no_other() {
    let bench = bench().await;
    let environment = bench.environment;
    let broker = &bench.api.broker;
    let context = json!({ "tenant": "acme" });
    let minted = async |key: &str| {
        let hash = hash(key, r#"{"tenant":"acme"}"#);
        let answer = bench
            .post(MINT, &body("strict", &context, Some(&hash)))
            .await;
        answer.status == 201
    };
    let [reader, revoked, rotated] = [
        bench.key_of(ApiKeyRole::Read).await,
        bench.key_of(ApiKeyRole::Admin).await,
        bench.key_of(ApiKeyRole::Admin).await,
    ];
    for key in [&reader, &revoked, &rotated] {
        assert!(minted(key).await);
    }
    let keys = broker.list_api_keys(environment).await.unwrap();
    broker
        .revoke_api_key(environment, keys[2].id)
        .await
        .unwrap();
    let overlap = SignedDuration::from_mins(1);
    let (_, new) = broker
        .rotate_api_key(environment, keys[3].id, overlap, None)
        .await
        .unwrap();
    assert!(!minted(&revoked).await);
    assert!(minted(&rotated).await && minted(&new).await);
    bench.clock.advance(overlap);
    assert!(!minted(&rotated).await && minted(&new).await);
    let elsewhere = Bench::on(bench.storage.clone(), "Production").await;
    assert!(!minted(&elsewhere.key).await);
    assert!(!minted("tl_a-key-that-nobody-has-ever-had").await);
}

#[tokio::test]
async fn the_flag_is_set_over_the_api_as_a_boolean_or_a_text() {
    let bench = bench().await;
    for (number, flag) in [json!(true), json!("true")].into_iter().enumerate() {
        let identifier = format!("made-{number}");
        let made = json!({
            "providerId": "slack", "identifier": identifier, "active": true,
            "credentials": { "clientId": "1.2", "secretKey": "the-secret", "hmac": flag },
        });
        bench.post("/v1/integrations", &made).await.assert_is(201);
        let answer = bench
            .post(MINT, &body(&identifier, &Value::Null, None))
            .await;
        assert_eq!(answer.refusal(), (400, "context_hash_required".to_owned()));
    }
    let wrong = json!({
        "providerId": "slack",
        "credentials": { "clientId": "1.2", "secretKey": "the-secret", "hmac": "yes" },
    });
    let answer = bench.post("/v1/integrations", &wrong).await;
    let told = &answer.json()["errors"]["credentials.hmac"]["messages"][0];
    assert_eq!(*told, "must be true or false");
}

/// Look-ups that remember no key of any environment.
struct Forgetful(Stores);

#[async_trait::async_trait]
impl Lookups for Forgetful {
    async fn api_key(&self, hash: &ApiKeyHash) -> Result<Option<Arc<ApiKey>>, StoreError> {
        self.0.api_key(hash).await
    }

    async fn api_keys(&self, _: EnvironmentId) -> Result<Vec<ApiKey>, StoreError> {
        Ok(Vec::new())
    }

    async fn integration(
        &self,
        environment: EnvironmentId,
        identifier: &str,
    ) -> Result<Option<Arc<KnownIntegration>>, StoreError> {
        self.0.integration(environment, identifier).await
    }

    async fn has_subscriber(
        &self,
        environment: EnvironmentId,
        id: &SubscriberId,
    ) -> Result<bool, StoreError> {
        self.0.has_subscriber(environment, id).await
    }

    async fn keep_contexts(&self, contexts: &[Context]) -> Result<(), StoreError> {
        self.0.keep_contexts(contexts).await
    }
}

#[tokio::test]
async fn a_key_that_a_node_does_not_remember_yet_proves_a_context() {
    let mut bench = bench().await;
    let stores = bench.api.broker.stores.clone();
    bench.api.broker.lookups = Arc::new(Forgetful(stores));
    let good = hash(&bench.key, "{}");
    let body = body("strict", &Value::Null, Some(&good));
    bench.post(MINT, &body).await.assert_is(201);
}
