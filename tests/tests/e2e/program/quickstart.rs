//! `tieline quickstart`: everything in one, on sample data.

use tieline_tests::{Api, Browser, Home, Process, Reply, Server, free_port, http_client, until};
use url::Url;

fn home() -> Home {
    let mut home = Home::empty();
    home.set("LISTEN", format!("127.0.0.1:{}", free_port()));
    home.set("SANDBOX_LISTEN", format!("127.0.0.1:{}", free_port()));
    home
}

#[tokio::test]
async fn a_walk_connects_both_providers_and_repeats_nothing() {
    let home = home();
    for _ in 0..2 {
        let printed = home.tell(&["quickstart", "--walk"]).await;
        for expected in [
            "slack",
            "msteams",
            "Harbour Lane Bakery",
            "Fennel & Rye",
            "app-only",
            "the connection is revoked",
        ] {
            assert!(printed.contains(expected), "{expected}: {printed}");
        }
        assert_eq!(home.tell(&["api-keys", "list"]).await.lines().count(), 1);
        assert_eq!(
            home.tell(&["integrations", "list"]).await.lines().count(),
            2
        );
        assert_eq!(
            home.tell(&["environments", "list"]).await.lines().count(),
            1
        );
    }
    let key = std::fs::read_to_string(home.data_dir().join("quickstart-api-key"));
    let server = Server::start(home).await;
    let api = Api::of(&server).with_key(&key.expect("the sample key"));
    let connections = api.connections().await;
    let statuses: Vec<_> = connections.iter().map(|it| &it["status"]).collect();
    assert_eq!(statuses, ["active", "revoked"]);
    assert_eq!(api.endpoints().await.len(), 2);
}

#[tokio::test]
async fn whoever_clicks_sees_the_connection_in_the_terminal() {
    let home = home();
    let process = Process::start(&home, home.command(&["quickstart"]));
    let url = until("a URL is printed", async || connect_url(&process.printed())).await;
    let printed = process.printed();
    assert!(printed.contains("curl -X POST"), "{printed}");
    let page = Browser::new().allow(&url).await;
    assert_eq!(page.status, 200);
    until("the connection is printed", async || {
        let printed = process.printed();
        let shown = printed.contains("Connected:") && printed.contains("Harbour Lane Bakery");
        shown.then_some(())
    })
    .await;

    // And removes the app again, on the page that was named.
    let printed = process.printed();
    let page = printed.lines().find(|line| line.ends_with("/installed"));
    let page: Url = page.expect("a page").trim().parse().expect("a URL");
    let form = Browser::new().get(&page).await.form();
    let form = form.expect("an app to remove");
    let removal = http_client().post(form.action).form(&form.fields);
    assert_eq!(Reply::of(removal).await.status, 303);
    let key = std::fs::read_to_string(home.data_dir().join("quickstart-api-key"));
    let key = key.expect("the sample key");
    let curl = "curl -X POST ";
    let list = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix(curl));
    let list: Url = list
        .expect("a curl")
        .trim_end_matches(" \\")
        .parse()
        .expect("a URL");
    let list = list.join("/v1/channel-connections").expect("a path");
    until("the connection is revoked", async || {
        let request = http_client().get(list.clone());
        let request = request.header("authorization", format!("ApiKey {}", key.trim()));
        let connections = Reply::of(request).await.json();
        (connections["data"][0]["status"] == "revoked").then_some(())
    })
    .await;
    process.ask_to_end();
    assert!(process.ended().await.success());
}

fn connect_url(printed: &str) -> Option<Url> {
    // The line has ended, so that the URL is whole.
    let (whole, _) = printed.rsplit_once('\n')?;
    let line = whole
        .lines()
        .find(|line| line.contains("/oauth/v2/authorize?"))?;
    line.trim().parse().ok()
}

#[tokio::test]
async fn a_second_start_does_not_show_the_key_again() {
    let home = home();
    for starts in 1..=2 {
        let process = Process::start(&home, home.command(&["quickstart"]));
        let printed = until("the welcome is printed", async || {
            let printed = process.printed();
            (printed.matches("Ctrl-C ends").count() == starts).then_some(printed)
        })
        .await;
        let key = std::fs::read_to_string(home.data_dir().join("quickstart-api-key"));
        let key = key.expect("the sample key");
        let shown = printed.matches(key.trim()).count();
        assert_eq!(
            shown, 2,
            "by itself and in the curl, at the first start alone"
        );
        process.ask_to_end();
        assert!(process.ended().await.success());
    }
}

#[tokio::test]
async fn the_sandbox_runs_by_itself() {
    let home = home();
    let process = Process::start(&home, home.command(&["sandbox"]));
    let printed = until("it says how it is used", async || {
        Some(process.printed()).filter(|printed| printed.contains("send people back to"))
    })
    .await;
    for expected in [
        "TIELINE_SLACK_BASE_URL=http://127.0.0.1:",
        "TIELINE_ENTRA_BASE_URL=",
        "clientId",
    ] {
        assert!(printed.contains(expected), "{printed}");
    }
    process.ask_to_end();
    assert!(process.ended().await.success());
}

#[tokio::test]
async fn a_server_has_no_sandbox_in_it() {
    let server = Server::start(home()).await;
    for path in [
        "/slack/oauth/v2/authorize",
        "/entra/common/oauth2/v2.0/token",
        "/control",
    ] {
        assert_eq!(Api::of(&server).get(path).await.status, 404);
    }
}
