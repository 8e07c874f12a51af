//! What can go wrong with a call, told apart by what the other side may have done.

use std::io::{self, ErrorKind};

use tieline_domain::{
    ports::{ProviderError, RefreshError},
    reason::Reason,
};

/// A call brought no answer that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The address is not public, or not encrypted, and the operator allows no such ones. Nothing
    /// was sent.
    #[error("address refused")]
    AddressRefused,
    /// A value of the call cannot stand in an HTTP request. Nothing was sent.
    #[error("unsendable")]
    Unsendable,
    /// Nobody listens at the address. Nothing was sent.
    #[error("connection refused")]
    ConnectionRefused,
    /// No connection came about, or none in time: name, network or handshake. Nothing was sent.
    #[error("no connection")]
    Unreachable,
    /// Nobody vouches for the certificate, or it is no TLS at all. Nothing was sent.
    #[error("certificate refused")]
    CertificateRefused,
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

impl EgressError {
    /// Whether it is certain that the other side got nothing of the call, so that what it held (a
    /// code, a refresh token) is as good as before. Where it is not, the call may have had its
    /// effect.
    #[must_use]
    pub fn is_unsent(self) -> bool {
        match self {
            Self::AddressRefused
            | Self::Unsendable
            | Self::ConnectionRefused
            | Self::Unreachable
            | Self::CertificateRefused => true,
            Self::TimedOut
            | Self::NoAnswer
            | Self::Truncated
            | Self::TooLarge
            | Self::Unreadable => false,
        }
    }
}

impl From<EgressError> for RefreshError {
    fn from(error: EgressError) -> Self {
        if error.is_unsent() {
            Self::Refused(error.into())
        } else {
            Self::Unknown(error.into())
        }
    }
}

impl From<EgressError> for ProviderError {
    fn from(error: EgressError) -> Self {
        let reason = match error {
            EgressError::AddressRefused
            | EgressError::ConnectionRefused
            | EgressError::Unreachable
            | EgressError::CertificateRefused => Reason::ProviderUnreachable,
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
    if error.is_builder() {
        return EgressError::Unsendable;
    }
    if !error.is_connect() {
        return if error.is_timeout() {
            EgressError::TimedOut
        } else {
            EgressError::NoAnswer
        };
    }
    let sources = || std::iter::successors(std::error::Error::source(error), |e| e.source());
    let failed_as = |kind| {
        let mut errors = sources().filter_map(|e| e.downcast_ref());
        errors.any(|error| is_of(error, kind))
    };
    if sources().any(<dyn std::error::Error>::is::<super::resolver::NoPublicAddress>) {
        EgressError::AddressRefused
    } else if failed_as(ErrorKind::ConnectionRefused) {
        EgressError::ConnectionRefused
    } else if failed_as(ErrorKind::InvalidData) {
        // So a handshake is told of that was read and not accepted.
        EgressError::CertificateRefused
    } else {
        EgressError::Unreachable
    }
}

/// Whether an error is of a kind, or holds one that is: such a one is no source of the other's.
fn is_of(error: &io::Error, kind: ErrorKind) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    error.kind() == kind || inner.is_some_and(|inner| is_of(inner, kind))
}

/// Tells why an answer that had begun did not end.
pub(super) fn why_no_end(error: &reqwest::Error) -> EgressError {
    if error.is_timeout() {
        EgressError::TimedOut
    } else {
        EgressError::Truncated
    }
}
