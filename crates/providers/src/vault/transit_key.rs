//! Which key of Vault wraps.

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// A key of Vault's transit engine, by its address: `https://{host}/v1/{mount}/keys/{name}`, with
/// the namespaces before the mount, if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitKey(Url);

/// It is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have the form https://host:port/v1/transit/keys/name, or http on this very machine, \
    without user name, query or fragment"
)]
pub struct InvalidTransitKey;

impl TransitKey {
    /// Takes an address if it has the form.
    pub fn parse(url: Url) -> Result<Self, InvalidTransitKey> {
        let is_private = match url.scheme() {
            "https" => url.host().is_some(),
            // The key would go over the network as it is.
            "http" => is_loopback(&url),
            _ => false,
        };
        let is_bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let names_a_key = match &segments(&url)[..] {
            ["v1", mount @ .., "keys", name] => {
                !mount.is_empty() && !name.is_empty() && !mount.contains(&"")
            }
            _ => false,
        };
        if is_private && is_bare && names_a_key {
            return Ok(Self(url));
        }
        Err(InvalidTransitKey)
    }

    /// The address of something that is done with the key, such as `encrypt`.
    pub(super) fn operation(&self, operation: &str) -> Url {
        let mut segments = segments(&self.0);
        if let [.., keys, _] = &mut segments[..] {
            *keys = operation;
        }
        let mut url = self.0.clone();
        url.set_path(&segments.join("/"));
        url
    }
}

fn segments(url: &Url) -> Vec<&str> {
    url.path_segments().into_iter().flatten().collect()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        None => false,
    }
}

impl fmt::Display for TransitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for TransitKey {
    type Err = InvalidTransitKey;

    fn from_str(text: &str) -> Result<Self, InvalidTransitKey> {
        Url::parse(text)
            .map_err(|_| InvalidTransitKey)
            .and_then(Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_with_a_key_has_its_own_address() {
        for (key, encrypt) in [
            (
                "https://vault:8200/v1/transit/keys/tieline",
                "https://vault:8200/v1/transit/encrypt/tieline",
            ),
            (
                "https://vault/v1/a/b/mount/keys/keys",
                "https://vault/v1/a/b/mount/encrypt/keys",
            ),
            (
                "http://127.0.0.1:8200/v1/transit/keys/k",
                "http://127.0.0.1:8200/v1/transit/encrypt/k",
            ),
            (
                "http://localhost/v1/transit/keys/a%2Fb",
                "http://localhost/v1/transit/encrypt/a%2Fb",
            ),
        ] {
            let key: TransitKey = key.parse().unwrap();
            assert_eq!(key.operation("encrypt").as_str(), encrypt);
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in [
            "vault",
            "https://vault",
            "https://vault/v1/transit/keys/",
            "https://vault/v1/keys/tieline",
            "https://vault/v1//keys/tieline",
            "https://vault/v2/transit/keys/tieline",
            "https://vault/v1/transit/encrypt/tieline",
            "https://user@vault/v1/transit/keys/tieline",
            "https://:word@vault/v1/transit/keys/tieline",
            "https://vault/v1/transit/keys/tieline?x=1",
            "https://vault/v1/transit/keys/tieline#x",
            "http://vault/v1/transit/keys/tieline",
            "http://10.0.0.1/v1/transit/keys/tieline",
            "ftp://vault/v1/transit/keys/tieline",
        ] {
            assert_eq!(text.parse::<TransitKey>(), Err(InvalidTransitKey), "{text}");
        }
    }
}
