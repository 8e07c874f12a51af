//! From the database's errors to the ports'.

use sqlx::error::DatabaseError;
use tieline_domain::ports::{InsertError, RecordError, StoreError};

/// Of the foreign keys, those that name a subscriber.
const SUBSCRIBER_KEYS: [&str; 2] = ["connections_subscriber", "endpoints_subscriber"];

/// Two transactions each waited for the other, or cannot both have been alone: Postgres ended this
/// one, of which nothing is left, and the same once more is likely to succeed.
const CONFLICTS: [&str; 2] = ["40P01", "40001"];

/// How often the same is tried.
const TRIES: u32 = 4;

/// What Postgres says of a text with the character NUL.
const NO_SUCH_CHARACTER: &str = "22021";

/// An error that says nothing about the data: away, full, closed, broken.
pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(DatabaseError::code);
    if code.is_some_and(|code| code == NO_SUCH_CHARACTER) {
        return StoreError::Unavailable("Postgres stores no text with the character NUL".into());
    }
    StoreError::Unavailable(Box::new(error))
}

/// An error of an insert whose only unique keys are those that the port speaks of.
pub(crate) fn insert_error(error: sqlx::Error) -> InsertError {
    if is_unique_violation(&error) {
        InsertError::Taken
    } else {
        unavailable(error).into()
    }
}

/// An error of writing a connection or endpoint: what it refers to may have gone meanwhile.
pub(crate) fn record_error(error: sqlx::Error) -> RecordError {
    let database_error = error.as_database_error();
    let missing = database_error.filter(|error| error.is_foreign_key_violation());
    let missing = missing.map(|error| error.constraint().unwrap_or_default());
    match missing {
        Some(key) if SUBSCRIBER_KEYS.contains(&key) => RecordError::SubscriberGone,
        Some(_) => RecordError::Raced,
        None if is_unique_violation(&error) => RecordError::Raced,
        None => unavailable(error).into(),
    }
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(DatabaseError::is_unique_violation)
}

/// An error that may come of a conflict with another transaction.
pub(crate) trait Conflict {
    /// The store's part of it, if it has one.
    fn store_error(&self) -> Option<&StoreError>;
}

impl Conflict for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl Conflict for InsertError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Taken => None,
        }
    }
}

impl Conflict for RecordError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// Does what is whole or not at all, and does it again when it lost a conflict.
pub(crate) async fn retried<T, E: Conflict, F: Future<Output = Result<T, E>>>(
    run: impl Fn() -> F,
) -> Result<T, E> {
    for _ in 1..TRIES {
        match run().await {
            Err(error) if error.store_error().is_some_and(is_conflict) => {}
            answer => return answer,
        }
    }
    run().await
}

fn is_conflict(error: &StoreError) -> bool {
    let code = database_error(error).and_then(DatabaseError::code);
    code.is_some_and(|code| CONFLICTS.contains(&&*code))
}

/// Whether what was to be stored refers to something that is not there.
pub(crate) fn is_foreign_key_violation(error: &StoreError) -> bool {
    database_error(error).is_some_and(DatabaseError::is_foreign_key_violation)
}

fn database_error(error: &StoreError) -> Option<&dyn DatabaseError> {
    let StoreError::Unavailable(cause) = error else {
        return None;
    };
    cause.downcast_ref::<sqlx::Error>()?.as_database_error()
}
