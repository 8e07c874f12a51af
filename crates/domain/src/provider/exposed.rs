//! Tokens in the clear, as they are sealed.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{provider::GrantedCredential, text::InvalidText};

/// A credential as it is sealed with all that belongs to it. Wiped when it is dropped.
#[derive(Serialize, Deserialize)]
pub(crate) struct ExposedCredential {
    kind: String,
    access_token: String,
    refresh_token: Option<String>,
    scopes: Vec<String>,
    /// Microseconds since the epoch.
    expires_at: Option<i64>,
}

impl From<&GrantedCredential> for ExposedCredential {
    fn from(credential: &GrantedCredential) -> Self {
        let exposed = |secret: &SecretString| secret.expose_secret().to_owned();
        Self {
            kind: credential.kind.as_str().to_owned(),
            access_token: exposed(&credential.access_token),
            refresh_token: credential.refresh_token.as_ref().map(exposed),
            scopes: credential.scopes.clone(),
            expires_at: credential.expires_at.map(Timestamp::as_microsecond),
        }
    }
}

impl TryFrom<ExposedCredential> for GrantedCredential {
    type Error = InvalidText;

    fn try_from(exposed: ExposedCredential) -> Result<Self, InvalidText> {
        let expires_at = exposed
            .expires_at
            .map(Timestamp::from_microsecond)
            .transpose()
            .map_err(|_| InvalidText("must be an instant".to_owned()))?;
        Ok(Self {
            kind: exposed.kind.parse()?,
            access_token: exposed.access_token.clone().into(),
            refresh_token: exposed.refresh_token.clone().map(SecretString::from),
            scopes: exposed.scopes.clone(),
            expires_at,
        })
    }
}

impl Drop for ExposedCredential {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}
