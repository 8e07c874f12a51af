//! Checking the proof of a context, where an integration demands one.

use secrecy::ExposeSecret;

use crate::{
    api_key::{ApiKey, SigningState},
    broker::Broker,
    context::ContextProof,
    id::EnvironmentId,
    integration::Credentials,
    ports::OpenError,
    reason::Reason,
    usecase::UseCaseError,
};

impl Broker {
    /// Refuses a request whose context is not proved by a live key of the environment, if the
    /// integration with these credentials demands that.
    pub(super) async fn check_context(
        &self,
        environment: EnvironmentId,
        credentials: &Credentials,
        proof: Option<&ContextProof>,
    ) -> Result<(), UseCaseError> {
        if !credentials.demands_context_proof() {
            return Ok(());
        }
        let proof = proof.ok_or(Reason::ContextHashRequired)?;
        let now = self.clock.now();
        let keys = self.lookups.api_keys(environment).await?;
        let states: Result<Vec<_>, _> = keys
            .iter()
            .filter(|key| key.is_live(now))
            .filter_map(|key| self.signing_state(key).transpose())
            .collect();
        if proof.holds(&states?) {
            return Ok(());
        }
        Err(Reason::ContextHashInvalid.into())
    }

    fn signing_state(&self, key: &ApiKey) -> Result<Option<SigningState>, OpenError> {
        let Some(sealed) = &key.signing_state else {
            return Ok(None);
        };
        let opened = self.sealer.open(sealed, &key.signing_state_place())?;
        let state = SigningState::from_bytes(opened.expose_secret());
        state.ok_or(OpenError::Refused).map(Some)
    }
}
