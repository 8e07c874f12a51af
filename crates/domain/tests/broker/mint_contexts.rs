//! Contexts: stored once, left alone when known, and not stored by a request that is refused.

use serde_json::{Map, Value, json};
use tieline_domain::{
    context::{Context, NamedContext},
    reason::Reason,
    usecase::MintConnectUrl,
};
use tieline_testkit::fixtures;

use crate::bench::{Bench, contexts, for_ada, identifier_of, refusal, shared};

fn with_data(key: &str, data: &Value) -> NamedContext {
    NamedContext {
        key: key.parse().unwrap(),
        data: data.as_object().cloned(),
    }
}

async fn stored(bench: &Bench, key: &str) -> Option<Context> {
    let key = key.parse().unwrap();
    let found = bench
        .broker
        .stores
        .contexts
        .find(bench.environment, &key)
        .await;
    found.unwrap()
}

#[tokio::test]
async fn a_new_context_is_stored_with_its_data() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        contexts: vec![
            with_data("tenant:acme", &json!({ "plan": "pro" })),
            with_data("region:eu", &Value::Null),
        ],
        ..for_ada("slack")
    };
    bench.mint(request).await.unwrap();
    let context = stored(&bench, "tenant:acme").await.unwrap();
    assert_eq!(Value::Object(context.data), json!({ "plan": "pro" }));
    assert_eq!(context.created_at, fixtures::NOON);
    assert_eq!(stored(&bench, "region:eu").await.unwrap().data, Map::new());
}

#[tokio::test]
async fn a_known_context_keeps_what_it_has() {
    let bench = Bench::start().await;
    for plan in ["free", "pro"] {
        let request = MintConnectUrl {
            contexts: vec![with_data("tenant:acme", &json!({ "plan": plan }))],
            ..for_ada("slack")
        };
        bench.mint(request).await.unwrap();
        bench.later(jiff::SignedDuration::from_secs(1));
    }
    let context = stored(&bench, "tenant:acme").await.unwrap();
    assert_eq!(Value::Object(context.data), json!({ "plan": "free" }));
    assert_eq!(context.updated_at, fixtures::NOON);
}

#[tokio::test]
async fn the_state_carries_the_keys_and_never_the_data() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        contexts: vec![with_data("tenant:acme", &json!({ "secret": "canary" }))],
        ..for_ada("slack")
    };
    let flow = bench.flow(request).await;
    assert_eq!(flow.context_keys, fixtures::context_keys(&["tenant:acme"]));
    assert!(!format!("{flow:?}").contains("canary"));
}

#[tokio::test]
async fn a_context_named_twice_is_stored_once() {
    let bench = Bench::start().await;
    let request = shared("slack", &["tenant:acme", "tenant:acme"]);
    let flow = bench.flow(request).await;
    assert_eq!(flow.context_keys, fixtures::context_keys(&["tenant:acme"]));
    assert!(stored(&bench, "tenant:acme").await.is_some());
}

/// I02
#[tokio::test]
async fn a_context_is_stored_in_its_own_environment_only() {
    let bench = Bench::start().await;
    let other = bench.broker.create_environment("Production").await.unwrap();
    bench.mint(shared("slack", &["tenant:acme"])).await.unwrap();
    let other = Bench {
        environment: other.id,
        ..bench
    };
    assert!(stored(&other, "tenant:acme").await.is_none());
}

/// What is refused for whatever reason leaves nothing behind.
#[tokio::test]
async fn a_refused_request_stores_no_context() {
    let bench = Bench::start().await;
    bench.switch("msteams", false).await;
    let long = "x".repeat(100);
    let many: Vec<String> = (0..5)
        .map(|n| format!("{long}:{n}{}", &long[1..]))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (request, reason) in [
        (for_ada("msteams"), Reason::IntegrationNotFound),
        (
            MintConnectUrl {
                subscriber_id: Some(fixtures::subscriber_id("eve")),
                ..for_ada("slack")
            },
            Reason::SubscriberNotFound,
        ),
        (
            MintConnectUrl {
                scopes: Some(vec!["nonsense".to_owned()]),
                ..for_ada("slack")
            },
            Reason::ScopeInvalid,
        ),
        (
            MintConnectUrl {
                contexts: contexts(&many),
                connection_identifier: Some(identifier_of(&"i".repeat(128))),
                ..for_ada("slack")
            },
            Reason::UrlTooLong,
        ),
    ] {
        let mut contexts = request.contexts;
        contexts.truncate(4);
        contexts.push(with_data("tenant:refused", &Value::Null));
        let refused = bench
            .mint(MintConnectUrl {
                contexts,
                ..request
            })
            .await;
        assert_eq!(refusal(refused).0, reason);
        assert!(stored(&bench, "tenant:refused").await.is_none(), "{reason}");
    }
}

#[tokio::test]
async fn a_taken_identifier_stores_no_context() {
    let bench = Bench::start().await;
    let mut connection = fixtures::connection(
        &fixtures::integration(bench.environment),
        fixtures::shared_by(&[]),
    );
    connection.identifier = identifier_of("taken");
    crate::mint_identifier::store(&bench, connection).await;
    let request = MintConnectUrl {
        contexts: contexts(&["tenant:refused"]),
        connection_identifier: Some(identifier_of("taken")),
        ..for_ada("slack")
    };
    assert_eq!(
        refusal(bench.mint(request).await).0,
        Reason::IdentifierTaken
    );
    assert!(stored(&bench, "tenant:refused").await.is_none());
}
