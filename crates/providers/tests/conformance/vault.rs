//! Sealing keys that Vault wraps.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use tieline_domain::ports::{KeyWrapper, WrapError};
use tieline_providers::{Egress, EgressPolicy, VaultKeyWrapper};
use tieline_testkit::vault::FakeVault;

use crate::harness::private;

const NAME: &str = "storage/s1";

/// A key, of which no part may be told anybody.
const KEY: &[u8; 32] = b"canary-key-of-thirty-two-bytes-!";

fn key() -> SecretSlice<u8> {
    KEY.to_vec().into()
}

fn wrapper(vault: &FakeVault, name: &str, token: &str) -> VaultKeyWrapper {
    let egress = Egress::new(private()).unwrap();
    let key = vault.key_url(name).parse().unwrap();
    VaultKeyWrapper::new(egress, key, Some(token.into()))
}

fn good(vault: &FakeVault) -> VaultKeyWrapper {
    wrapper(vault, "tieline", FakeVault::TOKEN)
}

#[tokio::test]
async fn a_wrapped_key_is_unwrapped_to_what_it_was() {
    let vault = FakeVault::start().await;
    let wrapped = good(&vault).wrap(NAME, &key()).await.unwrap();
    assert!(wrapped.expose_secret().starts_with("vault:v1:"));
    let unwrapped = good(&vault).unwrap(NAME, &wrapped).await.unwrap();
    assert_eq!(unwrapped.expose_secret(), KEY);
    let paths: Vec<_> = vault.requests().into_iter().map(|it| it.path).collect();
    assert_eq!(
        paths,
        ["/v1/transit/encrypt/tieline", "/v1/transit/decrypt/tieline"]
    );
}

#[tokio::test]
async fn a_rewrapped_key_has_the_newest_version_and_is_the_same() {
    let vault = FakeVault::start().await;
    let wrapper = good(&vault);
    let first = wrapper.wrap(NAME, &key()).await.unwrap();
    vault.rotate();
    let second = wrapper.rewrap(NAME, &first).await.unwrap();
    assert!(second.expose_secret().starts_with("vault:v2:"));
    for wrapped in [first, second] {
        let unwrapped = wrapper.unwrap(NAME, &wrapped).await.unwrap();
        assert_eq!(unwrapped.expose_secret(), KEY);
    }
}

#[tokio::test]
async fn a_wrapped_key_opens_under_its_name_and_with_its_key_alone() {
    let vault = FakeVault::start().await;
    let wrapped = good(&vault).wrap(NAME, &key()).await.unwrap();
    let other = wrapper(&vault, "another", FakeVault::TOKEN);
    let altered = SecretString::from(wrapped.expose_secret().replace("==", "AA"));
    for problem in [
        good(&vault)
            .unwrap("storage/s2", &wrapped)
            .await
            .unwrap_err(),
        good(&vault).unwrap("state/s1", &wrapped).await.unwrap_err(),
        good(&vault)
            .rewrap("storage/s2", &wrapped)
            .await
            .unwrap_err(),
        other.unwrap(NAME, &wrapped).await.unwrap_err(),
        good(&vault).unwrap(NAME, &altered).await.unwrap_err(),
    ] {
        assert!(matches!(problem, WrapError::DoesNotOpen(_)), "{problem:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_is_refused() {
    let vault = FakeVault::start().await;
    let wrapped = good(&vault).wrap(NAME, &key()).await.unwrap();
    for token in ["hvs.another", "hvs.an\u{7f}other"] {
        let wrapper = wrapper(&vault, "tieline", token);
        for problem in [
            wrapper.wrap(NAME, &key()).await.unwrap_err(),
            wrapper.unwrap(NAME, &wrapped).await.unwrap_err(),
        ] {
            assert!(matches!(problem, WrapError::Refused(_)), "{problem:?}");
            assert!(!format!("{problem:?}").contains(token), "{problem:?}");
        }
    }
}

#[tokio::test]
async fn what_it_answers_instead_is_told_by_its_status_and_never_quoted() {
    let vault = FakeVault::start().await;
    let wrapper = good(&vault);
    let wrapped = wrapper.wrap(NAME, &key()).await.unwrap();
    let quoting = format!(
        r#"{{"errors":["{}","{}"]}}"#,
        FakeVault::TOKEN,
        "canary-key"
    );
    for (status, body, told) in [
        (301, "", "sends elsewhere"),
        (404, &*quoting, "HTTP 404"),
        (429, &quoting, "HTTP 429"),
        (500, &quoting, "HTTP 500"),
        (503, &quoting, "sealed"),
        (200, "canary", "cannot be read"),
        (200, r#"{"data":null}"#, "cannot be read"),
        (
            200,
            r#"{"data":{"plaintext":"canary!","ciphertext":"canary"}}"#,
            "cannot be read",
        ),
        (
            200,
            r#"{"data":{"ciphertext":"vault:v1:\"canary"}}"#,
            "cannot be read",
        ),
    ] {
        vault.fail(status, body);
        for problem in [
            wrapper.wrap(NAME, &key()).await.unwrap_err(),
            wrapper.unwrap(NAME, &wrapped).await.unwrap_err(),
        ] {
            let text = format!("{problem} {problem:?}");
            assert!(text.contains(told), "{status} {body}: {text}");
            assert!(text.contains("/v1/transit/keys/tieline"), "{text}");
            assert!(!text.contains("canary"), "{text}");
        }
    }
    vault.recover();
    wrapper.unwrap(NAME, &wrapped).await.unwrap();
}

#[tokio::test]
async fn where_nobody_answers_that_is_told() {
    let vault = FakeVault::start().await;
    let wrapper = good(&vault);
    let strict = VaultKeyWrapper::new(
        Egress::new(EgressPolicy {
            connect_timeout: Duration::from_secs(1),
            ..EgressPolicy::default()
        })
        .unwrap(),
        vault.key_url("tieline").parse().unwrap(),
        Some(FakeVault::TOKEN.into()),
    );
    let problem = strict.wrap(NAME, &key()).await.unwrap_err();
    assert!(matches!(problem, WrapError::Unavailable(_)), "{problem:?}");
    assert!(vault.requests().is_empty());
    drop(vault);
    let problem = wrapper.wrap(NAME, &key()).await.unwrap_err();
    assert!(matches!(problem, WrapError::Unavailable(_)), "{problem:?}");
}

#[tokio::test]
async fn neither_a_token_nor_a_key_is_in_a_debug_text() {
    let vault = FakeVault::start().await;
    let told = format!("{:?}", good(&vault));
    assert!(told.contains("tieline"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}
