//! Checking the proof of a context, where an integration demands one.

use secrecy::ExposeSecret;

use crate::{
    api_key::{ApiKey, SigningState},
    broker::Broker,
    context::ContextProof,
    id::EnvironmentId,
    integration::Prepared,
    ports::OpenError,
    reason::Reason,
    usecase::UseCaseError,
};

impl Broker {
    /// Refuses a request whose context is not proved by a live key of the environment, if its
    /// integration demands that.
    pub(super) async fn check_context(
        &self,
        environment: EnvironmentId,
        app: &Prepared,
        proof: Option<&ContextProof>,
    ) -> Result<(), UseCaseError> {
        if !app.demands_context_proof {
            return Ok(());
        }
        let proof = proof.ok_or(Reason::ContextHashRequired)?;
        let keys = self.lookups.api_keys(environment).await?;
        if proof.holds(&self.signing_states(&keys)?) {
            return Ok(());
        }
        // What is remembered may lack a key that was made a moment ago.
        let keys = self.stores.api_keys.list(environment).await?;
        if proof.holds(&self.signing_states(&keys)?) {
            return Ok(());
        }
        Err(Reason::ContextHashInvalid.into())
    }

    /// Those of the live keys.
    fn signing_states(&self, keys: &[ApiKey]) -> Result<Vec<SigningState>, OpenError> {
        let now = self.clock.now();
        let live = keys.iter().filter(|key| key.is_live(now));
        live.filter_map(|key| self.signing_state(key).transpose())
            .collect()
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
