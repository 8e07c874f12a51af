//! What comes back by way of a browser, and what becomes of it.

use secrecy::SecretString;
use tieline_domain::{
    attempt::ConnectAttempt,
    reason::Reason,
    usecase::{Callback, Progress, UseCaseError},
};
use url::Url;

/// The person allowed it.
pub(crate) fn code(state: &str) -> Callback {
    Callback {
        state: Some(state.to_owned()),
        code: Some(SecretString::from("the-code")),
        ..Default::default()
    }
}

/// The provider sent this error.
pub(crate) fn refused(state: &str, error: &str) -> Callback {
    Callback {
        state: Some(state.to_owned()),
        error: Some(error.to_owned()),
        ..Default::default()
    }
}

/// An administrator consented for this tenant.
pub(crate) fn consented(state: &str, tenant: &str) -> Callback {
    Callback {
        state: Some(state.to_owned()),
        tenant: Some(tenant.to_owned()),
        admin_consent: Some("True".to_owned()),
        ..Default::default()
    }
}

pub(crate) fn state_of(url: &str) -> String {
    param(url, "state").unwrap()
}

pub(crate) fn path_of(url: &str) -> String {
    Url::parse(url).unwrap().path().to_owned()
}

pub(crate) fn param(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).unwrap();
    url.query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

pub(crate) fn attempt(progress: Progress) -> ConnectAttempt {
    match progress {
        Progress::Attempt(attempt) => *attempt,
        Progress::SignIn(url) => panic!("the person is to sign in at {url}"),
    }
}

pub(crate) fn sign_in(progress: Progress) -> String {
    match progress {
        Progress::SignIn(url) => url,
        Progress::Attempt(attempt) => panic!("the flow is over: {attempt:?}"),
    }
}

/// Why something was refused, and in which words.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, UseCaseError>) -> (Reason, String) {
    match result.unwrap_err() {
        UseCaseError::Refused(refusal) => (refusal.reason, refusal.message),
        error => panic!("not refused, but {error:?}"),
    }
}
