//! Requests made up from the API document, good ones and bad ones, in their thousands.

use std::time::Duration;

use serde_json::Map;
use tieline_tests::{Browser, Minted, Stage};

use crate::real_clients::client::{Client, told_of};

/// Several times what it takes on two cores.
const PATIENCE: Duration = Duration::from_mins(7);

/// What a run works on: a program, a connect attempt, which only people make, and a key that may do
/// everything, so that no operation is refused whatever it is asked.
async fn prepared() -> (Stage, Client, Minted, String) {
    let client = Client::named("schemathesis").with_patience(PATIENCE);
    let stage = Stage::start_with(|setup| {
        // It tries every operation without a key, and every page again and again.
        setup.home.set("RATE_LIMIT_FAILURES", "0");
        setup.home.set("RATE_LIMIT_PAGES", "0");
    })
    .await;
    let minted = stage.mint("slack").await;
    stage.allow(&minted, Browser::new()).await;
    let create = ["api-keys", "create", "--right", "tokens:read"];
    let key = stage.server.home.tell(&create).await.trim().to_owned();
    (stage, client, minted, key)
}

/// No operation answers with a failure of ours, or with a status or a body that the document does
/// not declare; none takes what the document forbids. The seed is in `schemathesis.toml`.
#[tokio::test]
async fn the_program_does_what_its_document_says() {
    let (stage, client, minted, key) = prepared().await;
    let document = stage.server.url("/openapi.json");
    let mut run = client.python("schemathesis");
    run.args(["run", "--no-color", "--phases", "examples,coverage,fuzzing"])
        .arg(document.as_str())
        .env("TIELINE_ATTEMPT", minted.attempt);
    let told = told_of(&mut run, &stage.server).env("TIELINE_API_KEY", key);
    let printed = client.run(told).await;
    let tested = operations(&stage).await - SIGNED_BY_PROVIDERS;
    let tested = format!("Tested: {tested}\n");
    assert!(printed.contains(&tested), "not all of them were tested");
}

/// Whoever makes something finds in the document what can be done with it next, and it works.
#[tokio::test]
async fn every_link_of_the_document_leads_somewhere() {
    let (stage, client, minted, key) = prepared().await;
    let mut walk = client.python("python");
    walk.arg("links.py").env("TIELINE_ATTEMPT", minted.attempt);
    let told = told_of(&mut walk, &stage.server).env("TIELINE_API_KEY", key);
    client.run(told).await;
}

/// The operations that only a provider can ask for, which are left out.
const SIGNED_BY_PROVIDERS: usize = 2;

/// How many operations the document has.
async fn operations(stage: &Stage) -> usize {
    let document = stage.api.read("/openapi.json").await;
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .filter_map(|(_, path)| path.as_object())
        .map(Map::len)
        .sum()
}
