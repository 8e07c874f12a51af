//! Which scopes a URL asks for.

use tieline_domain::{
    provider::ProviderId,
    reason::Reason,
    usecase::{MintConnectUrl, NewIntegration},
};

use crate::bench::{Bench, credentials, for_ada, param, refusal, shared};

fn asking(scopes: &[&str]) -> MintConnectUrl {
    MintConnectUrl {
        scopes: Some(scopes.iter().map(ToString::to_string).collect()),
        ..for_ada("slack")
    }
}

#[tokio::test]
async fn the_default_scopes_are_joined_by_commas() {
    let bench = Bench::start().await;
    let url = bench.mint(for_ada("slack")).await.unwrap().url;
    assert_eq!(param(&url, "scope").unwrap(), "chat:write,channels:read");
}

#[tokio::test]
async fn chosen_scopes_keep_their_order_and_come_once_each() {
    let bench = Bench::start().await;
    let request = asking(&["users:read", "chat:write", "users:read"]);
    let flow = bench.flow(request.clone()).await;
    assert_eq!(flow.scopes, ["users:read", "chat:write"]);
    let url = bench.mint(request).await.unwrap().url;
    assert_eq!(param(&url, "scope").unwrap(), "users:read,chat:write");
}

/// A07
#[tokio::test]
async fn scopes_are_encoded_once() {
    let bench = Bench::start().await;
    let request = asking(&["chat:write", "incoming-webhook"]);
    let url = bench.mint(request).await.unwrap().url;
    let scope = "&scope=chat%3Awrite%2Cincoming-webhook&";
    assert!(url.contains(scope), "{url}");
}

#[tokio::test]
async fn unknown_and_malformed_scopes_are_named() {
    let bench = Bench::start().await;
    for (scopes, named) in [
        (&["chat:write", "chat:wright"][..], "\"chat:wright\""),
        (&["admin", "x,y"], "\"admin\" and \"x,y\""),
        (&["", " ", "CHAT:WRITE"], "\"\", \" \" and \"CHAT:WRITE\""),
        (
            &["chat:write channels:read"],
            "\"chat:write channels:read\"",
        ),
        (&["a\r\nb"], "\"a  b\""),
    ] {
        let message = format!("scope has {named}, which this provider does not know");
        let refused = refusal(bench.mint(asking(scopes)).await);
        assert_eq!(refused, (Reason::ScopeInvalid, message));
    }
}

#[tokio::test]
async fn a_scope_of_any_length_is_named_shortly() {
    let bench = Bench::start().await;
    let (_, message) = refusal(bench.mint(asking(&[&"x".repeat(10_000)])).await);
    assert!(message.len() < 200, "{message}");
}

#[tokio::test]
async fn no_scope_at_all_is_refused() {
    let bench = Bench::start().await;
    let (reason, message) = refusal(bench.mint(asking(&[])).await);
    assert_eq!(reason, Reason::ScopeInvalid);
    assert!(message.contains("at least one scope"), "{message}");
}

#[tokio::test]
async fn an_incoming_webhook_needs_a_subscriber_in_either_mode() {
    let bench = Bench::start().await;
    let scopes = asking(&["incoming-webhook"]).scopes;
    let refused = bench.mint(MintConnectUrl {
        scopes: scopes.clone(),
        ..shared("slack", &["tenant:acme"])
    });
    let message = "subscriberId is required for incoming webhook".to_owned();
    assert_eq!(
        refusal(refused.await),
        (Reason::SubscriberRequired, message)
    );
    let accepted = bench.mint(MintConnectUrl {
        scopes,
        subscriber_id: for_ada("slack").subscriber_id,
        ..shared("slack", &["tenant:acme"])
    });
    accepted.await.unwrap();
}

#[tokio::test]
async fn an_integration_may_have_scopes_of_its_own() {
    let bench = Bench::start().await;
    let own = [("scopes", "users:read, chat:write users:read")];
    bench.integrate("slack", "slack-own", &own).await;
    let url = bench.mint(for_ada("slack-own")).await.unwrap().url;
    assert_eq!(param(&url, "scope").unwrap(), "users:read,chat:write");
    let chosen = MintConnectUrl {
        integration_identifier: "slack-own".to_owned(),
        ..asking(&["channels:read"])
    };
    let url = bench.mint(chosen).await.unwrap().url;
    assert_eq!(param(&url, "scope").unwrap(), "channels:read");

    let hook = [("scopes", "incoming-webhook")];
    bench.integrate("slack", "slack-hook", &hook).await;
    let refused = bench.mint(shared("slack-hook", &["tenant:acme"])).await;
    assert_eq!(refusal(refused).0, Reason::SubscriberRequired);
    bench.mint(for_ada("slack-hook")).await.unwrap();
}

#[tokio::test]
async fn scopes_of_an_integration_are_checked_when_it_is_saved() {
    let bench = Bench::start().await;
    for (scopes, problem) in [
        (
            "chat:write,admin",
            "credentials.scopes has \"admin\", which this provider does not know",
        ),
        (",", "credentials.scopes must name at least one scope"),
    ] {
        let new = NewIntegration {
            provider: ProviderId::parse("slack").unwrap(),
            identifier: None,
            name: None,
            credentials: credentials(&[("scopes", scopes)]),
            active: true,
        };
        let created = bench
            .broker
            .create_integration(bench.environment, new)
            .await;
        let (reason, message) = refusal(created);
        assert_eq!(reason, Reason::ValidationFailed);
        assert!(message.contains(problem), "{message}");
    }
}

#[tokio::test]
async fn a_provider_of_fixed_scopes_ignores_what_is_asked_for() {
    let bench = Bench::start().await;
    for scopes in [&[][..], &["chat:write"], &["whatever\n", ""]] {
        let request = MintConnectUrl {
            integration_identifier: "msteams".to_owned(),
            ..asking(scopes)
        };
        assert!(bench.flow(request.clone()).await.scopes.is_empty());
        let url = bench.mint(request).await.unwrap().url;
        assert_eq!(param(&url, "scope").unwrap(), "https://graph.test/.default");
    }
}
