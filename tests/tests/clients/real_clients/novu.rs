//! Novu's own SDKs for back ends.

use tokio::process::Command;

use crate::real_clients::{
    client::{Client, told_of},
    walk::{connected_stage, people_follow},
};

async fn walks(client: &Client, mut walk: Command) {
    let stage = connected_stage().await;
    let printed = client.run(told_of(&mut walk, &stage.server)).await;
    people_follow(&stage, &printed).await;
}

#[tokio::test]
async fn novus_sdk_for_node_calls_every_operation_of_the_family() {
    let client = Client::named("novu-api");
    let mut walk = client.node();
    walk.arg("walk.js");
    walks(&client, walk).await;
}

#[tokio::test]
async fn novus_sdk_for_python_calls_every_operation_of_the_family() {
    let client = Client::named("novu-py");
    let mut walk = client.python("python");
    walk.arg("walk.py");
    walks(&client, walk).await;
}

#[tokio::test]
async fn novus_sdk_for_python_awaits_every_operation_of_the_family() {
    let client = Client::named("novu-py");
    let mut walk = client.python("python");
    walk.args(["walk.py", "--async"]);
    walks(&client, walk).await;
}
