//! From the database's errors to the ports'.

use sqlx::error::DatabaseError;
use tieline_domain::ports::{InsertError, RecordError, StoreError};

/// An error that says nothing about the data: busy, full, closed, broken.
pub(crate) fn unavailable(error: sqlx::Error) -> StoreError {
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

/// An error of writing a connection or endpoint. Of all that they refer to, only a subscriber can
/// be missing: the others are looked up within the transaction that writes.
pub(crate) fn record_error(error: sqlx::Error) -> RecordError {
    if is_unique_violation(&error) {
        RecordError::Raced
    } else if is_foreign_key_violation(&error) {
        RecordError::SubscriberGone
    } else {
        unavailable(error).into()
    }
}

fn is_unique_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(DatabaseError::is_unique_violation)
}

pub(crate) fn is_foreign_key_violation(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(DatabaseError::is_foreign_key_violation)
}
