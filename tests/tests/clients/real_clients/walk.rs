//! A walk through the API by somebody else's client, and what a person makes of it afterwards.

use serde_json::{Value, json};
use tieline_tests::{Browser, MARA, OTIS, Stage};

/// A server with what only people can make: a Slack workspace and a Teams tenant are connected, and
/// the person who did it is linked in both.
pub(super) async fn connected_stage() -> Stage {
    let stage = Stage::start().await;
    for integration in ["slack", "msteams"] {
        let minted = stage.mint(integration).await;
        let (page, _) = stage.allow(&minted, Browser::new()).await;
        assert_eq!(page.status, 200, "{}", page.text);
    }
    stage
}

/// The URLs that a client was given lead to a connection and to a link. The last line that it
/// printed has them.
pub(super) async fn people_follow(stage: &Stage, printed: &str) {
    let line = printed.lines().last().unwrap_or_default();
    let urls: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no URLs: {printed}"));
    for (name, person) in [("connect", MARA), ("link", OTIS)] {
        let url = urls[name].as_str().and_then(|url| url.parse().ok());
        let mut person = Browser::new().choosing("person", person);
        let page = person.allow(&url.expect("a URL")).await;
        assert_eq!(page.status, 200, "{name}: {}", page.text);
    }
    let connections = stage.api.connections().await;
    assert_eq!(connections[0]["integrationIdentifier"], "walk");
    assert_eq!(connections[0]["contextKeys"], json!(["tenant:walk"]));
    assert_eq!(
        stage.api.endpoints().await[0]["endpoint"],
        json!({ "userId": OTIS })
    );
}
