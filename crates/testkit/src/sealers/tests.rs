use secrecy::ExposeSecret;
use tieline_domain::sealed::SealedColumn;

use super::*;
use crate::fixtures;

fn place() -> SealedPlace {
    SealedPlace {
        environment_id: EnvironmentId(fixtures::uuid()),
        row: fixtures::uuid(),
        column: SealedColumn::BotAccessToken,
        generation: 1,
    }
}

#[test]
fn a_secret_opens_where_it_was_sealed() {
    let sealer = FakeSealer::default();
    let place = place();
    let value = sealer.seal(b"a\nsecret\0", &place);
    assert_eq!(
        sealer.open(&value, &place).unwrap().expose_secret(),
        b"a\nsecret\0"
    );
    assert_ne!(value, sealer.seal(b"a\nsecret\0", &place));
}

#[test]
fn a_secret_opens_nowhere_else() {
    let sealer = FakeSealer::default();
    let place = place();
    let value = sealer.seal(b"secret", &place);
    let elsewhere = [
        SealedPlace {
            environment_id: EnvironmentId(fixtures::uuid()),
            ..place
        },
        SealedPlace {
            row: fixtures::uuid(),
            ..place
        },
        SealedPlace {
            column: SealedColumn::BotRefreshToken,
            ..place
        },
        SealedPlace {
            generation: 2,
            ..place
        },
    ];
    for place in elsewhere {
        assert_eq!(sealer.open(&value, &place).unwrap_err(), OpenError::Refused);
    }
}

#[test]
fn a_secret_needs_its_key() {
    let place = place();
    let sealed = FakeSealer::with_key("old").seal(b"secret", &place);
    let error = FakeSealer::with_key("new")
        .open(&sealed, &place)
        .unwrap_err();
    assert_eq!(error, OpenError::UnknownKey("old".to_owned()));
}

#[test]
fn a_state_opens_to_its_flow_unless_it_was_altered() {
    let environment = fixtures::environment();
    let flow = fixtures::flow(&fixtures::integration(environment.id));
    let sealed = FakeFlowSealer.seal(&flow);
    assert_eq!(FakeFlowSealer.open(&sealed).unwrap().flow, flow);
    for place in 0..sealed.len() {
        let mut altered = sealed.clone().into_bytes();
        altered[place] = if altered[place] == b'0' { b'1' } else { b'0' };
        let altered = String::from_utf8(altered).unwrap();
        assert!(FakeFlowSealer.open(&altered).is_err(), "at {place}");
    }
    assert!(FakeFlowSealer.open("").is_err());
    assert!(FakeFlowSealer.open("ünïcödé-ünïcödé-ünïcödé").is_err());
}

#[test]
fn a_cursor_opens_in_its_own_list_only() {
    let environment = EnvironmentId(fixtures::uuid());
    let position = Position {
        created_at: fixtures::NOON,
        id: fixtures::uuid(),
    };
    let cursor = FakeCursorSealer.seal(environment, "connections", position);
    assert_eq!(
        FakeCursorSealer.open(environment, "connections", &cursor),
        Some(position)
    );
    assert_eq!(
        FakeCursorSealer.open(environment, "endpoints", &cursor),
        None
    );
    let foreign = EnvironmentId(fixtures::uuid());
    assert_eq!(FakeCursorSealer.open(foreign, "connections", &cursor), None);
}

#[test]
fn the_key_that_is_chosen_seals_and_all_open() {
    let sealer = FakeSealer::with_keys(&["old", "new"]);
    let place = place();
    let [old, new] = ["old", "new"].map(|id| KeyId::parse(id).unwrap());
    let before = sealer.seal(b"secret", &place);
    assert!(sealer.seal_with(&new));
    let after = sealer.seal(b"secret", &place);
    assert_eq!(
        (before.key_id(), after.key_id()),
        (Some(old), Some(new.clone()))
    );
    for value in [before, after] {
        let opened = sealer.open(&value, &place).unwrap();
        assert_eq!(opened.expose_secret(), b"secret");
    }
    assert!(!sealer.seal_with(&KeyId::parse("other").unwrap()));
    assert_eq!(sealer.sealing(), new);
}
