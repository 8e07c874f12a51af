//! What is sealed opens where it belongs, and nowhere else.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::Timestamp;
use proptest::{prelude::*, strategy::ValueTree};
use secrecy::ExposeSecret;
use tieline_adapter_crypto::{KeyRing, KeyRingCursorSealer, KeyRingFlowSealer, KeyRingSealer};
use tieline_domain::{
    connection::{ConnectionIdentifier, ConnectionMode},
    context::ContextKey,
    flow::{Flow, Leg, Purpose},
    id::{EnvironmentId, FlowId, IntegrationId},
    page::Position,
    ports::{CursorSealer, FlowSealer, OpenError, Sealer},
    sealed::{SealedColumn, SealedPlace},
    subscriber::SubscriberId,
};
use uuid::Uuid;

/// A ring of one key each.
const RING: &str = r#"
[[storage]]
id = "s1"
key = "yk2q1ZyJ5nqB7w0pJ0mE8m1yVh2q3cX5tZ8uQ6rT4w0="

[[state]]
id = "f1"
key = "Vf9c2b7kQ1m4Zx8tR6yU3iO5pA0sD7fG9hJ2kL4zX6c="
"#;

fn ring() -> KeyRing {
    KeyRing::parse(RING).unwrap()
}

const PLACE: SealedPlace = SealedPlace {
    environment_id: EnvironmentId(Uuid::from_u128(1)),
    row: Uuid::from_u128(2),
    column: SealedColumn::BotAccessToken,
    generation: 3,
};

fn flows() -> impl Strategy<Value = Flow> {
    let text = "[ -~é漢]{1,60}".prop_filter("no blanks at the ends", |t| t.trim() == t);
    (
        (
            any::<u128>(),
            any::<u128>(),
            any::<u128>(),
            any::<bool>(),
            any::<bool>(),
        ),
        proptest::option::of(text),
        proptest::collection::vec(("[a-zA-Z0-9._-]{1,100}", "[a-zA-Z0-9._-]{1,100}"), 0..=5),
        proptest::option::of("[a-zA-Z0-9._-]{1,128}"),
        proptest::collection::vec("[a-z:.]{1,30}", 0..6),
        proptest::option::of("[0-9a-f-]{36}"),
        0..4_000_000_000_000_i64,
    )
        .prop_map(
            |(ids, subscriber, contexts, identifier, scopes, tenant, millis)| {
                let (id, environment, integration, shared, auto_link) = ids;
                Flow {
                    id: FlowId(Uuid::from_u128(id)),
                    purpose: if auto_link {
                        Purpose::Connect
                    } else {
                        Purpose::LinkUser
                    },
                    leg: tenant.map_or(Leg::Consent, |tenant| Leg::SignIn { tenant }),
                    environment_id: EnvironmentId(Uuid::from_u128(environment)),
                    integration_id: IntegrationId(Uuid::from_u128(integration)),
                    subscriber_id: subscriber.map(|text| SubscriberId::parse(text).unwrap()),
                    context_keys: contexts
                        .into_iter()
                        .map(|(kind, id)| ContextKey::new(kind, id).unwrap())
                        .collect(),
                    mode: if shared {
                        ConnectionMode::Shared
                    } else {
                        ConnectionMode::Subscriber
                    },
                    connection_identifier: identifier
                        .map(|i| ConnectionIdentifier::parse(i).unwrap()),
                    scopes,
                    auto_link,
                    workspace_id: shared.then(|| format!("T{id}")),
                    issued_at: Timestamp::from_millisecond(millis).unwrap(),
                }
            },
        )
}

proptest! {
    #[test]
    fn a_state_opens_to_the_flow_it_was_made_of(flow in flows()) {
        let sealer = KeyRingFlowSealer::new(ring());
        let (state, secrets) = (sealer.seal(&flow), sealer.secrets(&flow));
        let opened = sealer.open(&state).unwrap();
        prop_assert_eq!(opened.flow, flow);
        prop_assert_eq!(opened.secrets.nonce, secrets.nonce);
        prop_assert_eq!(
            opened.secrets.pkce_verifier.expose_secret(),
            secrets.pkce_verifier.expose_secret()
        );
        prop_assert!(state.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }

    #[test]
    fn a_state_with_any_character_changed_is_refused(
        flow in flows(), at in any::<prop::sample::Index>(), by in 1_u8..64
    ) {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let sealer = KeyRingFlowSealer::new(ring());
        let mut state = sealer.seal(&flow).into_bytes();
        let at = at.index(state.len());
        let digit = ALPHABET.iter().position(|c| *c == state[at]).unwrap();
        state[at] = ALPHABET[(digit + usize::from(by)) % 64];
        prop_assert!(sealer.open(std::str::from_utf8(&state).unwrap()).is_err());
    }

    #[test]
    fn a_state_cut_or_lengthened_is_refused(flow in flows(), cut in any::<prop::sample::Index>()) {
        let sealer = KeyRingFlowSealer::new(ring());
        let state = sealer.seal(&flow);
        prop_assert!(sealer.open(&state[..cut.index(state.len())]).is_err());
        let longer = format!("{state}A");
        prop_assert!(sealer.open(&longer).is_err());
        prop_assert!(sealer.open(&state.to_ascii_uppercase()).is_err());
    }

    #[test]
    fn anything_else_is_no_state(text in ".{0,200}") {
        prop_assert!(KeyRingFlowSealer::new(ring()).open(&text).is_err());
    }

    #[test]
    fn a_sealed_value_with_any_bit_flipped_is_refused(
        secret in proptest::collection::vec(any::<u8>(), 0..200),
        at in any::<prop::sample::Index>(), bit in 0..8_u8
    ) {
        let sealer = KeyRingSealer::new(&ring());
        let mut sealed = sealer.seal(&secret, &PLACE);
        let opened = sealer.open(&sealed, &PLACE).unwrap();
        prop_assert_eq!(opened.expose_secret(), &secret[..]);
        let at = at.index(sealed.0.len());
        sealed.0[at] ^= 1_u8 << bit;
        prop_assert!(sealer.open(&sealed, &PLACE).is_err());
    }
}

#[test]
fn a_secret_opens_in_its_own_place_only() {
    let sealer = KeyRingSealer::new(&ring());
    let sealed = sealer.seal(b"token", &PLACE);
    for elsewhere in [
        SealedPlace {
            environment_id: EnvironmentId(Uuid::from_u128(9)),
            ..PLACE
        },
        SealedPlace {
            row: Uuid::from_u128(9),
            ..PLACE
        },
        SealedPlace {
            column: SealedColumn::BotRefreshToken,
            ..PLACE
        },
        SealedPlace {
            generation: 4,
            ..PLACE
        },
    ] {
        assert_eq!(
            sealer.open(&sealed, &elsewhere).unwrap_err(),
            OpenError::Refused
        );
    }
}

#[test]
fn sealing_the_same_twice_gives_two_values() {
    let sealer = KeyRingSealer::new(&ring());
    assert_ne!(sealer.seal(b"token", &PLACE), sealer.seal(b"token", &PLACE));
}

#[test]
fn an_older_key_still_opens_and_a_foreign_one_is_named() {
    let old = "[[storage]]\nid=\"old\"\nkey=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n";
    let new = "[[storage]]\nid=\"new\"\nkey=\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"\n";
    let state = "[[state]]\nid=\"f\"\nkey=\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"\n";
    let sealer = |text: String| KeyRingSealer::new(&KeyRing::parse(&text).unwrap());
    let sealed = sealer(format!("{old}{state}")).seal(b"token", &PLACE);

    let both = sealer(format!("{new}{old}{state}"));
    assert_eq!(
        both.open(&sealed, &PLACE).unwrap().expose_secret(),
        b"token"
    );
    let only_new = sealer(format!("{new}{state}"));
    assert_eq!(
        only_new.open(&sealed, &PLACE).unwrap_err(),
        OpenError::UnknownKey("old".to_owned())
    );
}

#[test]
fn a_thousand_flows_have_a_thousand_states_verifiers_and_nonces() {
    let sealer = KeyRingFlowSealer::new(ring());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let template = flows().new_tree(&mut runner).unwrap().current();
    let mut seen = std::collections::HashSet::new();
    for id in 0..1000 {
        let flow = Flow {
            id: FlowId(Uuid::from_u128(id)),
            ..template.clone()
        };
        let secrets = sealer.secrets(&flow);
        assert!(seen.insert(sealer.seal(&flow)));
        assert!(seen.insert(secrets.nonce));
        let verifier = secrets.pkce_verifier.expose_secret().to_owned();
        assert_eq!(verifier.len(), 43);
        assert!(seen.insert(verifier));
    }
}

#[test]
fn a_cursor_opens_in_its_own_list_only() {
    let sealer = KeyRingCursorSealer::new(&ring());
    let position = Position {
        created_at: Timestamp::from_microsecond(1_234_567).unwrap(),
        id: Uuid::from_u128(7),
    };
    let (here, there) = (PLACE.environment_id, EnvironmentId(Uuid::from_u128(9)));
    let cursor = sealer.seal(here, "connections", position);
    assert_eq!(sealer.open(here, "connections", &cursor), Some(position));
    assert_eq!(sealer.open(here, "attempts", &cursor), None);
    assert_eq!(sealer.open(there, "connections", &cursor), None);
    assert_eq!(sealer.open(here, "connections", "nonsense"), None);
}
