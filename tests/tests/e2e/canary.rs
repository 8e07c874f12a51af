//! No secret where it does not belong: not in the log at its most talkative, not in an error, not
//! on a page, not in the database as it lies on the disk.

use std::{collections::BTreeSet, fs};

use serde_json::json;
use tieline_sandbox::{Endpoint, Fault, IdTokenFault};
use tieline_tests::{
    BAKERY, BOOTSTRAP_KEY, Browser, CALLBACK_PATH, ENTRA, LARKSPUR, Page, Reply, SLACK, SUBSCRIBER,
    Stage, headers_of, with_param, without_param,
};
use url::Url;

/// What the providers hand out here; recognizable wherever it turns up.
const ISSUED: [&str; 6] = [
    "xoxb-canary-bot-token-41f7",
    "xoxe-1-canary-refresh-token-41f7",
    "xoxp-canary-user-token-41f7",
    "xoxe-1-canary-user-refresh-41f7",
    "canaryWebhookSecret41f7",
    "xoxb-canary-in-a-failure-41f7",
];
/// A key that opens nothing; whoever mistypes one must not find it in the log.
const WRONG_KEY: &str = "tl_canary-wrong-api-key-41f7";
/// A client's own secret, since whoever knows it is told the URL.
const IDEMPOTENCY_KEY: &str = "canary-idempotency-key-41f7";

/// I01
#[tokio::test]
async fn nothing_secret_is_logged_shown_or_stored_in_the_clear() {
    let mut stage = Stage::start_with(|setup| setup.home.set("LOG", "trace")).await;
    let mut browser = Browser::new();
    slack_flows(&stage, &mut browser).await;
    failed_exchanges(&stage, &mut browser).await;
    teams_flows(&stage, &mut browser).await;
    let mut shown = refused_calls(&stage).await;
    shown.extend(refused_callbacks(&stage, &mut browser).await);
    shown.extend(api_answers(&stage).await);

    let secrets = secrets(&stage, &browser);
    let own = stage.server.url("/").origin();
    let pages = browser.seen.iter().filter(|page| page.url.origin() == own);
    shown.extend(pages.map(visible));
    let log = stage.server.log_to_its_end().await + &stage.server.printed();
    assert!(
        log.contains("\"level\":\"TRACE\""),
        "the log is not at its most talkative"
    );
    assert!(
        !log.contains(IDEMPOTENCY_KEY),
        "an idempotency key was logged"
    );
    for (kind, secret) in &secrets {
        assert!(
            !log.contains(secret),
            "{kind} was logged: {}",
            lines(&log, secret)
        );
        for text in &shown {
            assert!(!text.contains(secret), "{kind} was shown: {text}");
        }
    }
    let database = database(&stage);
    let holds = |text: &str| database.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(
        holds(BAKERY) && holds("tenant_mismatch"),
        "what is no secret is found"
    );
    assert!(
        !holds(IDEMPOTENCY_KEY),
        "an idempotency key lies in the database"
    );
    for (kind, secret) in &secrets {
        assert!(!holds(secret), "{kind} lies in the database in the clear");
    }
}

fn lines(log: &str, secret: &str) -> String {
    let found = log.lines().filter(|line| line.contains(secret));
    found.take(3).collect::<Vec<_>>().join("\n")
}

/// An answer as its reader sees it. A redirect leads on with what it has to carry.
fn visible(page: &Page) -> String {
    let mut headers = page.headers.clone();
    headers.remove("location");
    headers_of(&headers) + &page.text
}

async fn slack_flows(stage: &Stage, browser: &mut Browser) {
    // First, since a workspace keeps the scopes that it granted once.
    stage.control.slack_untick(["chat:write"]);
    assert_eq!(
        browser.allow(&stage.mint("slack").await.url).await.status,
        400
    );
    stage.control.slack_untick(Vec::<String>::new());
    let webhook = format!(
        "{}/services/T0/B0/{}",
        stage.sandbox.slack_base_url(),
        ISSUED[4]
    );
    let issued = json!({
        "access_token": ISSUED[0], "refresh_token": ISSUED[1], "expires_in": 43200,
        "authed_user": {
            "access_token": ISSUED[2], "token_type": "user", "scope": "identify",
            "refresh_token": ISSUED[3], "expires_in": 43200,
        },
        "incoming_webhook": { "url": webhook, "channel": "#general", "channel_id": "C1" },
    });
    let more = json!({ "scope": ["chat:write", "incoming-webhook"] });
    let minted = stage.mint_with("slack", &more).await;
    let fault = Fault::SlackReplyPatch(issued);
    stage
        .control
        .fault_once(Endpoint::SlackOauthV2Access, fault);
    assert_eq!(browser.allow(&minted.url).await.status, 200);
    let again = browser.last_callback();
    browser.open(&again).await;
    browser.cancel(&stage.mint("slack").await.url).await;
}

async fn failed_exchanges(stage: &Stage, browser: &mut Browser) {
    let token = format!("{{\"ok\":true,\"access_token\":\"{}\"", ISSUED[5]);
    let html = Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: format!("<html>{token}").into_bytes(),
    };
    for fault in [
        Fault::Status(500, token.clone()),
        Fault::Status(302, token.clone()),
        Fault::Status(200, token.clone()),
        html,
        Fault::Cut { after_bytes: 200 },
        Fault::Redirect(stage.sandbox.url().join("/elsewhere").expect("a path")),
        Fault::SlackReplyPatch(json!({ "access_token": format!("{} ", ISSUED[5]) })),
        Fault::SlackReplyPatch(json!({ "access_token": ISSUED[5], "token_type": "mac" })),
        Fault::SlackReplyPatch(json!({ "team": null })),
        Fault::Status(
            200,
            json!({ "ok": false, "error": "invalid_code" }).to_string(),
        ),
    ] {
        stage
            .control
            .fault_once(Endpoint::SlackOauthV2Access, fault);
        let page = browser.allow(&stage.mint("slack").await.url).await;
        assert!(page.status >= 400);
    }
}

async fn teams_flows(stage: &Stage, browser: &mut Browser) {
    assert_eq!(
        browser.allow(&stage.mint("msteams").await.url).await.status,
        200
    );
    browser.cancel(&stage.mint("msteams").await.url).await;
    let callback = browser.callback(&stage.mint("msteams").await.url).await;
    let forged = with_param(&callback, "tenant", LARKSPUR);
    assert_eq!(browser.allow(&forged).await.status, 400);
    for fault in [
        Fault::IdToken(IdTokenFault::WrongKey),
        Fault::IdToken(IdTokenFault::OtherNonce),
        Fault::IdToken(IdTokenFault::TamperedPayload),
        Fault::Status(500, "oops".to_owned()),
        Fault::Cut { after_bytes: 400 },
    ] {
        stage.control.fault_once(Endpoint::EntraToken, fault);
        let page = browser.allow(&stage.mint("msteams").await.url).await;
        assert_eq!(page.status, 502);
    }
}

/// Calls that the API refuses; answers what it said.
async fn refused_calls(stage: &Stage) -> Vec<String> {
    let api = &stage.api;
    let good = json!({ "integrationIdentifier": "slack", "subscriberId": SUBSCRIBER });
    let keyed = || {
        api.mint_request()
            .header("idempotency-key", IDEMPOTENCY_KEY)
    };
    assert_eq!(Reply::of(keyed().json(&good)).await.status, 201);
    let replies = [
        api.with_key(WRONG_KEY).mint(&good).await,
        api.mint(&json!({ "integrationIdentifier": "nothing", "subscriberId": "x" }))
            .await,
        api.mint(&json!({ "unknown": true })).await,
        Reply::of(api.mint_request().body("nonsense")).await,
        Reply::of(keyed().json(&json!({ "integrationIdentifier": "slack" }))).await,
        api.get("/v1/connect-attempts?status=nonsense").await,
        api.get("/v1/nothing").await,
    ];
    replies.iter().map(refusal).collect()
}

fn refusal(reply: &Reply) -> String {
    assert!(reply.status >= 400, "{}", reply.text);
    headers_of(&reply.headers) + &reply.text
}

/// Callbacks that are refused, each with a true code; answers what came back.
async fn refused_callbacks(stage: &Stage, browser: &mut Browser) -> Vec<String> {
    let minted = stage.mint("slack").await;
    let callback = browser.callback(&minted.url).await;
    let mut twice = callback.clone();
    twice.query_pairs_mut().append_pair("state", "x");
    let state = tieline_tests::param(&callback, "state").expect("a state");
    for url in [
        twice,
        without_param(&callback, "state"),
        with_param(&callback, "state", &state[1..]),
        with_param(&callback, "code", "a\0b"),
    ] {
        assert_eq!(browser.open(&url).await.status, 400);
    }
    let posted = Reply::of(stage.api.http.post(callback.clone())).await;
    assert_eq!(browser.allow(&callback).await.status, 200);
    vec![refusal(&posted)]
}

/// What the API tells of all that was stored.
async fn api_answers(stage: &Stage) -> Vec<String> {
    let mut answers = Vec::new();
    for list in [
        "connect-attempts",
        "channel-connections",
        "channel-endpoints",
    ] {
        let reply = stage.api.get(&format!("/v1/{list}?limit=100")).await;
        assert!(reply.text.len() > 300, "{}", reply.text);
        answers.push(reply.text);
    }
    answers
}

type Secrets = BTreeSet<(&'static str, String)>;

/// Every secret that occurred, with what it is.
fn secrets(stage: &Stage, browser: &Browser) -> Secrets {
    let mut found: Secrets = ISSUED
        .iter()
        .map(|it| ("token", (*it).to_owned()))
        .collect();
    for (kind, secret) in [
        ("API key", BOOTSTRAP_KEY),
        ("wrong API key", WRONG_KEY),
        ("client secret", SLACK.1),
        ("client secret", ENTRA.1),
        // What every JSON Web Token begins with.
        ("JSON Web Token", "eyJ"),
    ] {
        found.insert((kind, secret.to_owned()));
    }
    found.extend(sealing_keys(stage));
    for page in &browser.seen {
        for url in [Some(&page.url), page.location.as_ref()]
            .into_iter()
            .flatten()
        {
            found.extend(of_url(url));
        }
    }
    found.extend(sent_to_providers(stage));
    for kind in [
        "state",
        "code",
        "nonce",
        "verifier",
        "sealing key",
        "bearer token",
    ] {
        assert!(
            found.iter().any(|(known, _)| *known == kind),
            "no {kind} was seen"
        );
    }
    found
}

fn sealing_keys(stage: &Stage) -> Vec<(&'static str, String)> {
    let file = fs::read_to_string(stage.server.home.key_file()).expect("the key file");
    let keys = file.lines().filter_map(|line| line.strip_prefix("key = "));
    keys.map(|key| ("sealing key", key.trim_matches('"').to_owned()))
        .collect()
}

fn of_url(url: &Url) -> Vec<(&'static str, String)> {
    let is_ours = url.path().starts_with("/connect/");
    let secret = |(name, value): (String, String)| match &*name {
        "state" => Some(("state", value)),
        "nonce" => Some(("nonce", value)),
        "code" if url.path() == CALLBACK_PATH => Some(("code", value)),
        _ => None,
    };
    let pairs = url.query_pairs().into_owned().filter(|_| !is_ours);
    // What was altered to nonsense is no secret.
    pairs
        .filter_map(secret)
        .filter(|(_, value)| value.len() > 8)
        .collect()
}

fn sent_to_providers(stage: &Stage) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for request in stage.control.requests() {
        for (name, value) in request.form() {
            match &*name {
                "code" => found.push(("code", value)),
                "code_verifier" => found.push(("verifier", value)),
                _ => {}
            }
        }
        let bearer = request
            .header("authorization")
            .and_then(|it| it.strip_prefix("Bearer "));
        found.extend(bearer.map(|token| ("bearer token", token.to_owned())));
    }
    found
}

/// Everything that lies in the data folder but the keys: the database, its journal, and that of
/// refreshes.
fn database(stage: &Stage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut folders = vec![stage.server.home.data_dir()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the data") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path != stage.server.home.key_file() {
                bytes.extend(fs::read(path).expect("its content"));
            }
        }
    }
    assert!(bytes.len() > 10_000);
    bytes
}
