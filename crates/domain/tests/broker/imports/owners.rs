//! Contexts and subscribers.

use tieline_domain::context::BridgeUrl;

use super::*;

#[tokio::test]
async fn a_context_that_differs_stays_unless_it_is_to_be_changed() {
    let bench = Bench::start().await;
    let key = "tenant:acme".parse().unwrap();
    outcome(
        &bench,
        &context("tenant:acme", json!({ "plan": "pro" })),
        &PLAIN,
    )
    .await;
    let other = context("tenant:acme", json!({ "plan": "free" }));
    let why = "it is here with other data, and stays so".to_owned();
    assert_eq!(
        outcome(&bench, &other, &PLAIN).await,
        ImportOutcome::Skipped(why)
    );
    let here = bench.broker.get_context(bench.environment, &key).await;
    assert_eq!(Value::Object(here.unwrap().data), json!({ "plan": "pro" }));
    let updated = ImportOutcome::Updated(vec!["data"]);
    assert_eq!(outcome(&bench, &other, &UPDATE).await, updated);
    let here = bench.broker.get_context(bench.environment, &key).await;
    assert_eq!(Value::Object(here.unwrap().data), json!({ "plan": "free" }));
}

#[tokio::test]
async fn a_contexts_url_is_kept_where_the_export_has_none() {
    let bench = Bench::start().await;
    let url = BridgeUrl::parse("https://bridge.example.com/acme").unwrap();
    let with_url = Exported::Context(
        "tenant:acme".parse().unwrap(),
        ContextChange {
            data: Map::new(),
            bridge_url: Patch::Set(url),
        },
    );
    let without = context("tenant:acme", json!({}));
    assert_eq!(outcome(&bench, &without, &PLAIN).await, made());
    let updated = ImportOutcome::Updated(vec!["bridgeUrl"]);
    assert_eq!(outcome(&bench, &with_url, &UPDATE).await, updated);
    for exported in [with_url, without] {
        assert_eq!(
            outcome(&bench, &exported, &UPDATE).await,
            ImportOutcome::Unchanged
        );
    }
}

#[tokio::test]
async fn a_subscriber_that_differs_stays_unless_it_is_to_be_changed() {
    let bench = Bench::start().await;
    let eve = fixtures::subscriber_id("eve");
    let first_name = async || {
        let found = bench.broker.get_subscriber(bench.environment, &eve).await;
        found.unwrap().profile.first_name
    };
    let named = |name: &str| subscriber("eve", Patch::Set(name.to_owned()));
    assert_eq!(outcome(&bench, &named("Eve"), &PLAIN).await, made());
    let unnamed = subscriber("eve", Patch::Keep);
    assert_eq!(
        outcome(&bench, &unnamed, &UPDATE).await,
        ImportOutcome::Unchanged
    );
    let why = "it is here with other firstName, and stays so".to_owned();
    assert_eq!(
        outcome(&bench, &named("Eva"), &PLAIN).await,
        ImportOutcome::Skipped(why)
    );
    assert_eq!(first_name().await.as_deref(), Some("Eve"));
    let updated = ImportOutcome::Updated(vec!["firstName"]);
    assert_eq!(outcome(&bench, &named("Eva"), &UPDATE).await, updated);
    assert_eq!(first_name().await.as_deref(), Some("Eva"));
    let cleared = subscriber("eve", Patch::Clear);
    assert_eq!(outcome(&bench, &cleared, &UPDATE).await, updated);
    assert_eq!(first_name().await, None);
}
