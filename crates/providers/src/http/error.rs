//! What can go wrong with a call, told apart by what the other side may have done.

use tieline_domain::{ports::ProviderError, reason::Reason};

/// A call brought no answer that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The address is not public, or not encrypted, and the operator allows no such ones. Nothing
    /// was sent.
    #[error("address refused")]
    AddressRefused,
    /// A value of the call cannot stand in an HTTP header. Nothing was sent.
    #[error("unsendable")]
    Unsendable,
    /// Nobody listens at the address. Nothing was sent.
    #[error("connection refused")]
    ConnectionRefused,
    /// No connection came about: name, network or certificate. Nothing was sent.
    #[error("no connection")]
    Unreachable,
    /// The call was sent, and no whole answer came in time.
    #[error("no answer in time")]
    TimedOut,
    /// The call was sent or partly sent, and the connection broke before an answer.
    #[error("connection lost")]
    NoAnswer,
    /// The connection broke inside the answer.
    #[error("answer cut off")]
    Truncated,
    /// The answer is longer than is read.
    #[error("answer too large")]
    TooLarge,
    /// The answer is not the JSON that was expected.
    #[error("answer unreadable")]
    Unreadable,
}

/// The HTTP client could not be set up, for instance for want of root certificates.
#[derive(Debug, thiserror::Error)]
#[error("the client for outgoing calls cannot be set up")]
pub struct EgressSetupError(#[source] pub(super) reqwest::Error);

impl From<EgressError> for ProviderError {
    fn from(error: EgressError) -> Self {
        let reason = match error {
            EgressError::AddressRefused
            | EgressError::ConnectionRefused
            | EgressError::Unreachable => Reason::ProviderUnreachable,
            EgressError::TimedOut | EgressError::NoAnswer => Reason::ProviderError,
            EgressError::Truncated | EgressError::TooLarge | EgressError::Unreadable => {
                Reason::InvalidResponse
            }
            EgressError::Unsendable => Reason::Internal,
        };
        Self {
            reason,
            provider_error: Some(error.to_string()),
            retry_after: None,
        }
    }
}

/// Tells why there was no answer. Of the error itself nothing is kept: its text holds the URL.
pub(super) fn why_no_answer(error: &reqwest::Error) -> EgressError {
    if !error.is_connect() {
        return if error.is_timeout() {
            EgressError::TimedOut
        } else {
            EgressError::NoAnswer
        };
    }
    let sources = || std::iter::successors(std::error::Error::source(error), |e| e.source());
    let is_refusal = |e: &std::io::Error| e.kind() == std::io::ErrorKind::ConnectionRefused;
    if sources().any(<dyn std::error::Error>::is::<super::resolver::NoPublicAddress>) {
        EgressError::AddressRefused
    } else if sources().filter_map(|e| e.downcast_ref()).any(is_refusal) {
        EgressError::ConnectionRefused
    } else {
        EgressError::Unreachable
    }
}

/// Tells why an answer that had begun did not end.
pub(super) fn why_no_end(error: &reqwest::Error) -> EgressError {
    if error.is_timeout() {
        EgressError::TimedOut
    } else {
        EgressError::Truncated
    }
}
