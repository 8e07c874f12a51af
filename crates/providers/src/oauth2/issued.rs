//! A token as a token endpoint hands it over.

use jiff::Timestamp;
use serde::Deserialize;
use tieline_domain::{ports::ProviderError, provider::GrantedCredential, reason::Reason};

use super::{ExpiresIn, Scopes, checked_token};

/// A token with what belongs to it (RFC 6749 section 5.1). All of it may be missing: what must not
/// is for the reader to say.
#[derive(Deserialize)]
pub struct Issued {
    /// The access token.
    pub access_token: Option<String>,
    /// Of what type it is.
    pub token_type: Option<String>,
    /// What was granted.
    pub scope: Option<Scopes>,
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// How long the access token lives.
    pub expires_in: Option<ExpiresIn>,
}

/// What becomes of a refresh token that was used (RFC 6749 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// Another one comes in its place; a reply without is no reply.
    Always,
    /// Another one may come; where none does it stays what it was.
    Sometimes,
    /// It stays what it was, whatever comes.
    Never,
}

impl Issued {
    /// The credential that takes the place of `old`, if the token is of this type; letter case does
    /// not matter (RFC 6749 section 5.1). Scopes that are not named are the old ones (section 6).
    pub fn renew(
        self,
        old: &GrantedCredential,
        token_type: &str,
        successor: Successor,
        now: Timestamp,
    ) -> Result<GrantedCredential, ProviderError> {
        let access_token = checked_token(self.access_token.ok_or(Reason::InvalidResponse)?)?;
        let is_of_type = |kind: String| kind.eq_ignore_ascii_case(token_type);
        if !self.token_type.is_some_and(is_of_type) {
            return Err(Reason::WrongTokenType.into());
        }
        let refresh_token = match (self.refresh_token, successor) {
            (Some(new), Successor::Always | Successor::Sometimes) => Some(checked_token(new)?),
            (None, Successor::Always) => return Err(Reason::InvalidResponse.into()),
            (None, Successor::Sometimes) | (_, Successor::Never) => old.refresh_token.clone(),
        };
        Ok(GrantedCredential {
            kind: old.kind,
            access_token,
            refresh_token,
            scopes: self
                .scope
                .map_or_else(|| old.scopes.clone(), |scopes| scopes.0),
            expires_at: self.expires_in.map(|lifetime| lifetime.at_most_after(now)),
        })
    }
}

/// Whether there is a token; the rest of it is a secret, or nothing without one.
impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("access_token", &self.access_token.is_some())
            .finish_non_exhaustive()
    }
}
