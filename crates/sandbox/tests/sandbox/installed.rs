//! The page on which apps are removed.

use tieline_sandbox::{Bot, Delivery, EventOrder, RemovalForm, SlackEvents};

use crate::support::{BAKERY, Bench, ENTRA, FENNEL, Receiver, SLACK, send, text};

const SCOPE: (&str, &str) = ("scope", "chat:write");

#[tokio::test]
async fn an_app_is_shown_where_it_is_installed_until_it_is_removed() {
    let bench = Bench::start().await;
    assert!(shown(&bench).await.contains("Nowhere"));
    let installed = bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    let page = shown(&bench).await;
    for expected in [
        BAKERY,
        "Harbour Lane Bakery",
        SLACK.0,
        FENNEL,
        "Fennel",
        ENTRA.0,
    ] {
        assert!(page.contains(expected), "{expected}: {page}");
    }

    remove(&bench, SLACK.0, BAKERY).await;
    assert!(!shown(&bench).await.contains(BAKERY));
    let token = text(&installed, "access_token");
    let answer = bench.slack_method("auth.test", token, &[]).await;
    assert_eq!(text(&answer, "error"), "account_inactive");
    assert!(bench.control.has_admin_consent(ENTRA.0, FENNEL));
    remove(&bench, ENTRA.0, FENNEL).await;
    assert!(!bench.control.has_admin_consent(ENTRA.0, FENNEL));
    assert!(shown(&bench).await.contains("Nowhere"));
}

#[tokio::test]
async fn an_app_that_is_removed_on_the_page_is_told() {
    let bench = Bench::start().await;
    let receiver = Receiver::start(200).await;
    bench.control.set_slack_events(SlackEvents {
        client_id: SLACK.0.to_owned(),
        url: receiver.url.clone(),
        signing_secret: "signing-secret".to_owned(),
        order: EventOrder::default(),
    });
    bench.control.register_bot(Bot {
        app_id: ENTRA.0.to_owned(),
        messaging_url: receiver.url.clone(),
    });
    bench.slack_install(SLACK, &[SCOPE]).await;
    bench.control.give_admin_consent(ENTRA.0, FENNEL);
    remove(&bench, SLACK.0, BAKERY).await;
    remove(&bench, ENTRA.0, FENNEL).await;
    let deliveries = bench.control.wait_for_deliveries().await;
    let kinds: Vec<&str> = deliveries
        .iter()
        .map(|it| it.letter.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["app_uninstalled", "tokens_revoked", "installationUpdate"]
    );
    assert!(
        deliveries
            .iter()
            .all(|it: &Delivery| it.status() == Some(200))
    );
}

#[tokio::test]
async fn a_page_of_somebody_else_removes_nothing() {
    let bench = Bench::start().await;
    bench.slack_install(SLACK, &[SCOPE]).await;
    for site in ["cross-site", "same-site", "none"] {
        let form = [(RemovalForm::APP, SLACK.0), (RemovalForm::PLACE, BAKERY)];
        let request = bench.http.post(bench.url("installed/remove", &[]));
        let response = send(request.form(&form).header("sec-fetch-site", site)).await;
        assert_eq!(response.status(), 403, "{site}");
    }
    let form = [(RemovalForm::APP, SLACK.0)];
    assert_eq!(bench.post("installed/remove", &form).await.status(), 400);
    assert!(shown(&bench).await.contains(BAKERY));
}

async fn shown(bench: &Bench) -> String {
    let response = bench.get("installed", &[]).await;
    assert_eq!(response.status(), 200);
    response.text().await.expect("a page")
}

async fn remove(bench: &Bench, app: &str, place: &str) {
    let form = [(RemovalForm::APP, app), (RemovalForm::PLACE, place)];
    let response = bench.post("installed/remove", &form).await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/installed");
}
