//! One exported object: what it is, and the request that makes it here.

use serde_json::{Map, Value};
use tieline_domain::{
    provider::ProviderId,
    text::sanitize,
    usecase::{Exported, ExportedKind, NewConnection, NewEndpoint, Refusal},
};

use crate::{
    body::typed,
    error::ApiError,
    fields::Fields,
    routes::{
        channel_connections::CreateConnectionRequest, channel_endpoints::CreateEndpointRequest,
        contexts::CreateContextRequest, subscribers::CreateSubscriberRequest,
    },
};

const CONTEXT: &[&str] = &["type", "id", "data", "bridgeUrl"];
const SUBSCRIBER: &[&str] = &[
    "subscriberId",
    "firstName",
    "lastName",
    "email",
    "phone",
    "avatar",
    "locale",
    "timezone",
    "data",
];
const CONNECTION: &[&str] = &[
    "identifier",
    "integrationIdentifier",
    "subscriberId",
    "workspace",
    "auth",
];
const WORKSPACE: &[&str] = &["id", "name", "botUserId"];
const AUTH: &[&str] = &[
    "accessToken",
    "refreshToken",
    "expiresAt",
    "refreshTokenExpiresAt",
];
const ENDPOINT: &[&str] = &[
    "identifier",
    "integrationIdentifier",
    "connectionIdentifier",
    "subscriberId",
    "type",
    "endpoint",
];

/// What an object is, by the members that only its kind has.
pub(super) fn kind_of(members: &Map<String, Value>) -> Option<ExportedKind> {
    let has = |name| members.contains_key(name);
    let is_connection = has("workspace") || has("auth");
    match (is_connection, has("endpoint")) {
        (true, false) => Some(ExportedKind::Connection),
        (false, true) => Some(ExportedKind::Endpoint),
        (false, false) if has("type") && has("id") => Some(ExportedKind::Context),
        (false, false) if has("subscriberId") && !has("integrationIdentifier") => {
            Some(ExportedKind::Subscriber)
        }
        _ => None,
    }
}

/// What an object is called.
pub(super) fn name_of(kind: ExportedKind, members: &Map<String, Value>) -> Option<String> {
    let text = |name| members.get(name).and_then(Value::as_str);
    let name = match kind {
        ExportedKind::Context => format!("{}:{}", text("type")?, text("id")?),
        ExportedKind::Subscriber => text("subscriberId")?.to_owned(),
        ExportedKind::Connection | ExportedKind::Endpoint => text("identifier")?.to_owned(),
    };
    Some(sanitize(&name, 128))
}

/// Reads an object: its members are those of the request that makes it, and some that only an
/// answer has.
pub(super) fn read(kind: ExportedKind, members: Map<String, Value>) -> Result<Exported, Refusal> {
    Ok(match kind {
        ExportedKind::Context => {
            let request: CreateContextRequest = typed(only(members, CONTEXT).into())?;
            let (key, change) = request.read()?;
            Exported::Context(key, change)
        }
        ExportedKind::Subscriber => {
            let request: CreateSubscriberRequest = typed(with_nulls(members, SUBSCRIBER).into())?;
            let (id, patch) = request.read()?;
            Exported::Subscriber(id, patch)
        }
        ExportedKind::Connection => {
            let provider = provider_of(&members)?;
            let mut request = owned(members, CONNECTION)?;
            narrow(&mut request, "workspace", WORKSPACE);
            narrow(&mut request, "auth", AUTH);
            let request: CreateConnectionRequest = typed(request.into())?;
            Exported::Connection(Box::new(NewConnection::try_from(request)?), provider)
        }
        ExportedKind::Endpoint => {
            let provider = provider_of(&members)?;
            let request: CreateEndpointRequest = typed(owned(members, ENDPOINT)?.into())?;
            Exported::Endpoint(Box::new(NewEndpoint::try_from(request)?), provider)
        }
    })
}

/// These members, but those that are null: to a request that makes something they are absent.
fn only(members: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let mut members = with_nulls(members, names);
    members.retain(|_, value| !value.is_null());
    members
}

fn with_nulls(mut members: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    members.retain(|name, _| names.contains(&name.as_str()));
    members
}

fn narrow(members: &mut Map<String, Value>, name: &str, names: &[&str]) {
    if let Some(Value::Object(inner)) = members.get_mut(name) {
        *inner = only(std::mem::take(inner), names);
    }
}

/// These members, and the contexts in the way that a request names them.
fn owned(mut members: Map<String, Value>, names: &[&str]) -> Result<Map<String, Value>, ApiError> {
    let keys = members.remove("contextKeys").unwrap_or(Value::Null);
    let contexts = contexts(&keys).map_err(|problem| {
        ApiError::invalid_fields([("contextKeys".to_owned(), problem.to_owned())])
    })?;
    let mut request = only(members, names);
    if !contexts.is_empty() {
        request.insert("context".to_owned(), contexts.into());
    }
    Ok(request)
}

fn contexts(keys: &Value) -> Result<Map<String, Value>, &'static str> {
    let empty = Vec::new();
    let keys = match keys {
        Value::Null => &empty,
        Value::Array(keys) => keys,
        _ => return Err("must be a list"),
    };
    let mut contexts = Map::new();
    for key in keys {
        let parts = key.as_str().and_then(|key| key.split_once(':'));
        let (kind, id) = parts.ok_or("must be texts of the form type:id")?;
        if contexts.insert(kind.to_owned(), id.into()).is_some() {
            return Err("names one type twice");
        }
    }
    Ok(contexts)
}

fn provider_of(members: &Map<String, Value>) -> Result<Option<ProviderId>, ApiError> {
    let provider = members.get("providerId").and_then(Value::as_str);
    let mut fields = Fields::default();
    let provider = fields.check("providerId", provider.map(str::to_owned), ProviderId::parse);
    fields.finish(provider)
}
