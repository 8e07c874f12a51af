//! Providers that do as they are told, and count.

use tieline_domain::{
    ports::{MockProviderClient, ProviderError},
    provider::Grant,
    reason::Reason,
};

/// Exchanges one code for this grant. Nothing is ever taken back.
pub(crate) fn grants(grant: Grant) -> MockProviderClient {
    grants_in_turn(vec![grant])
}

/// Exchanges as many codes for these grants, one after the other.
pub(crate) fn grants_in_turn(grants: Vec<Grant>) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    let (times, mut grants) = (grants.len(), grants.into_iter());
    client
        .expect_exchange_code()
        .times(times)
        .returning(move |_, _| Ok(grants.next().unwrap()));
    client
}

/// Exchanges one code for this grant; something else happens at that moment.
pub(crate) fn grants_while(
    grant: Grant,
    happening: impl Fn() + Send + 'static,
) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |_, _| {
            happening();
            Ok(grant.clone())
        });
    client
}

/// Refuses one code.
pub(crate) fn refuses(error: ProviderError) -> MockProviderClient {
    let mut client = MockProviderClient::new();
    client
        .expect_exchange_code()
        .times(1)
        .returning(move |_, _| Err(error.clone()));
    client
}

/// The same provider, which takes so many tokens back.
pub(crate) fn taking_back(mut client: MockProviderClient, tokens: usize) -> MockProviderClient {
    client
        .expect_revoke()
        .times(tokens)
        .returning(|_, _| Ok(()));
    client
}

/// An error with the provider's own word.
pub(crate) fn error(reason: Reason, told: &str) -> ProviderError {
    ProviderError {
        provider_error: Some(told.to_owned()),
        ..reason.into()
    }
}
