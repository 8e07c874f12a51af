//! Vault's transit engine, by which sealing keys are wrapped: no provider, but called the same way.
//!
//! A key is wrapped with a context that is its name. With a transit key that derives
//! (`derived=true`) a wrapped key so opens under its own name alone; any other ignores the context.

use std::fmt;

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretSlice, SecretString, zeroize::Zeroizing};
use serde::{Deserialize, Serialize};
use tieline_domain::ports::{KeyWrapper, WrapError};

mod transit_key;

pub use transit_key::{InvalidTransitKey, TransitKey};

use crate::http::{Call, Egress, EgressError, Object, Reply};

/// Wraps keys with a transit key of Vault.
pub struct VaultKeyWrapper {
    egress: Egress,
    key: TransitKey,
    token: Option<SecretString>,
}

#[derive(Serialize)]
struct Encrypt<'a> {
    plaintext: &'a str,
    context: String,
}

#[derive(Serialize)]
struct Decrypt<'a> {
    ciphertext: &'a str,
    context: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Object<T>,
}

#[derive(Deserialize)]
struct Ciphertext {
    ciphertext: SecretString,
}

#[derive(Deserialize)]
struct Plaintext {
    plaintext: SecretString,
}

impl VaultKeyWrapper {
    /// A wrapper that uses this key, by the right of this token; without one, by that of whoever
    /// stands between, such as Vault's agent.
    #[must_use]
    pub fn new(egress: Egress, key: TransitKey, token: Option<SecretString>) -> Self {
        Self { egress, key, token }
    }

    async fn ask(
        &self,
        operation: &'static str,
        body: &impl Serialize,
    ) -> Result<Reply, WrapError> {
        let url = self.key.operation(operation);
        let call = Call::post_json("vault transit", url, body);
        let call = call.and_then(|call| match &self.token {
            Some(token) => call.with_bearer(token),
            None => Ok(call),
        });
        let call = call.map_err(|_| self.refused("the token cannot stand in a header"))?;
        let reply = self.egress.send(&call).await;
        let reply = reply.map_err(|error| self.unreachable(error))?;
        match reply.status() {
            200 => Ok(reply),
            // What it says itself is not repeated: it may quote what it was sent.
            400 if operation == "encrypt" => Err(self.refused("it refuses to wrap (HTTP 400)")),
            400 => {
                let problem = "it was wrapped with another key or under another name, or was altered";
                Err(WrapError::DoesNotOpen(self.told(problem)))
            }
            403 => Err(self.refused("the token is not good, or may not use this key (HTTP 403)")),
            404 => Err(self.refused("no transit engine is there (HTTP 404)")),
            503 => Err(self.unavailable("it is sealed or starting (HTTP 503)")),
            status @ 300..400 => Err(self.unavailable(&format!(
                "it sends elsewhere (HTTP {status}), which is not followed: name the node that answers"
            ))),
            status => Err(self.unavailable(&format!("it answers with HTTP {status}"))),
        }
    }

    fn unreachable(&self, error: EgressError) -> WrapError {
        self.unavailable(&error.to_string())
    }

    fn unavailable(&self, problem: &str) -> WrapError {
        WrapError::Unavailable(self.told(problem))
    }

    fn refused(&self, problem: &str) -> WrapError {
        WrapError::Refused(self.told(problem))
    }

    fn told(&self, problem: &str) -> String {
        format!("the key management service at {}: {problem}", self.key)
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, reply: &Reply) -> Result<T, WrapError> {
        let read = reply.json::<Answer<T>>();
        let unreadable = |_| self.unavailable("its answer cannot be read");
        read.map(|answer| answer.data.0).map_err(unreadable)
    }

    /// What is to be written into the key file.
    fn wrapped(&self, reply: &Reply) -> Result<SecretString, WrapError> {
        let Ciphertext { ciphertext } = self.read(reply)?;
        let text = ciphertext.expose_secret();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":+/=_-".contains(&byte);
        if text.starts_with("vault:") && text.bytes().all(fits) {
            return Ok(ciphertext);
        }
        Err(self.unavailable("its answer cannot be read"))
    }
}

#[async_trait]
impl KeyWrapper for VaultKeyWrapper {
    async fn wrap(&self, name: &str, key: &SecretSlice<u8>) -> Result<SecretString, WrapError> {
        let plaintext = Zeroizing::new(STANDARD.encode(key.expose_secret()));
        let body = Encrypt {
            plaintext: &plaintext,
            context: context(name),
        };
        let reply = self.ask("encrypt", &body).await?;
        self.wrapped(&reply)
    }

    async fn unwrap(
        &self,
        name: &str,
        wrapped: &SecretString,
    ) -> Result<SecretSlice<u8>, WrapError> {
        let body = Decrypt {
            ciphertext: wrapped.expose_secret(),
            context: context(name),
        };
        let reply = self.ask("decrypt", &body).await?;
        let Plaintext { plaintext } = self.read(&reply)?;
        let key = STANDARD.decode(plaintext.expose_secret());
        let unreadable = |_| self.unavailable("its answer cannot be read");
        Ok(key.map_err(unreadable)?.into())
    }

    async fn rewrap(&self, name: &str, wrapped: &SecretString) -> Result<SecretString, WrapError> {
        let body = Decrypt {
            ciphertext: wrapped.expose_secret(),
            context: context(name),
        };
        let reply = self.ask("rewrap", &body).await?;
        self.wrapped(&reply)
    }
}

/// What a wrapped key is bound to.
fn context(name: &str) -> String {
    STANDARD.encode(format!("tieline sealing key {name}"))
}

impl fmt::Debug for VaultKeyWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKeyWrapper")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
