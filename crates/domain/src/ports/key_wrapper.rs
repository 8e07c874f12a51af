//! Wrapping: a sealing key in its file is encrypted with a key that somebody else keeps.

use async_trait::async_trait;
use secrecy::{SecretSlice, SecretString};

/// Why a key was not wrapped or unwrapped. No key stands in it, and no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// Whoever wraps gave no answer that could be understood; another time may be better.
    #[error("{0}")]
    Unavailable(String),
    /// Whoever wraps does not let us, or does not know the key that wraps.
    #[error("{0}")]
    Refused(String),
    /// It was wrapped with another key or under another name, was altered, or is no wrapped key.
    #[error("{0}")]
    DoesNotOpen(String),
}

/// Wraps sealing keys for their file, and unwraps them at a start.
#[async_trait]
pub trait KeyWrapper: Send + Sync {
    /// Wraps a key under its name in the file, such as `storage/s1`. The text has visible ASCII
    /// characters only, neither quotes nor backslashes among them.
    async fn wrap(&self, name: &str, key: &SecretSlice<u8>) -> Result<SecretString, WrapError>;

    /// Unwraps what was wrapped under this name.
    async fn unwrap(
        &self,
        name: &str,
        wrapped: &SecretString,
    ) -> Result<SecretSlice<u8>, WrapError>;

    /// Wraps what was wrapped under this name with the newest version of the key that wraps.
    async fn rewrap(&self, name: &str, wrapped: &SecretString) -> Result<SecretString, WrapError>;
}
