//! The pages that a person sees: no script, nothing from elsewhere, nothing kept.

use std::sync::LazyLock;

use askama::Template;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use tieline_domain::{attempt::AttemptStatus, flow::Purpose, reason::Reason, usecase::Shown};

use crate::error::status_of;

/// The pages' style sheet, the same in all of them.
const STYLE: &str = include_str!("../templates/style.css");

/// Allows that one style sheet by its hash, and nothing else.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy of plain characters is a header")
});

/// A callback that could not be tied to an attempt.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    /// What finds it in the log.
    pub(crate) reference: String,
}

#[derive(Template)]
#[template(path = "connected.html")]
struct Connected<'a> {
    style: &'static str,
    shown: &'a Shown,
    workspace: &'a str,
    linked: bool,
    reference: String,
}

#[derive(Template)]
#[template(path = "in_progress.html")]
struct InProgress<'a> {
    style: &'static str,
    shown: &'a Shown,
    reference: String,
}

#[derive(Template)]
#[template(path = "failed.html")]
struct Failed<'a> {
    style: &'static str,
    title: &'static str,
    environment: Option<&'a str>,
    reason: Reason,
    reference: String,
}

/// The page of an attempt.
pub(crate) fn result(shown: &Shown) -> Response {
    let attempt = &shown.attempt;
    let reference = attempt.id.to_string();
    match (attempt.status, attempt.reason) {
        (AttemptStatus::Completed, _) => render(&Connected {
            style: STYLE,
            workspace: attempt.workspace_name.as_deref().unwrap_or_default(),
            linked: attempt.purpose == Purpose::LinkUser,
            shown,
            reference,
        }),
        (_, Some(reason)) => {
            let page = Failed {
                style: STYLE,
                title: title(reason),
                environment: Some(&shown.environment),
                reason,
                reference,
            };
            (status_of(reason), render(&page)).into_response()
        }
        _ => render(&InProgress {
            style: STYLE,
            shown,
            reference,
        }),
    }
}

/// The page of a callback without an attempt.
pub(crate) fn fault(fault: &Fault) -> Response {
    let page = Failed {
        style: STYLE,
        title: title(fault.reason),
        environment: None,
        reason: fault.reason,
        reference: fault.reference.clone(),
    };
    let status = status_of(fault.reason);
    let mut response = (status, render(&page)).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

fn title(reason: Reason) -> &'static str {
    match reason {
        Reason::AccessDenied => "Not connected",
        Reason::AttemptUnknown => "Nothing here",
        _ => "This did not work",
    }
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => secured(Html(html).into_response()),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            secured(status_of(Reason::Internal).into_response())
        }
    }
}

/// Adds what keeps codes and states out of histories, referrers and frames.
pub(crate) fn secured(mut response: Response) -> Response {
    const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
    let fixed: [(HeaderName, &'static str); 3] = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
