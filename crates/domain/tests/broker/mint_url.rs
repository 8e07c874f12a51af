//! The URL that a mint hands out.

use std::collections::HashSet;

use jiff::SignedDuration;
use tieline_domain::{
    context::NamedContext, ports::FlowSealer, reason::Reason, usecase::MintConnectUrl,
};
use tieline_testkit::{FakeFlowSealer, fixtures};
use url::Url;

use crate::bench::{
    Bench, REDIRECT_URI, TENANT, contexts, for_ada, identifier_of, param, path_of, refusal,
    state_of,
};

fn names(url: &str) -> Vec<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect()
}

/// A01
#[tokio::test]
async fn the_url_of_a_selectable_provider_is_exact() {
    let bench = Bench::start().await;
    let url = bench.mint(for_ada("slack")).await.unwrap().url;
    let page = "https://slack.test/oauth/v2/authorize?client_id=the-client-id";
    assert!(url.starts_with(page), "{url}");
    assert_eq!(names(&url), ["client_id", "scope", "redirect_uri", "state"]);
    assert_eq!(param(&url, "redirect_uri").unwrap(), REDIRECT_URI);
}

/// E01
#[tokio::test]
async fn the_url_of_an_admin_consent_is_exact() {
    let bench = Bench::start().await;
    let url = bench.mint(for_ada("msteams")).await.unwrap().url;
    let page = "https://entra.test/organizations/v2.0/adminconsent?client_id=the-client-id";
    assert!(url.starts_with(page), "{url}");
    assert_eq!(names(&url), ["client_id", "redirect_uri", "state", "scope"]);
    assert_eq!(param(&url, "redirect_uri").unwrap(), REDIRECT_URI);
}

/// E01
#[tokio::test]
async fn an_app_of_one_tenant_asks_there() {
    let bench = Bench::start().await;
    bench
        .integrate("msteams", "single", &[("tenantId", TENANT)])
        .await;
    let url = bench.mint(for_ada("single")).await.unwrap().url;
    assert_eq!(path_of(&url), format!("/{TENANT}/v2.0/adminconsent"));
}

/// A01
#[tokio::test]
async fn the_url_holds_no_secret() {
    let bench = Bench::start().await;
    for integration in ["slack", "msteams"] {
        let url = bench.mint(for_ada(integration)).await.unwrap().url;
        assert!(!url.contains("the-secret"), "{url}");
        assert!(!url.contains("verifier"), "{url}");
    }
}

/// A06
#[tokio::test]
async fn the_consent_page_gets_no_pkce_challenge() {
    let bench = Bench::start().await;
    for integration in ["slack", "msteams"] {
        let url = bench.mint(for_ada(integration)).await.unwrap().url;
        assert_eq!(param(&url, "code_challenge"), None);
        assert_eq!(param(&url, "code_challenge_method"), None);
    }
}

/// A02
#[tokio::test]
async fn a_thousand_urls_have_a_thousand_states_and_flows() {
    let bench = Bench::start().await;
    let (mut states, mut flows) = (HashSet::new(), HashSet::new());
    for _ in 0..1_000 {
        let minted = bench.mint(for_ada("slack")).await.unwrap();
        states.insert(state_of(&minted.url));
        flows.insert(minted.flow_id);
    }
    assert_eq!((states.len(), flows.len()), (1_000, 1_000));
}

#[tokio::test]
async fn the_state_is_of_the_flow_that_the_answer_names() {
    let bench = Bench::start().await;
    let minted = bench.mint(for_ada("slack")).await.unwrap();
    let flow = FakeFlowSealer.open(&state_of(&minted.url)).unwrap().flow;
    assert_eq!(flow.id, minted.flow_id);
    assert_eq!(flow.environment_id, bench.environment);
    assert_eq!(flow.issued_at, fixtures::NOON);
}

#[tokio::test]
async fn a_url_lives_exactly_five_minutes() {
    let bench = Bench::start().await;
    let minted = bench.mint(for_ada("slack")).await.unwrap();
    assert_eq!(
        minted.expires_at,
        fixtures::NOON + SignedDuration::from_mins(5)
    );
}

/// D1 of the design: a flood of mints fills nothing.
#[tokio::test]
async fn a_mint_leaves_no_attempt_and_no_connection() {
    let bench = Bench::start().await;
    bench.mint(for_ada("slack")).await.unwrap();
    assert!(bench.attempts().await.is_empty());
    assert!(bench.connections().await.is_empty());
}

/// A request whose URL grows by two characters with each step: the fake state is hexadecimal.
fn growing(integration: &str, by: usize) -> MintConnectUrl {
    let contexts = (0..5).map(|number| {
        let length = by.saturating_sub(95 * number).min(95);
        let key = format!("c{number}:{}", "x".repeat(1 + length));
        NamedContext {
            key: key.parse().unwrap(),
            data: None,
        }
    });
    MintConnectUrl {
        contexts: contexts.collect(),
        connection_identifier: Some(identifier_of(&"i".repeat(128))),
        ..for_ada(integration)
    }
}

/// The longest URL that is handed out, and in which words the next longer one is refused.
async fn longest(bench: &Bench, integration: &str) -> (usize, String) {
    let mut longest = 0;
    for by in 0..475 {
        let minted = bench.mint(growing(integration, by)).await;
        let Ok(minted) = minted else {
            let (reason, message) = refusal(minted);
            assert_eq!(reason, Reason::UrlTooLong);
            return (longest, message);
        };
        longest = minted.url.len();
    }
    panic!("no URL was too long");
}

/// Two apps whose client ids differ by a character meet every length between them.
#[tokio::test]
async fn a_url_has_1999_characters_at_most() {
    let bench = Bench::start().await;
    let mut lengths = Vec::new();
    for client_id in ["c", "cc"] {
        let credentials = [("clientId", client_id)];
        bench.integrate("slack", client_id, &credentials).await;
        let (length, message) = longest(&bench, client_id).await;
        let told = "must stay under 2000: send fewer or shorter contexts, scopes or identifiers";
        assert!(message.ends_with(told), "{message}");
        lengths.push(length);
    }
    lengths.sort_unstable();
    assert_eq!(lengths, [1_998, 1_999]);
}

/// The sign-in page's URL carries more than the consent page's.
#[tokio::test]
async fn a_consent_page_leaves_room_for_the_url_of_its_sign_in() {
    let bench = Bench::start().await;
    let (length, message) = longest(&bench, "msteams").await;
    assert!((1_690..1_700).contains(&length), "{length}");
    assert!(message.contains("must stay under 1700"), "{message}");
    let mut page = None;
    for by in 0..475 {
        let Ok(minted) = bench.mint(growing("msteams", by)).await else {
            break;
        };
        let consented = crate::bench::consented(&state_of(&minted.url), TENANT);
        let progress = bench.broker.complete_connect(consented).await.unwrap();
        page = Some(crate::bench::sign_in(progress));
    }
    let longest = page.unwrap();
    assert!(longest.as_str().len() < 2_000, "{longest}");
}

#[tokio::test]
async fn five_contexts_of_common_length_fit() {
    let bench = Bench::start().await;
    let request = MintConnectUrl {
        contexts: contexts(&["tenant:acme", "region:eu", "plan:pro", "team:a", "site:b"]),
        connection_identifier: Some(identifier_of("slack-connection-abc123")),
        ..for_ada("slack")
    };
    bench.mint(request).await.unwrap();
}
