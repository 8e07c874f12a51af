//! The Web API: always HTTP 200, success and failure told by `ok`.

use std::sync::Arc;

use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::http::{FORM, Params, bearer, has_content_type};
use crate::record::ErrorCode;
use crate::slack::{access, token_methods};
use crate::world::World;

/// The outcome of a method: a reply, or an error code.
pub(crate) type Outcome = Result<Response, &'static str>;

/// A call of a method.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) params: Params,
    /// Whether the parameters came in a form.
    is_form: bool,
}

impl Call {
    /// The bearer token, or the `token` of a form; Slack takes none from a
    /// query, nor from JSON.
    pub(crate) fn token(&self) -> Result<&str, &'static str> {
        let in_form = || self.is_form.then(|| self.params.get("token")).flatten();
        bearer(&self.headers).or_else(in_form).ok_or("not_authed")
    }

    pub(crate) fn require_post(&self) -> Result<(), &'static str> {
        if self.method == Method::POST {
            Ok(())
        } else {
            Err("invalid_arguments")
        }
    }
}

pub(crate) async fn call(
    State(world): State<Arc<World>>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let outcome =
        read_call(method, headers, &query, &body).and_then(|call| dispatch(&world, &name, &call));
    match outcome {
        Ok(response) => response,
        Err(code) => {
            let body = Json(json!({ "ok": false, "error": code }));
            (Extension(ErrorCode(code.to_owned())), body).into_response()
        }
    }
}

fn dispatch(world: &World, name: &str, call: &Call) -> Outcome {
    match name {
        "oauth.v2.access" => access::access(world, call),
        "oauth.v2.exchange" => access::exchange_long_lived(world, call),
        "auth.test" => token_methods::test(world, call),
        "auth.revoke" => token_methods::revoke(world, call),
        "apps.uninstall" => token_methods::uninstall(world, call),
        _ => Err("unknown_method"),
    }
}

fn read_call(
    method: Method,
    headers: HeaderMap,
    query: &str,
    body: &[u8],
) -> Result<Call, &'static str> {
    let is_form = method == Method::POST && has_content_type(&headers, FORM);
    let params = if method != Method::POST {
        Params::of_form(query.as_bytes())
    } else if is_form || body.is_empty() {
        Params::of_form(body)
    } else if has_content_type(&headers, "application/json") {
        Params::of_json(body).ok_or("invalid_json")?
    } else {
        return Err("invalid_post_type");
    };
    if params.repeated().is_some() {
        return Err("invalid_arguments");
    }
    Ok(Call {
        method,
        headers,
        params,
        is_form,
    })
}
