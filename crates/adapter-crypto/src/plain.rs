//! Keys that lie in their file as they are.

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretSlice, SecretString, zeroize::Zeroizing};
use tieline_domain::ports::{KeyWrapper, WrapError};

use crate::key_ring::KEY_LENGTH;

/// Wraps nothing: a key is its bytes in base64. Whoever reads the file has the keys.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainKeys;

#[async_trait]
impl KeyWrapper for PlainKeys {
    async fn wrap(&self, _: &str, key: &SecretSlice<u8>) -> Result<SecretString, WrapError> {
        Ok(STANDARD.encode(key.expose_secret()).into())
    }

    async fn unwrap(&self, _: &str, text: &SecretString) -> Result<SecretSlice<u8>, WrapError> {
        let refused = || {
            let problem = "it is wrapped, and no key management service is set to unwrap it";
            WrapError::Refused(problem.to_owned())
        };
        let material = decode(text).ok_or_else(refused)?;
        Ok(material.to_vec().into())
    }

    async fn rewrap(&self, name: &str, text: &SecretString) -> Result<SecretString, WrapError> {
        let key = self.unwrap(name, text).await?;
        self.wrap(name, &key).await
    }
}

/// A key of the right length out of its base64.
pub(crate) fn decode(text: &SecretString) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    let bytes = STANDARD.decode(text.expose_secret()).ok()?;
    exact(&Zeroizing::new(bytes))
}

/// A key of the right length.
pub(crate) fn exact(bytes: &[u8]) -> Option<Zeroizing<[u8; KEY_LENGTH]>> {
    <[u8; KEY_LENGTH]>::try_from(bytes).ok().map(Zeroizing::new)
}
