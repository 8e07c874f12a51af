//! Clients that others' generators make of our API document, anew in every run.

use std::fs;

use tieline_tests::Home;

use crate::real_clients::{
    client::{Client, told_of},
    walk::{connected_stage, people_follow},
};

/// The document as the program prints it; that openapi.yaml is the same is another test's matter.
async fn write_document(client: &Client) {
    let document = Home::empty().tell(&["openapi"]).await;
    fs::write(client.path().join("openapi.yaml"), document).expect("room for the document");
}

#[tokio::test]
async fn a_client_generated_for_typescript_compiles_strictly_and_connects() {
    let (stage, client) = (
        connected_stage().await,
        Client::named("generated-typescript"),
    );
    write_document(&client).await;
    let mut generate = client.node_package("openapi-typescript");
    client
        .run(generate.args(["openapi.yaml", "--output", "generated.d.ts"]))
        .await;
    client.run(&mut client.node_package("tsc")).await;
    let mut walk = client.node();
    let printed = client
        .run(told_of(walk.arg("built/walk.js"), &stage.server))
        .await;
    people_follow(&stage, &printed).await;
}

#[tokio::test]
async fn a_client_generated_for_python_connects() {
    let (stage, client) = (connected_stage().await, Client::named("generated-python"));
    write_document(&client).await;
    let mut generate = client.python("openapi-python-client");
    generate.args([
        "generate",
        "--path",
        "openapi.yaml",
        "--config",
        "generator.yaml",
    ]);
    generate.args([
        "--meta",
        "none",
        "--output-path",
        "generated",
        "--fail-on-warning",
    ]);
    client.run(&mut generate).await;
    let mut walk = client.python("python");
    let printed = client
        .run(told_of(walk.arg("walk.py"), &stage.server))
        .await;
    people_follow(&stage, &printed).await;
}
