//! What holds whatever is sent.

use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode},
    context::{ContextKey, ContextKeys, NamedContext},
    ports::FlowSealer,
    provider::ScopePolicy,
    reason::Reason,
    subscriber::SubscriberId,
    usecase::MintConnectUrl,
};
use tieline_testkit::{FakeFlowSealer, policies};
use url::Url;

use crate::bench::{Bench, REDIRECT_URI, refusal, state_of};

const SLUG: &str = "[A-Za-z0-9._-]{1,100}";

fn context_keys() -> impl Strategy<Value = ContextKey> {
    (SLUG, SLUG).prop_map(|(kind, id)| ContextKey::new(kind, id).unwrap())
}

fn short_keys() -> impl Strategy<Value = ContextKey> {
    let part = "[A-Za-z0-9._-]{1,30}";
    (part, part).prop_map(|(kind, id)| ContextKey::new(kind, id).unwrap())
}

fn known_scopes() -> Vec<String> {
    let known = [
        "chat:write",
        "channels:read",
        "users:read",
        "incoming-webhook",
    ];
    known.map(str::to_owned).to_vec()
}

fn requests() -> impl Strategy<Value = MintConnectUrl> {
    let subscriber = "[!-~é漢]{1,40}".prop_map(|id| SubscriberId::parse(id).unwrap());
    let identifier =
        "[A-Za-z0-9._-]{1,128}".prop_map(|id| ConnectionIdentifier::parse(id).unwrap());
    let scopes = subsequence(known_scopes(), 1..=4).prop_shuffle();
    (
        prop_oneof!["slack", "msteams"],
        option::of(subscriber),
        vec(short_keys(), 0..=5),
        option::of(identifier),
        option::of(scopes),
        option::of(prop_oneof![
            Just(ConnectionMode::Subscriber),
            Just(ConnectionMode::Shared)
        ]),
        option::of(any::<bool>()),
    )
        .prop_map(
            |(integration, subscriber_id, keys, identifier, scopes, mode, auto_link)| {
                MintConnectUrl {
                    integration_identifier: integration,
                    subscriber_id,
                    context_proof: None,
                    contexts: keys
                        .into_iter()
                        .map(|key| NamedContext { key, data: None })
                        .collect(),
                    connection_identifier: identifier,
                    scopes,
                    mode,
                    auto_link,
                }
            },
        )
}

/// What a URL of this request says, in its order.
fn parameters(request: &MintConnectUrl, state: &str) -> Vec<(String, String)> {
    let scope = || {
        let default = || vec!["chat:write".to_owned(), "channels:read".to_owned()];
        request.scopes.clone().unwrap_or_else(default).join(",")
    };
    let pairs = match request.integration_identifier.as_str() {
        "slack" => vec![
            ("client_id", "the-client-id".to_owned()),
            ("scope", scope()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("state", state.to_owned()),
        ],
        _ => vec![
            ("client_id", "the-client-id".to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("state", state.to_owned()),
            ("scope", "https://graph.test/.default".to_owned()),
        ],
    };
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn mint(request: MintConnectUrl) -> Result<String, Reason> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bench = Bench::start().await;
        if let Some(subscriber) = &request.subscriber_id {
            bench.subscribe(subscriber.as_str()).await;
        }
        match bench.mint(request).await {
            Ok(minted) => Ok(minted.url),
            refused => Err(refusal(refused).0),
        }
    })
}

proptest! {
    /// A07
    #[test]
    fn every_url_is_short_and_says_what_was_asked_for(request in requests()) {
        const REFUSALS: [Reason; 4] = [
            Reason::UrlTooLong,
            Reason::ContextRequired,
            Reason::SubscriberRequired,
            Reason::OwnerRequired,
        ];
        match mint(request.clone()) {
            Err(reason) => prop_assert!(REFUSALS.contains(&reason), "{reason}"),
            Ok(url) => {
                prop_assert!(url.as_str().len() < 2_000);
                let again = Url::parse(url.as_str()).unwrap();
                let pairs: Vec<_> = again.query_pairs().into_owned().collect();
                let state = state_of(&url);
                prop_assert_eq!(pairs, parameters(&request, &state));
                let flow = FakeFlowSealer.open(&state).unwrap().flow;
                prop_assert_eq!(flow.subscriber_id, request.subscriber_id);
                prop_assert_eq!(flow.connection_identifier, request.connection_identifier);
                let keys: ContextKeys = request.contexts.into_iter().map(|c| c.key).collect();
                prop_assert_eq!(flow.context_keys, keys);
            }
        }
    }

    #[test]
    fn a_context_key_is_read_as_it_is_written(key in context_keys()) {
        let text = key.to_string();
        prop_assert_eq!(text.parse::<ContextKey>().unwrap(), key.clone());
        prop_assert_eq!(text, format!("{}:{}", key.kind(), key.id()));
        let json = serde_json::to_string(&key).unwrap();
        prop_assert_eq!(serde_json::from_str::<ContextKey>(&json).unwrap(), key);
    }

    #[test]
    fn what_is_no_context_key_is_refused(text in "[^:]*|.*[^A-Za-z0-9._:-].*|:.*|[^:]*:|.*:.*:.*") {
        prop_assert!(text.parse::<ContextKey>().is_err(), "{text}");
    }

    #[test]
    fn context_keys_are_a_set(
        (keys, shuffled) in vec(context_keys(), 0..8)
            .prop_flat_map(|keys| (Just(keys.clone()), Just(keys).prop_shuffle())),
    ) {
        let set: ContextKeys = keys.clone().into();
        let doubled: ContextKeys = keys.iter().chain(&shuffled).cloned().collect();
        prop_assert_eq!(&set, &shuffled.into());
        prop_assert_eq!(&set, &doubled);
        prop_assert_eq!(set.is_empty(), keys.is_empty());
        prop_assert!(keys.iter().all(|key| set.iter().any(|each| each == key)));
        prop_assert!(set.iter().zip(set.iter().skip(1)).all(|(a, b)| a < b));
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<ContextKeys>(&json).unwrap(), set);
    }

    #[test]
    fn settled_scopes_are_the_asked_ones_once_each(
        asked in vec(proptest::sample::select(known_scopes()), 1..12),
    ) {
        let policy = policies::slack_like().connect.unwrap().scopes;
        let settled = policy.settle(Some(&asked), true).unwrap();
        prop_assert!(asked.iter().all(|scope| settled.contains(scope)));
        prop_assert!(settled.iter().all(|scope| asked.contains(scope)));
        let mut once = settled.clone();
        once.dedup();
        prop_assert_eq!(once.len(), settled.len());
        let joined = policy.join(&settled).unwrap();
        let split: Vec<_> = joined.split(',').map(str::to_owned).collect();
        prop_assert_eq!(split, settled);
    }

    #[test]
    fn one_unknown_scope_spoils_the_choice(
        mut asked in vec(proptest::sample::select(known_scopes()), 0..4),
        unknown in "\\PC{0,40}",
        place in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!known_scopes().contains(&unknown));
        asked.insert(place.index(asked.len() + 1), unknown);
        let policy = policies::slack_like().connect.unwrap().scopes;
        prop_assert!(policy.settle(Some(&asked), true).is_err());
        prop_assert_eq!(ScopePolicy::Fixed.settle(Some(&asked), true), Ok(Vec::new()));
    }
}
