//! What a check found.

use std::fmt;

use serde::Serialize;

/// What a check found. Whatever is not good says how to mend it.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// What was looked at.
    pub(super) what: String,
    pub(super) state: State,
    /// What was seen; holds no secret.
    pub(super) told: String,
    /// How to mend it.
    pub(super) mend: Option<String>,
}

/// How good it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// Nothing is to be done.
    Good,
    /// It works, and somebody should know.
    Warning,
    /// Something does not work, or is not safe.
    Bad,
}

impl Finding {
    pub(super) fn good(what: impl Into<String>, told: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            state: State::Good,
            told: told.into(),
            mend: None,
        }
    }

    pub(super) fn warning(
        what: impl Into<String>,
        told: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Warning,
            mend: Some(mend.into()),
            ..Self::good(what, told)
        }
    }

    pub(super) fn bad(
        what: impl Into<String>,
        told: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Bad,
            ..Self::warning(what, told, mend)
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        })
    }
}
