//! Where the server is.

use std::fmt;

use redis::{ConnectionInfo, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};

/// Where the server is: `redis://[user:password@]host[:port][/number]`, with `rediss` over TLS.
/// A cluster is `redis+cluster://[user:password@]host[:port],host[:port],…`, or `rediss+cluster`.
/// `valkey` and `valkeys` say the same.
#[derive(Clone)]
pub struct RedisUrl {
    nodes: Vec<SecretString>,
    is_cluster: bool,
}

/// It is no such URL. Does not quote it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be redis://host:port, rediss://host:port for TLS, or \
     redis+cluster://host:port,host:port for a cluster"
)]
pub struct InvalidRedisUrl;

impl RedisUrl {
    /// Reads a URL.
    pub fn parse(text: &str) -> Result<Self, InvalidRedisUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidRedisUrl)?;
        let (scheme, is_cluster) = match scheme.strip_suffix("+cluster") {
            Some(scheme) => (scheme, true),
            None => (scheme, false),
        };
        // The driver takes a fragment as the wish for TLS that checks nothing.
        let known = matches!(scheme, "redis" | "rediss" | "valkey" | "valkeys");
        if !known || rest.contains('#') {
            return Err(InvalidRedisUrl);
        }
        let nodes = if is_cluster {
            nodes(scheme, rest)
        } else {
            vec![SecretString::from(text)]
        };
        let url = Self { nodes, is_cluster };
        if url.addresses().is_err() || url.nodes.is_empty() {
            return Err(InvalidRedisUrl);
        }
        Ok(url)
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    pub(crate) fn addresses(&self) -> Result<Vec<ConnectionInfo>, InvalidRedisUrl> {
        let address = |node: &SecretString| {
            let address = node.expose_secret().into_connection_info();
            address.map_err(|_| InvalidRedisUrl)
        };
        self.nodes.iter().map(address).collect()
    }
}

/// One URL for each node that is named.
fn nodes(scheme: &str, rest: &str) -> Vec<SecretString> {
    let (authority, tail) = match rest.find(['/', '?']) {
        Some(end) => rest.split_at(end),
        None => (rest, ""),
    };
    let (account, hosts) = match authority.rsplit_once('@') {
        Some((account, hosts)) => (format!("{account}@"), hosts),
        None => (String::new(), authority),
    };
    let url = |host| SecretString::from(format!("{scheme}://{account}{host}{tail}"));
    hosts.split(',').map(url).collect()
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisUrl")
            .field("nodes", &self.nodes.len())
            .field("is_cluster", &self.is_cluster)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let url = RedisUrl::parse(text).unwrap();
        let addresses = url.addresses().unwrap();
        let told = addresses.iter().map(|address| address.addr().to_string());
        told.collect()
    }

    #[test]
    fn one_server_is_one_address() {
        for scheme in ["redis", "rediss", "valkey", "valkeys"] {
            assert_eq!(
                told(&format!("{scheme}://user:secret@cache.test:6380/2")),
                ["cache.test:6380"]
            );
        }
        assert_eq!(told("redis://cache.test"), ["cache.test:6379"]);
        assert!(!RedisUrl::parse("redis://a.test").unwrap().is_cluster());
    }

    #[test]
    fn a_cluster_is_several_addresses_with_one_account() {
        let text = "rediss+cluster://user:p,w@a.test:7000,b.test:7001,[::1]:7002";
        assert_eq!(told(text), ["a.test:7000", "b.test:7001", "::1:7002"]);
        let url = RedisUrl::parse(text).unwrap();
        assert!(url.is_cluster());
        for address in url.addresses().unwrap() {
            assert_eq!(address.redis_settings().username(), Some("user"));
            assert_eq!(address.redis_settings().password(), Some("p,w"));
        }
    }

    #[test]
    fn anything_else_is_refused_and_not_quoted() {
        for text in [
            "",
            "cache.test:6379",
            "http://cache.test",
            "unix:///run/redis.sock",
            "redis://",
            "redis+cluster://",
            "redis+cluster://a.test,,b.test",
            "rediss://cache.test/#insecure",
            "redis://cache.test/not-a-number",
        ] {
            let refused = RedisUrl::parse(text).err();
            assert_eq!(refused, Some(InvalidRedisUrl), "{text}");
        }
    }

    #[test]
    fn no_password_is_shown() {
        let url = RedisUrl::parse("redis://user:hunter22@cache.test").unwrap();
        assert!(!format!("{url:?}").contains("hunter22"));
    }
}
