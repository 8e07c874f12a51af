//! How a store fails.

use std::error::Error;

/// A store could not do what it was asked to. Not finding something is no failure.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, full or overloaded: the same call may succeed later. So may one that
    /// names an environment, or an organization, which is not there.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A stored value does not have the form it was written in.
    #[error("{table}.{column} holds a value that cannot be read: {problem}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it; never the value itself.
        problem: String,
    },
}

/// An insert did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InsertError {
    /// The identifier is taken.
    #[error("the identifier is taken")]
    Taken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
