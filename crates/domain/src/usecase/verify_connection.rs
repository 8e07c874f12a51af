//! Asking a provider whether a connection is good.

use jiff::SignedDuration;

use crate::{
    broker::Broker,
    connection::{ChannelConnection, ConnectionIdentifier, Standing, health::verdict},
    id::EnvironmentId,
    ports::{CheckOutcome, Checked, StoreError},
    usecase::UseCaseError,
};

/// A proof that is younger than this is not written down again.
const FRESH_PROOF: SignedDuration = SignedDuration::from_mins(10);

impl Broker {
    /// Asks the provider whether a connection is good; answers the connection as it is stored then:
    /// what the provider said of it is written down. What it said a few seconds ago may stand. Of a
    /// provider that cannot be asked, every connection is good.
    pub async fn verify_connection(
        &self,
        environment: EnvironmentId,
        identifier: &ConnectionIdentifier,
    ) -> Result<ChannelConnection, UseCaseError> {
        let connection = self.get_connection(environment, identifier).await?;
        let Some(app) = self.app_of(&connection).await? else {
            return Ok(connection);
        };
        let tokens = self.open_access_tokens(&connection)?;
        let checked = Checked {
            connection: connection.id,
            generation: connection.generation,
            app_generation: app.integration.generation,
        };
        let ask = async {
            let workspace = &connection.workspace.id;
            let answer = app.client.verify(&app.credentials, workspace, &tokens);
            answer.await.map(drop)
        };
        let outcome = self.checks.check(&checked, Box::pin(ask)).await;
        let noted = self.note_answer(&connection, &outcome).await?;
        outcome?;
        Ok(noted)
    }

    /// Writes down what a provider said of a connection, where that is something new. A connection
    /// that somebody has in hand is theirs to judge. A token that is dead beside a refresh token is
    /// no end: the upkeep is told to replace it.
    pub(super) async fn note_answer(
        &self,
        connection: &ChannelConnection,
        outcome: &CheckOutcome,
    ) -> Result<ChannelConnection, StoreError> {
        let now = self.clock.now();
        let health = &connection.health;
        let mut noted = connection.clone();
        match outcome {
            Ok(()) if health.proved_at.is_some_and(|at| now < at + FRESH_PROOF) => {
                return Ok(noted);
            }
            Ok(()) if health.standing == Standing::InDoubt => return Ok(noted),
            Ok(()) => {
                noted.health = health.clone().proved(now);
                noted.upkeep.due_at = Some(noted.next_upkeep(now));
            }
            Err(error) => match verdict(error.reason) {
                None => return Ok(noted),
                Some(_) if health.has_ended() => return Ok(noted),
                Some(_)
                    if connection
                        .credentials
                        .iter()
                        .any(|c| c.refresh_token.is_some()) =>
                {
                    noted.upkeep.due_at = Some(now);
                }
                Some(standing) => noted = noted.ended(standing, error.clone().into(), now),
            },
        }
        if connection.upkeep.leased_until.is_some() {
            return Ok(connection.clone());
        }
        let within = self.begin().await?;
        let inside = &within.broker;
        if !inside.stores.upkeep.mark(&noted).await? {
            return Ok(connection.clone());
        }
        inside.note_standing(connection, &noted).await?;
        within.commit().await?;
        Ok(noted)
    }
}
