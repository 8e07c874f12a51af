use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::SecretSlice;

use super::*;
use crate::{KeyRing, PlainKeys};

const NOON: Timestamp = Timestamp::constant(1_767_355_200, 0);

/// A key of zeros.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Wraps by writing the name before the key; each rewrapping is another version.
struct FakeWrapper;

#[async_trait]
impl KeyWrapper for FakeWrapper {
    async fn wrap(&self, name: &str, key: &SecretSlice<u8>) -> Result<SecretString, WrapError> {
        let key = STANDARD.encode(key.expose_secret());
        Ok(format!("fake:v1:{name}:{key}").into())
    }

    async fn unwrap(&self, name: &str, text: &SecretString) -> Result<SecretSlice<u8>, WrapError> {
        let parts: Vec<_> = text.expose_secret().split(':').collect();
        match parts[..] {
            ["fake", _, own, key] if own == name => Ok(STANDARD.decode(key).unwrap().into()),
            _ => Err(WrapError::DoesNotOpen("it is another's".to_owned())),
        }
    }

    async fn rewrap(&self, name: &str, text: &SecretString) -> Result<SecretString, WrapError> {
        self.unwrap(name, text).await?;
        Ok(text.expose_secret().replace(":v1:", ":v2:").into())
    }
}

async fn generated(wrapper: &dyn KeyWrapper) -> KeyFile {
    KeyFile::generate(wrapper, NOON).await.unwrap()
}

fn ids(file: &KeyFile, part: KeyPart) -> Vec<&str> {
    file.keys(part).iter().map(|key| key.id.as_str()).collect()
}

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

#[tokio::test]
async fn a_generated_file_is_read_back() {
    let file = generated(&PlainKeys).await;
    let read = KeyFile::parse(&file.render()).unwrap();
    assert_eq!(*read.render(), *file.render());
    assert_eq!(ids(&read, KeyPart::Storage), ["s1"]);
    assert_eq!(ids(&read, KeyPart::State), ["f1"]);
    assert_eq!(read.keys(KeyPart::State)[0].made, Some(NOON));
    KeyRing::parse(&file.render()).unwrap();
}

#[tokio::test]
async fn a_key_is_added_behind_the_others_under_a_name_of_its_own() {
    let text = format!(
        "[[storage]]\nid=\"s7\"\nkey=\"{ZEROS}\"\n[[storage]]\nid=\"old\"\nkey=\"{ZEROS}\"\n[[state]]\nid=\"f1\"\nkey=\"{ZEROS}\"\n"
    );
    let mut file = KeyFile::parse(&text).unwrap();
    let added = file.add(KeyPart::Storage, &PlainKeys, NOON).await.unwrap();
    assert_eq!(added, id("s8"));
    assert_eq!(ids(&file, KeyPart::Storage), ["s7", "old", "s8"]);
    assert_eq!(ids(&file, KeyPart::State), ["f1"]);
    assert!(!file.render().contains("made = \"\""));
}

#[tokio::test]
async fn a_key_comes_first_and_goes() {
    let mut file = generated(&PlainKeys).await;
    for _ in 0..2 {
        file.add(KeyPart::State, &PlainKeys, NOON).await.unwrap();
    }
    assert!(file.promote(KeyPart::State, &id("f3")));
    assert_eq!(ids(&file, KeyPart::State), ["f3", "f1", "f2"]);
    assert!(!file.promote(KeyPart::State, &id("s1")));
    assert!(file.remove(KeyPart::State, &id("f1")));
    assert!(!file.remove(KeyPart::State, &id("f1")));
    assert_eq!(ids(&file, KeyPart::State), ["f3", "f2"]);
}

#[tokio::test]
async fn the_last_key_of_a_part_stays() {
    let mut file = generated(&PlainKeys).await;
    assert!(!file.remove(KeyPart::Storage, &id("s1")));
    assert_eq!(ids(&file, KeyPart::Storage), ["s1"]);
}

#[test]
fn bad_files_are_refused_without_quoting_a_key() {
    let good = format!("[[storage]]\nid=\"a\"\nkey=\"{ZEROS}\"\n");
    let state = good.replace("storage", "state");
    for (text, told) in [
        (String::new(), "no [[storage]] key"),
        (good.clone(), "no [[state]] key"),
        ("canary".to_owned(), "expected form"),
        (
            format!("{state}{}", good.replace("AAA=", "canary")),
            "32 bytes",
        ),
        (
            format!("{state}{}", good.replace("AA=", "canary=")),
            "32 bytes",
        ),
        (
            format!("{state}{}", good.replace("AA=", "canary\\\"")),
            "32 bytes",
        ),
        (format!("{good}{good}"), "twice"),
        (good.replace("\"a\"", "\"\""), "needs an id"),
        (format!("{good}canary = 1\n"), "expected form"),
        (format!("{good}made = \"canary\"\n"), "expected form"),
    ] {
        let error = KeyRing::parse(&text).unwrap_err();
        let told_all = format!("{error} {error:?}");
        assert!(error.to_string().contains(told), "{error}");
        assert!(!told_all.contains("canary"), "{told_all}");
    }
}

#[tokio::test]
async fn wrapped_keys_open_with_their_wrapper_alone() {
    let file = generated(&FakeWrapper).await;
    assert!(file.keys(KeyPart::Storage)[0].is_wrapped());
    let ring = KeyRing::open(&file, &FakeWrapper).await.unwrap();
    assert_eq!(ring.storage.len(), 1);
    for error in [
        KeyRing::open(&file, &PlainKeys).await.unwrap_err(),
        KeyRing::parse(&file.render()).unwrap_err(),
    ] {
        assert!(!error.to_string().contains("fake:"), "{error}");
    }
}

#[tokio::test]
async fn a_wrapped_key_under_another_name_does_not_open() {
    let file = generated(&FakeWrapper).await;
    let text = file.render().replace("\"s1\"", "\"s2\"");
    let file = KeyFile::parse(&text).unwrap();
    let error = KeyRing::open(&file, &FakeWrapper).await.unwrap_err();
    assert!(matches!(error, KeyFileError::Wrapped { id, .. } if id == "s2"));
}

#[tokio::test]
async fn plain_keys_are_wrapped_and_wrapped_ones_are_rewrapped() {
    let mut file = generated(&PlainKeys).await;
    file.add(KeyPart::Storage, &FakeWrapper, NOON)
        .await
        .unwrap();
    let before = KeyRing::open(&file, &FakeWrapper).await.unwrap();
    assert_eq!(file.wrap(&FakeWrapper).await.unwrap(), 3);
    let texts: Vec<_> = file
        .keys(KeyPart::Storage)
        .iter()
        .map(|key| &key.key)
        .collect();
    assert!(texts[0].expose_secret().starts_with("fake:v1:storage/s1:"));
    assert!(texts[1].expose_secret().starts_with("fake:v2:storage/s2:"));
    let after = KeyRing::open(&file, &FakeWrapper).await.unwrap();
    for (before, after) in before.storage.iter().zip(&after.storage) {
        assert_eq!(before.derive("test", &[]), after.derive("test", &[]));
    }
}

#[tokio::test]
async fn a_key_file_shows_no_key() {
    let file = generated(&PlainKeys).await;
    let key = file.keys(KeyPart::Storage)[0].key.expose_secret();
    assert!(file.render().contains(key));
    assert!(!format!("{file:?}").contains(key));
}
