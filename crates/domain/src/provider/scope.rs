//! OAuth scopes: which may be asked for, and which must have been granted.

use crate::{
    connection::{CredentialKind, SealedCredential},
    provider::Grant,
    text::listed,
};

/// The scopes that a provider's flow can ask for.
#[derive(Clone, Debug)]
pub enum ScopePolicy {
    /// The app's registration at the provider fixes them; what a request asks for is ignored.
    Fixed,
    /// A request may choose.
    Selectable(SelectableScopes),
}

/// Scopes from which a request may choose.
#[derive(Clone, Copy, Debug)]
pub struct SelectableScopes {
    /// Asked for when the request does not choose.
    pub default: &'static [&'static str],
    /// All that the provider knows.
    pub known: &'static [&'static str],
    /// What stands between two of them in the URL.
    pub separator: &'static str,
    /// Those without which the connection is of no use: asked for, they must be granted.
    pub required: &'static [&'static str],
    /// Those whose fruit belongs to a subscriber: asked for, the request must name one.
    pub for_a_subscriber: &'static [&'static str],
    /// The credential that carries them.
    pub credential: CredentialKind,
}

/// Why a choice of scopes was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// It is empty.
    #[error("scope must name at least one scope; leave it out to ask for the default ones")]
    Empty,
    /// Some are not the provider's.
    #[error("scope has {}, which this provider does not know", listed(.0))]
    Unknown(Vec<String>),
    /// One needs a subscriber.
    #[error("subscriberId is required for incoming webhook")]
    SubscriberRequired,
}

impl ScopePolicy {
    /// Settles on the scopes to ask for, each once and in the order given; none where they are
    /// fixed.
    pub fn settle(
        &self,
        asked: Option<&[String]>,
        has_subscriber: bool,
    ) -> Result<Vec<String>, ScopeError> {
        match self {
            Self::Fixed => Ok(Vec::new()),
            Self::Selectable(scopes) => scopes.settle(asked, has_subscriber),
        }
    }

    /// The scopes as the URL carries them; none where they are fixed.
    #[must_use]
    pub fn join(&self, scopes: &[String]) -> Option<String> {
        match self {
            Self::Fixed => None,
            Self::Selectable(selectable) => Some(scopes.join(selectable.separator)),
        }
    }

    /// The scopes that would be asked for today and that a connection with these credentials lacks:
    /// of the integration's `own` ones or, without any, of the default ones. None where the scopes
    /// are fixed, or where nobody knows what was granted.
    #[must_use]
    pub fn drift(&self, own: Option<Vec<String>>, granted: &[SealedCredential]) -> Vec<String> {
        let Self::Selectable(scopes) = self else {
            return Vec::new();
        };
        let carrier = granted.iter().find(|c| c.kind == scopes.credential);
        let Some(carrier) = carrier.filter(|c| !c.scopes.is_empty()) else {
            return Vec::new();
        };
        let mut wanted = own.unwrap_or_else(|| scopes.default_scopes());
        wanted.retain(|scope| !carrier.scopes.contains(scope));
        wanted
    }

    /// The required scopes that were asked for and not granted.
    #[must_use]
    pub fn missing<'a>(&self, asked: &'a [String], grant: &Grant) -> Vec<&'a str> {
        let Self::Selectable(scopes) = self else {
            return Vec::new();
        };
        let Some(credential) = grant
            .credentials
            .iter()
            .find(|c| c.kind == scopes.credential)
        else {
            return Vec::new();
        };
        scopes.missing(asked, &credential.scopes)
    }
}

impl SelectableScopes {
    /// The required scopes among these that were not granted, or are not any more.
    #[must_use]
    pub fn missing<'a>(&self, among: &'a [String], granted: &[String]) -> Vec<&'a str> {
        among
            .iter()
            .map(String::as_str)
            .filter(|scope| self.required.contains(scope))
            .filter(|scope| !granted.iter().any(|granted| granted == scope))
            .collect()
    }

    fn default_scopes(&self) -> Vec<String> {
        self.default.iter().map(ToString::to_string).collect()
    }

    fn settle(
        &self,
        asked: Option<&[String]>,
        has_subscriber: bool,
    ) -> Result<Vec<String>, ScopeError> {
        let Some(asked) = asked else {
            return Ok(self.default_scopes());
        };
        if asked.is_empty() {
            return Err(ScopeError::Empty);
        }
        let unknown: Vec<String> = asked
            .iter()
            .filter(|scope| !self.known.contains(&scope.as_str()))
            .map(|scope| format!("{:?}", crate::text::sanitize(scope, 64)))
            .collect();
        if !unknown.is_empty() {
            return Err(ScopeError::Unknown(unknown));
        }
        if !has_subscriber
            && asked
                .iter()
                .any(|s| self.for_a_subscriber.contains(&s.as_str()))
        {
            return Err(ScopeError::SubscriberRequired);
        }
        let mut chosen = Vec::with_capacity(asked.len());
        for scope in asked {
            if !chosen.contains(scope) {
                chosen.push(scope.clone());
            }
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::Sealed;

    const SCOPES: ScopePolicy = ScopePolicy::Selectable(SelectableScopes {
        default: &["chat:write", "users:read"],
        known: &["chat:write", "users:read", "channels:read"],
        separator: ",",
        required: &["chat:write"],
        for_a_subscriber: &[],
        credential: CredentialKind::Bot,
    });

    fn texts(scopes: &[&str]) -> Vec<String> {
        scopes.iter().map(ToString::to_string).collect()
    }

    fn granted(kind: CredentialKind, scopes: &[&str]) -> SealedCredential {
        SealedCredential {
            kind,
            access_token: Sealed(Vec::new()),
            refresh_token: None,
            scopes: texts(scopes),
            expires_at: None,
        }
    }

    #[test]
    fn what_is_asked_for_today_and_was_not_granted_has_drifted() {
        let bot = |scopes: &[&str]| granted(CredentialKind::Bot, scopes);
        let own = |scopes: &[&str]| Some(texts(scopes));
        for (own, credentials, lacking) in [
            (None, vec![bot(&["chat:write"])], vec!["users:read"]),
            (None, vec![bot(&["users:read", "chat:write", "x"])], vec![]),
            (
                own(&["channels:read", "chat:write"]),
                vec![bot(&["chat:write"])],
                vec!["channels:read"],
            ),
            // Whose scopes are not known, or who has none of the app's.
            (None, vec![bot(&[])], vec![]),
            (None, vec![granted(CredentialKind::User, &["x"])], vec![]),
            (None, vec![], vec![]),
        ] {
            assert_eq!(SCOPES.drift(own, &credentials), lacking, "{credentials:?}");
        }
    }

    #[test]
    fn scopes_that_are_fixed_do_not_drift() {
        let bot = [granted(CredentialKind::Bot, &["x"])];
        let drift = ScopePolicy::Fixed.drift(Some(texts(&["y"])), &bot);
        assert_eq!(drift, Vec::<String>::new());
    }
}
