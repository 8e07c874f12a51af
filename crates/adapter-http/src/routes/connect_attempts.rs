//! `/v1/connect-attempts`: what became of each URL that was opened.

use axum::{Json, extract::State};
use serde::Serialize;
use tieline_domain::{
    attempt::{AttemptStatus, ConnectAttempt},
    id::FlowId,
    page::PageRequest,
    ports::AttemptFilter,
    reason::Reason,
};
use utoipa::ToSchema;

use crate::{
    api::SharedApi,
    auth::Reader,
    error::{ApiError, instant},
    object_name::ObjectName,
    paging::{self, PageBody, PageParams},
    query::QueryString,
    routes::schema::{ListErrors, ObjectErrors},
};

/// A flow from the moment the person came back from the provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectAttemptResponse {
    /// Its id: the reference that the person saw, the `connect-attempt-id` of the minted URL.
    #[schema(format = Uuid, example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")]
    id: String,
    /// What was to come of it: `connect` or `link_user`.
    #[schema(example = "connect")]
    mode: &'static str,
    /// How far it came.
    status: AttemptStatusBody,
    /// Why it ended without a connection: a stable code.
    #[schema(example = "access_denied")]
    code: Option<&'static str>,
    /// The same in a sentence.
    #[schema(example = "The request was declined, so nothing was connected.")]
    message: Option<&'static str>,
    /// What to do about it.
    #[schema(example = "If that was a mistake, start again from the product and choose Allow.")]
    remedy: Option<&'static str>,
    /// The provider's own word for it.
    #[schema(example = "access_denied")]
    provider_error: Option<String>,
    /// The provider.
    #[schema(example = "slack")]
    provider_id: String,
    /// The integration's identifier.
    #[schema(example = "slack")]
    integration_identifier: String,
    /// The subscriber it was minted for.
    #[schema(example = "subscriber-123")]
    subscriber_id: Option<String>,
    /// The contexts it was minted for, as `type:id`.
    #[schema(example = json!(["tenant:org-acme"]))]
    context_keys: Vec<String>,
    /// `subscriber` or `shared`.
    #[schema(example = "subscriber")]
    connection_mode: &'static str,
    /// The connection that came of it; until then the identifier that was asked for.
    #[schema(example = "chconn-4fp9x2m0q7ab")]
    connection_identifier: Option<String>,
    /// The name, else the id, of the workspace or tenant that was connected.
    #[schema(example = "Acme")]
    workspace: Option<String>,
    /// What happened, in order.
    steps: Vec<StepBody>,
    /// When the person came back.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last moved.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// How far an attempt came.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AttemptStatusBody {
    /// The provider is being asked.
    Exchanging,
    /// Consent was given; the person is at the sign-in page.
    AwaitingSignIn,
    /// A connection came of it.
    Completed,
    /// The person declined.
    Denied,
    /// It failed.
    Failed,
}

impl From<AttemptStatus> for AttemptStatusBody {
    fn from(status: AttemptStatus) -> Self {
        match status {
            AttemptStatus::Exchanging => Self::Exchanging,
            AttemptStatus::AwaitingSignIn => Self::AwaitingSignIn,
            AttemptStatus::Completed => Self::Completed,
            AttemptStatus::Denied => Self::Denied,
            AttemptStatus::Failed => Self::Failed,
        }
    }
}

/// Something that happened in an attempt.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StepBody {
    /// `minted`, `returned`, `consent_granted`, `signed_in`, `exchanged`, `connected`, `linked` or `ended`.
    #[schema(example = "returned")]
    name: &'static str,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

const LIST: &str = "connect-attempts";

/// List connect attempts
///
/// The flows whose person came back from the provider, newest first. A URL that nobody opened, or
/// whose person never came back, left no attempt.
#[utoipa::path(
    get,
    path = "/v1/connect-attempts",
    operation_id = "listConnectAttempts",
    tag = "Connect attempts",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("status" = Option<String>, Query, description = "Those that came this far.", example = "failed"),
        ("code" = Option<String>, Query, description = "Those that ended for this reason.", example = "access_denied"),
        ("subscriberId" = Option<String>, Query, description = "Those for this subscriber."),
        ("integrationIdentifier" = Option<String>, Query, description = "Those through this integration."),
        ("connectionIdentifier" = Option<String>, Query, description = "Those for this connection."),
    ),
    responses(
        (status = 200, description = "A page of attempts.", body = PageBody<ConnectAttemptResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Reader(caller): Reader,
    mut query: QueryString,
) -> Result<Json<PageBody<ConnectAttemptResponse>>, ApiError> {
    let filter = AttemptFilter {
        status: query.read("status"),
        integration_identifier: query.text("integrationIdentifier"),
        subscriber_id: query.read("subscriberId"),
        connection_identifier: query.text("connectionIdentifier"),
        reason: read_reason(&mut query),
    };
    let (environment, store) = (caller.environment(), &caller.broker.stores.attempts);
    let fetch = async |page: &PageRequest| store.list(environment, &filter, page).await;
    paging::answer(
        &api,
        environment,
        LIST,
        query,
        fetch,
        ConnectAttemptResponse::from,
    )
    .await
}

fn read_reason(query: &mut QueryString) -> Option<Reason> {
    let code = query.text("code")?;
    let reason = Reason::from_code(&code);
    if reason.is_none() {
        query.problem("code", "is no reason that Tieline knows");
    }
    reason
}

/// Show a connect attempt
///
/// By the reference that the person saw, which is also the `connect-attempt-id` of the minted URL.
#[utoipa::path(
    get,
    path = "/v1/connect-attempts/{id}",
    operation_id = "getConnectAttempt",
    tag = "Connect attempts",
    security(("ApiKey" = [])),
    params(("id" = String, Path, description = "The attempt's id.", example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")),
    responses(
        (status = 200, description = "The attempt.", body = ConnectAttemptResponse),
        ObjectErrors,
    ),
)]
pub(crate) async fn get(
    Reader(caller): Reader,
    ObjectName(id): ObjectName,
) -> Result<Json<ConnectAttemptResponse>, ApiError> {
    let unknown = || ApiError::new(Reason::NotFound, "Connect attempt not found");
    let id: FlowId = id.parse().map_err(|_| unknown())?;
    let attempts = &caller.broker.stores.attempts;
    let attempt = attempts.find(caller.environment(), id).await?;
    Ok(Json(attempt.ok_or_else(unknown)?.into()))
}

impl From<ConnectAttempt> for ConnectAttemptResponse {
    fn from(attempt: ConnectAttempt) -> Self {
        let steps = attempt.steps.iter();
        Self {
            id: attempt.id.to_string(),
            mode: attempt.purpose.as_str(),
            status: attempt.status.into(),
            code: attempt.reason.map(Reason::code),
            message: attempt.reason.map(Reason::what),
            remedy: attempt.reason.map(Reason::remedy),
            provider_error: attempt.provider_error,
            provider_id: attempt.provider.to_string(),
            integration_identifier: attempt.integration_identifier,
            subscriber_id: attempt.subscriber_id.map(String::from),
            context_keys: attempt
                .context_keys
                .iter()
                .map(ToString::to_string)
                .collect(),
            connection_mode: attempt.mode.as_str(),
            connection_identifier: attempt.connection_identifier.map(String::from),
            workspace: attempt.workspace_name,
            steps: steps
                .map(|s| StepBody {
                    name: s.kind.as_str(),
                    at: instant(s.at),
                })
                .collect(),
            created_at: instant(attempt.created_at),
            updated_at: instant(attempt.updated_at),
        }
    }
}
