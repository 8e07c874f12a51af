//! What holds sealed values.

/// All that is sealed for storage. Whoever seals anything else adds it here, and the storage
/// adapters are told by the compiler where to say how it is found: so no value can be left behind
/// when keys are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SealedColumn {
    /// The value by which a start with a wrong key is noticed; it belongs to no environment.
    KeyCheck,
    /// An integration's credentials.
    IntegrationCredentials,
    /// The access token of a connection's bot.
    BotAccessToken,
    /// The refresh token of a connection's bot.
    BotRefreshToken,
    /// The access token of the person who installed.
    UserAccessToken,
    /// The refresh token of the person who installed.
    UserRefreshToken,
    /// The secret part of an endpoint's address.
    EndpointSecret,
    /// The state of HMAC under an API key.
    ApiKeySigningState,
    /// An answer under an idempotency key.
    IdempotencyResponse,
    /// What it takes to take back at a provider what a deleted connection had there.
    RevocationSecrets,
}

impl SealedColumn {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::KeyCheck,
        Self::IntegrationCredentials,
        Self::BotAccessToken,
        Self::BotRefreshToken,
        Self::UserAccessToken,
        Self::UserRefreshToken,
        Self::EndpointSecret,
        Self::ApiKeySigningState,
        Self::IdempotencyResponse,
        Self::RevocationSecrets,
    ];

    /// Its name, which is part of the associated data: table, column, and what else tells its
    /// values apart from others of the same row. It can never change.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyCheck => "key_checks.value",
            Self::IntegrationCredentials => "integrations.credentials",
            Self::BotAccessToken => "connection_credentials.bot.access_token",
            Self::BotRefreshToken => "connection_credentials.bot.refresh_token",
            Self::UserAccessToken => "connection_credentials.user.access_token",
            Self::UserRefreshToken => "connection_credentials.user.refresh_token",
            Self::EndpointSecret => "endpoints.secret",
            Self::ApiKeySigningState => "api_keys.signing_state",
            Self::IdempotencyResponse => "idempotency_records.response",
            Self::RevocationSecrets => "revocations.secrets",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_column_is_listed_once_under_a_name_of_its_own() {
        let names: BTreeSet<_> = SealedColumn::ALL.iter().map(|it| it.as_str()).collect();
        assert_eq!(names.len(), SealedColumn::ALL.len());
        // The last one of the enumeration is there, so none was forgotten behind it.
        let last = SealedColumn::ALL.into_iter().max();
        assert_eq!(
            last.map(|it| it as usize),
            Some(SealedColumn::ALL.len() - 1)
        );
    }
}
