//! `/v1/audit-events`: who did what, for an environment's admins.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use serde::Serialize;
use tieline_domain::{
    audit::{AuditEvent, shown_hash},
    page::PageRequest,
    ports::AuditFilter,
};
use utoipa::ToSchema;

use crate::{
    api::SharedApi,
    auth::Administrator,
    error::{ApiError, instant},
    paging::{self, PageBody, PageParams},
    query::QueryString,
    routes::schema::ListErrors,
};

const LIST: &str = "audit-events";

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditEventResponse {
    /// Its id.
    #[schema(format = Uuid, example = "0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")]
    id: String,
    /// Its place in the environment's log, from 1 on without a gap.
    #[schema(example = 42)]
    sequence: u64,
    /// When it was done.
    #[schema(format = DateTime)]
    at: String,
    /// Who did it: `api_key:` or `person:` with the id of the key or of the connect attempt, a
    /// `provider`, the `operator` on the command line, or the `system` by itself.
    #[schema(example = "api_key:0198f3a2-7c11-7d7e-b0a4-5a3d5c6f7e80")]
    actor: String,
    /// What was done.
    #[schema(example = "token.read")]
    action: &'static str,
    /// To which object: its identifier.
    #[schema(example = "chconn-4fp9x2m0q7ab")]
    subject: String,
    /// What else is to be known.
    #[schema(example = json!({ "kind": "bot" }))]
    details: BTreeMap<String, String>,
    /// The hash of the event before it, in hexadecimal digits; of the first, zeros.
    #[schema(example = "0000000000000000000000000000000000000000000000000000000000000000")]
    previous_hash: String,
    /// Its own hash (SHA-256), which covers all of the above.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    hash: String,
}

/// List audit events
///
/// Who did what to which object in this environment, newest first. Events are neither changed nor
/// deleted, and each has the hash of the one before: `tieline audit verify` checks the chain.
#[utoipa::path(
    get,
    path = "/v1/audit-events",
    operation_id = "listAuditEvents",
    tag = "Audit log",
    security(("ApiKey" = [])),
    params(
        PageParams,
        ("actor" = Option<String>, Query, description = "Those of this actor.", example = "operator"),
        ("action" = Option<String>, Query, description = "Those of this action.", example = "token.read"),
        ("subject" = Option<String>, Query, description = "Those of the object with this identifier.", example = "chconn-4fp9x2m0q7ab"),
    ),
    responses(
        (status = 200, description = "A page of events.", body = PageBody<AuditEventResponse>),
        ListErrors,
    ),
)]
pub(crate) async fn list(
    State(api): State<SharedApi>,
    Administrator(caller): Administrator,
    mut query: QueryString,
) -> Result<Json<PageBody<AuditEventResponse>>, ApiError> {
    let filter = AuditFilter {
        actor: query.read("actor"),
        action: query.read("action"),
        subject: query.text("subject"),
    };
    let (environment, store) = (caller.environment(), &caller.broker.stores.audit);
    let fetch = async |page: &PageRequest| store.list(environment, &filter, page).await;
    let turn = AuditEventResponse::from;
    paging::answer(&api, environment, LIST, query, fetch, turn).await
}

impl From<AuditEvent> for AuditEventResponse {
    fn from(event: AuditEvent) -> Self {
        let entry = event.entry;
        Self {
            id: entry.id.to_string(),
            sequence: event.sequence,
            at: instant(entry.at),
            actor: entry.actor.to_string(),
            action: entry.action.as_str(),
            subject: entry.subject,
            details: entry.details,
            previous_hash: shown_hash(&event.previous),
            hash: shown_hash(&event.hash),
        }
    }
}
