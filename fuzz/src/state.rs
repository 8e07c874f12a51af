//! OAuth states: what we sealed opens to what it was, and nothing else opens.
//!
//! The first byte says what the others are: `f` a flow in JSON, `m` changes to a state, `e` changes
//! to the envelope within it, `s` where to cut two states that are then joined, `w` what stands before
//! and, after a line feed, behind a state; else a state.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use tieline_adapter_crypto::{KeyRing, KeyRingCursorSealer, KeyRingFlowSealer, KeyRingSealer};
use tieline_domain::{
    flow::Flow,
    id::EnvironmentId,
    ports::{CursorSealer, FlowSealer, OpenError, Sealer},
    sealed::{Sealed, SealedColumn, SealedPlace},
};
use tieline_testkit::fixtures;
use uuid::Uuid;

const FIRST: &str = "[[state]]\nid=\"f1\"\nkey=\"Vf9c2b7kQ1m4Zx8tR6yU3iO5pA0sD7fG9hJ2kL4zX6c=\"\n";
const SECOND: &str = "[[state]]\nid=\"f2\"\nkey=\"yk2q1ZyJ5nqB7w0pJ0mE8m1yVh2q3cX5tZ8uQ6rT4w0=\"\n";
const STORAGE: &str =
    "[[storage]]\nid=\"s1\"\nkey=\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\"\n";

const ENVIRONMENT: EnvironmentId = EnvironmentId(Uuid::from_u128(1));

const PLACE: SealedPlace = SealedPlace {
    environment_id: ENVIRONMENT,
    row: Uuid::from_u128(2),
    column: SealedColumn::BotAccessToken,
    generation: 3,
};

thread_local! {
    static WORLD: World = World::new();
}

/// Tries these bytes.
pub(crate) fn run(input: &[u8]) {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    WORLD.with(|world| match kind {
        b'f' => world.opens_to_what_it_was(rest),
        b'm' => world.changed_does_not_open(rest),
        b'e' => world.changed_within_does_not_open(rest),
        b's' => world.joined_does_not_open(rest),
        b'w' => world.within_others_does_not_open(rest),
        _ => world.foreign_does_not_open(rest),
    });
}

pub(crate) fn ring(states: &[&str]) -> KeyRing {
    KeyRing::parse(&[&[STORAGE], states].concat().concat()).unwrap()
}

/// A ring that seals states with one key.
pub(crate) fn one_key() -> KeyRing {
    ring(&[FIRST])
}

struct World {
    sealer: KeyRingFlowSealer,
    /// After a rotation: the key still opens.
    rotated: KeyRingFlowSealer,
    /// After the key was retired.
    retired: KeyRingFlowSealer,
    cursors: KeyRingCursorSealer,
    secrets: KeyRingSealer,
    /// Two flows, with a state of each.
    sealed: [(Flow, String); 2],
}

impl World {
    fn new() -> Self {
        let sealer = KeyRingFlowSealer::new(one_key());
        let integration = fixtures::integration(ENVIRONMENT);
        let sealed = [(); 2].map(|()| {
            let flow = fixtures::flow(&integration);
            let state = sealer.seal(&flow);
            (flow, state)
        });
        Self {
            sealer,
            rotated: KeyRingFlowSealer::new(ring(&[SECOND, FIRST])),
            retired: KeyRingFlowSealer::new(ring(&[SECOND])),
            cursors: KeyRingCursorSealer::new(&one_key()),
            secrets: KeyRingSealer::new(&one_key()),
            sealed,
        }
    }

    fn opens_to_what_it_was(&self, json: &[u8]) {
        let Ok(flow) = serde_json::from_slice::<Flow>(json) else {
            return;
        };
        let (state, secrets) = (self.sealer.seal(&flow), self.sealer.secrets(&flow));
        for sealer in [&self.sealer, &self.rotated] {
            let opened = sealer.open(&state).unwrap();
            assert_eq!(opened.flow, flow);
            assert_eq!(opened.secrets.nonce, secrets.nonce);
            let verifier = opened.secrets.pkce_verifier.expose_secret();
            assert_eq!(verifier, secrets.pkce_verifier.expose_secret());
        }
        let retired = self.retired.open(&state).unwrap_err();
        assert_eq!(retired, OpenError::UnknownKey("f1".to_owned()));
    }

    fn changed_does_not_open(&self, changes: &[u8]) {
        let changed = change(self.sealed[0].1.as_bytes(), changes);
        if let Ok(state) = String::from_utf8(changed) {
            self.opens_only_if_ours(&state);
        }
    }

    fn changed_within_does_not_open(&self, changes: &[u8]) {
        let envelope = URL_SAFE_NO_PAD.decode(&self.sealed[0].1).unwrap();
        self.opens_only_if_ours(&URL_SAFE_NO_PAD.encode(change(&envelope, changes)));
    }

    fn joined_does_not_open(&self, cuts: &[u8]) {
        let [a, b, c, d, ..] = *cuts else { return };
        let [(_, first), (_, second)] = &self.sealed;
        let end = usize::from(u16::from_be_bytes([a, b])) % (first.len() + 1);
        let start = usize::from(u16::from_be_bytes([c, d])) % (second.len() + 1);
        self.opens_only_if_ours(&format!("{}{}", &first[..end], &second[start..]));
    }

    fn within_others_does_not_open(&self, others: &[u8]) {
        let others = String::from_utf8_lossy(others);
        let (before, behind) = others.split_once('\n').unwrap_or((&others, ""));
        self.opens_only_if_ours(&format!("{before}{}{behind}", self.sealed[0].1));
    }

    /// Neither as it is nor as what an envelope has in it.
    fn foreign_does_not_open(&self, bytes: &[u8]) {
        assert!(self.secrets.open(&Sealed(bytes.to_vec()), &PLACE).is_err());
        let written = String::from_utf8(bytes.to_vec()).ok();
        for text in written.into_iter().chain([URL_SAFE_NO_PAD.encode(bytes)]) {
            self.opens_only_if_ours(&text);
            let position = self.cursors.open(ENVIRONMENT, "connections", &text);
            assert_eq!(position, None);
        }
    }

    /// Ours are the two, and not another text that means the same.
    fn opens_only_if_ours(&self, state: &str) {
        let ours = self.sealed.iter().find(|(_, own)| own == state);
        let opened = self.sealer.open(state).ok().map(|opened| opened.flow);
        assert_eq!(opened.as_ref(), ours.map(|(flow, _)| flow));
    }
}

/// Four bytes are a change: what to do, where (two of them), and a byte for it.
fn change(original: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for change in changes.chunks_exact(4) {
        let [kind, high, low, byte] = change.try_into().unwrap();
        let at = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
        match kind % 4 {
            0 => bytes.insert(at, byte),
            1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] = byte,
            3 if at < bytes.len() => drop(bytes.remove(at)),
            _ => {}
        }
    }
    bytes
}
