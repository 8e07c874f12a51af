//! Keyset pages. The border is a comparison of rows, which an index on `(…, created_at, id)`
//! answers without reading what lies before it.

use tieline_domain::{
    page::{COUNT_CAP, From, Order, PageRequest},
    ports::StoreError,
};
use uuid::Uuid;

use crate::error::unavailable;

/// Counts the rows of a statement that goes on behind `SELECT 1`, and ends in a limit.
macro_rules! counted {
    ([$($sql:literal),+], $($argument:expr),+) => {
        sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM (SELECT 1 "# $(+ $sql)+ + ") AS counted",
            $($argument),+
        )
    };
}

/// How far a statement counts: one over [`COUNT_CAP`], as the port wants it.
pub(crate) const COUNTED: i64 = COUNT_CAP.cast_signed() + 1;

/// How many rows the list of a page has: what the page knows, else what `count` counts.
pub(crate) async fn total(
    page: &PageRequest,
    count: impl Future<Output = Result<i64, sqlx::Error>>,
) -> Result<u64, StoreError> {
    if let Some(total) = page.total {
        return Ok(total);
    }
    Ok(count.await.map_err(unavailable)?.cast_unsigned())
}

/// The part of a list that a page asks for, as a statement takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Whether rows are read from the border upwards or downwards.
    pub(crate) ascending: bool,
    /// The border, before which (or behind which) nothing is read.
    pub(crate) created_at: i64,
    /// The border among rows of that very time.
    pub(crate) id: Uuid,
    /// How many rows are read: one more than asked for, by which
    /// [`tieline_domain::page::Page::of`] sees whether there is more.
    pub(crate) limit: i64,
}

impl Window {
    pub(crate) fn of(page: &PageRequest) -> Self {
        let backwards = matches!(page.from, From::Before(_));
        let ascending = (page.order == Order::Ascending) != backwards;
        let (created_at, id) = match page.from {
            From::After(border) | From::Before(border) => {
                (border.created_at.as_microsecond(), border.id)
            }
            // Beyond all that is stored, so that one statement serves the first page, too.
            From::Start if ascending => (i64::MIN, Uuid::nil()),
            From::Start => (i64::MAX, Uuid::max()),
        };
        Self {
            ascending,
            created_at,
            id,
            limit: i64::from(page.limit) + 1,
        }
    }
}
