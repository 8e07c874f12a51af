//! `/v1/revocations`: what became, at the providers, of connections that were deleted here.

use axum::{Json, extract::State};
use serde::Serialize;
use tieline_domain::{
    id::RevocationId,
    page::PageRequest,
    reason::Reason,
    revocation::{
        Revocation, RevocationItem, RevocationOutcome, RevocationStatus, RevocationSubject,
    },
};
use utoipa::ToSchema;

use crate::{
    api::SharedApi,
    auth::Reader,
    error::{ApiError, instant},
    object_name::ObjectName,
    paging::{self, PageBody, PageParams},
    query::QueryString,
    routes::{
        channel_connections::WorkspaceBody,
        schema::{ListErrors, ObjectErrors},
    },
};

const LIST: &str = "revocations";

/// The receipt of a connection that was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevocationResponse {
    /// Its id.
    #[schema(format = Uuid, example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")]
    id: String,
    /// The connection's identifier. Another connection may bear it by now.
    #[schema(example = "chconn-4fp9x2m0q7ab")]
    connection_identifier: String,
    /// The identifier of the integration through which it was made.
    #[schema(example = "slack")]
    integration_identifier: String,
    /// The provider.
    #[schema(example = "slack")]
    provider_id: String,
    /// The account there.
    workspace: WorkspaceBody,
    /// How far it came.
    status: RevocationStatusBody,
    /// What was to be taken back, and what became of each.
    items: Vec<RevocationItemBody>,
    /// When it will be tried next; null from the end on.
    #[schema(format = DateTime, required)]
    next_attempt_at: Option<String>,
    /// When the connection was deleted.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last moved.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// How far a revocation came.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationStatusBody {
    /// Something will be tried again.
    Pending,
    /// Nothing is left at the provider, or what is left is another connection's.
    Completed,
    /// Something is left that somebody else has to take back: see the items.
    Incomplete,
}

/// Something that the provider gave.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevocationItemBody {
    /// What it is.
    subject: RevocationSubjectBody,
    /// What became of it.
    outcome: RevocationOutcomeBody,
    /// Why it was not taken back, or not yet: a stable code.
    #[schema(example = "provider_unreachable")]
    reason: Option<&'static str>,
    /// The same in a sentence.
    #[schema(example = "The provider could not be reached.")]
    message: Option<&'static str>,
    /// What to do about it.
    #[schema(example = "Start again in a few minutes.")]
    remedy: Option<&'static str>,
    /// The provider's own word for it.
    #[schema(example = "connection refused")]
    provider_error: Option<String>,
}

/// What a provider gave.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationSubjectBody {
    /// The app's place in the workspace: its installation, or the consent to it.
    App,
    /// The app's own token.
    BotToken,
    /// The installing person's token.
    UserToken,
}

/// What became of it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevocationOutcomeBody {
    /// It is tried, or will be tried again.
    Pending,
    /// The provider took it back.
    Revoked,
    /// It was gone there already.
    AlreadyGone,
    /// Another connection leads to the same account and lives on it.
    Kept,
    /// The provider has no way to do it from outside: somebody there has to.
    Impossible,
    /// It was tried as often as it is tried.
    Failed,
}

/// List revocations
///
/// The receipts of connections that were deleted, newest first: by themselves, or with their
/// subscriber or integration. They are kept for 90 days after their end.
#[utoipa::path(
    get,
    path = "/v1/revocations",
    operation_id = "listRevocations",
    tag = "Revocations",
    security(("ApiKey" = [])),
    params(PageParams),
    responses(
        (status = 200, description = "A page of receipts.", body = PageBody<RevocationResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Reader(caller): Reader,
    query: QueryString,
) -> Result<Json<PageBody<RevocationResponse>>, ApiError> {
    let (environment, store) = (caller.environment(), &caller.broker.stores.revocations);
    let fetch = async |page: &PageRequest| store.list(environment, page).await;
    let turn = RevocationResponse::from;
    paging::answer(&api, environment, LIST, query, fetch, turn).await
}

/// Show a revocation
///
/// By the `revocation-id` that deleting the connection answered.
#[utoipa::path(
    get,
    path = "/v1/revocations/{id}",
    operation_id = "getRevocation",
    tag = "Revocations",
    security(("ApiKey" = [])),
    params(("id" = String, Path, description = "The receipt's id.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses((status = 200, description = "The receipt.", body = RevocationResponse), ObjectErrors),
)]
pub(crate) async fn get(
    Reader(caller): Reader,
    ObjectName(id): ObjectName,
) -> Result<Json<RevocationResponse>, ApiError> {
    let id = read_id(&id)?;
    let found = caller.broker.get_revocation(caller.environment(), id);
    Ok(Json(found.await?.into()))
}

/// An id that no receipt can have is one that no receipt has.
fn read_id(id: &str) -> Result<RevocationId, ApiError> {
    let unknown = |_| ApiError::new(Reason::NotFound, format!("Revocation not found: {id}"));
    id.parse().map_err(unknown)
}

impl From<Revocation> for RevocationResponse {
    fn from(revocation: Revocation) -> Self {
        Self {
            id: revocation.id.to_string(),
            status: revocation.status().into(),
            connection_identifier: revocation.connection_identifier.into(),
            integration_identifier: revocation.integration_identifier,
            provider_id: revocation.provider.to_string(),
            workspace: revocation.workspace.into(),
            items: revocation.items.into_iter().map(Into::into).collect(),
            next_attempt_at: revocation.due_at.map(instant),
            created_at: instant(revocation.created_at),
            updated_at: instant(revocation.updated_at),
        }
    }
}

impl From<RevocationItem> for RevocationItemBody {
    fn from(item: RevocationItem) -> Self {
        let reason = item.failure.as_ref().map(|failure| failure.reason);
        Self {
            subject: item.subject.into(),
            outcome: item.outcome.into(),
            reason: reason.map(Reason::code),
            message: reason.map(Reason::what),
            remedy: reason.map(Reason::remedy),
            provider_error: item.failure.and_then(|failure| failure.provider_error),
        }
    }
}

impl From<RevocationStatus> for RevocationStatusBody {
    fn from(status: RevocationStatus) -> Self {
        match status {
            RevocationStatus::Pending => Self::Pending,
            RevocationStatus::Completed => Self::Completed,
            RevocationStatus::Incomplete => Self::Incomplete,
        }
    }
}

impl From<RevocationSubject> for RevocationSubjectBody {
    fn from(subject: RevocationSubject) -> Self {
        match subject {
            RevocationSubject::App => Self::App,
            RevocationSubject::BotToken => Self::BotToken,
            RevocationSubject::UserToken => Self::UserToken,
        }
    }
}

impl From<RevocationOutcome> for RevocationOutcomeBody {
    fn from(outcome: RevocationOutcome) -> Self {
        match outcome {
            RevocationOutcome::Pending => Self::Pending,
            RevocationOutcome::Revoked => Self::Revoked,
            RevocationOutcome::AlreadyGone => Self::AlreadyGone,
            RevocationOutcome::Kept => Self::Kept,
            RevocationOutcome::Impossible => Self::Impossible,
            RevocationOutcome::Failed => Self::Failed,
        }
    }
}
