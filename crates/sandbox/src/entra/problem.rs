//! Entra's errors, in their three shapes: JSON, redirect, page.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::http::redirect_to;
use crate::page::refusal;
use crate::random;
use crate::record::ErrorCode;
use crate::world::World;

/// An error with its number ("Microsoft Entra authentication and authorization
/// error codes", learn.microsoft.com). The wording is ours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Problem {
    pub(crate) error: &'static str,
    pub(crate) number: u32,
    pub(crate) text: &'static str,
}

/// Where an error about an authorization request goes.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Client or redirect URI are not to be trusted: it stays here.
    Page(Problem),
    /// Back to the app, with its state.
    Redirect {
        target: Box<Url>,
        state: Option<String>,
        problem: Problem,
    },
}

impl Problem {
    pub(crate) const fn new(error: &'static str, number: u32, text: &'static str) -> Self {
        Self {
            error,
            number,
            text,
        }
    }

    /// Of the token endpoint: 401 if the client is at fault, 400 otherwise
    /// (RFC 6749, section 5.2).
    pub(crate) fn reply(self, world: &World) -> Response {
        let status = if self.error == "invalid_client" {
            StatusCode::UNAUTHORIZED
        } else {
            StatusCode::BAD_REQUEST
        };
        let trace = Trace::new(world);
        let body = json!({
            "error": self.error,
            "error_description": self.describe(&trace),
            "error_codes": [self.number],
            "timestamp": trace.time(),
            "trace_id": trace.id,
            "correlation_id": trace.correlation_id,
            "error_uri": self.uri(world),
        });
        let code = Extension(ErrorCode(format!("AADSTS{}", self.number)));
        let headers = [(header::CACHE_CONTROL, "no-store")];
        (status, code, headers, Json(body)).into_response()
    }

    /// Back to the app. On a refused consent Entra still says
    /// `admin_consent=True`, and ends the address with an empty fragment.
    pub(crate) fn redirect(
        self,
        world: &World,
        target: &Url,
        state: Option<&str>,
        of_consent: bool,
    ) -> Response {
        let mut target = target.clone();
        {
            let mut query = target.query_pairs_mut();
            query.append_pair("error", self.error);
            query.append_pair("error_description", &self.describe(&Trace::new(world)));
            query.append_pair("error_uri", &self.uri(world));
            if of_consent {
                query.append_pair("admin_consent", "True");
            }
            if let Some(state) = state {
                query.append_pair("state", state);
            }
        }
        if of_consent {
            target.set_fragment(Some(""));
        }
        redirect_to(target.as_str())
    }

    pub(crate) fn page(self) -> Response {
        refusal(
            "Microsoft Entra",
            &format!("AADSTS{}", self.number),
            self.text,
        )
    }

    fn describe(self, trace: &Trace) -> String {
        format!(
            "AADSTS{}: {}\r\nTrace ID: {}\r\nCorrelation ID: {}\r\nTimestamp: {}",
            self.number,
            self.text,
            trace.id,
            trace.correlation_id,
            trace.time()
        )
    }

    fn uri(self, world: &World) -> String {
        format!("{}/error?code={}", world.entra_base(), self.number)
    }
}

impl Refused {
    pub(crate) fn answer(self, world: &World, of_consent: bool) -> Response {
        match self {
            Self::Page(problem) => problem.page(),
            Self::Redirect {
                target,
                state,
                problem,
            } => problem.redirect(world, &target, state.as_deref(), of_consent),
        }
    }
}

struct Trace {
    id: String,
    correlation_id: String,
    at: Timestamp,
}

impl Trace {
    fn new(world: &World) -> Self {
        Self {
            id: random::guid(),
            correlation_id: random::guid(),
            at: world.clock.now(),
        }
    }

    fn time(&self) -> String {
        self.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    }
}
