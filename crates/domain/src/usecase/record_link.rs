//! Recording a link: the person's endpoint and the attempt's end, at once.

use crate::{
    attempt::ConnectAttempt,
    audit::AuditAction,
    connection::ChannelConnection,
    endpoint::Address,
    provider::Grant,
    reason::Reason,
    usecase::{channel_endpoints::EndpointDraft, complete_connect::Run, record_grant::NotRecorded},
};

impl Run<'_> {
    /// Links the person whom the grant names; nothing else of the grant is kept.
    pub(super) async fn record_link(
        &self,
        attempt: &ConnectAttempt,
        grant: &Grant,
    ) -> Result<ConnectAttempt, NotRecorded> {
        let refuse = |reason: Reason| NotRecorded::Final(reason.into());
        let person = grant
            .person
            .as_deref()
            .ok_or_else(|| refuse(Reason::PersonMissing))?;
        let subscriber = self
            .flow
            .subscriber_to_link()
            .ok_or_else(|| refuse(Reason::SubscriberGone))?;
        let connection = self.linked_connection(grant).await?;
        let draft = EndpointDraft {
            connection_identifier: connection.map(|connection| connection.identifier),
            subscriber_id: subscriber.clone(),
            context_keys: self.flow.context_keys.clone(),
            address: Address::person(self.connect.person_endpoint, person),
        };
        let (endpoint, _) = self.broker.endpoint_at(self.integration, draft).await?;
        let completed = attempt.clone().completed(
            endpoint.connection_identifier.clone(),
            &grant.workspace,
            endpoint.updated_at,
        );
        let within = self.broker.begin().await?;
        let inside = &within.broker;
        inside
            .stores
            .endpoints
            .record(&endpoint, &completed)
            .await?;
        let (action, environment) = (AuditAction::EndpointCreated, endpoint.environment_id);
        inside
            .note(environment, action, endpoint.identifier, &[])
            .await?;
        within.commit().await?;
        Ok(completed)
    }

    /// The connection to which the link is to belong, if it is to belong to one: the person must
    /// be of its workspace.
    async fn linked_connection(
        &self,
        grant: &Grant,
    ) -> Result<Option<ChannelConnection>, NotRecorded> {
        let Some(identifier) = &self.flow.connection_identifier else {
            return Ok(None);
        };
        let found = self
            .broker
            .stores
            .connections
            .find(self.flow.environment_id, identifier)
            .await?;
        let refuse = |reason: Reason| Err(NotRecorded::Final(reason.into()));
        match found.filter(|connection| connection.integration_id == self.flow.integration_id) {
            None => refuse(Reason::ConnectionGone),
            Some(c) if !c.workspace.id.eq_ignore_ascii_case(&grant.workspace.id) => {
                refuse(Reason::AccountMismatch)
            }
            found => Ok(found),
        }
    }
}
