//! Keyset pages. The border is a comparison of rows, which an index on `(…, created_at, id)`
//! answers without reading what lies before it.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    page::{COUNT_CAP, From, Order, PageRequest},
    ports::StoreError,
};

use crate::error::unavailable;

/// Appends border, order and limit of a page to a query that ends in a `WHERE` clause. Reads one
/// row more than asked for, by which [`tieline_domain::page::Page::of`] sees whether there is
/// more.
pub(crate) fn push_page(query: &mut QueryBuilder<Sqlite>, table: &str, page: &PageRequest) {
    let backwards = matches!(page.from, From::Before(_));
    let ascending = (page.order == Order::Ascending) != backwards;
    let (comparison, direction) = if ascending {
        (">", "ASC")
    } else {
        ("<", "DESC")
    };
    if let From::After(border) | From::Before(border) = page.from {
        query.push(format_args!(
            " AND ({table}.created_at, {table}.id) {comparison} ("
        ));
        query.push_bind(border.created_at.as_microsecond());
        query.push(", ").push_bind(border.id).push(")");
    }
    query.push(format_args!(
        " ORDER BY {table}.created_at {direction}, {table}.id {direction} LIMIT "
    ));
    query.push_bind(i64::from(page.limit) + 1);
}

/// Counts the rows of a filter, up to one over [`COUNT_CAP`], unless the page knows them. `source`
/// is table and `WHERE` clause.
pub(crate) async fn count(
    connection: &mut SqliteConnection,
    page: &PageRequest,
    source: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<u64, StoreError> {
    if let Some(total) = page.total {
        return Ok(total);
    }
    let mut query = QueryBuilder::new("SELECT count(*) FROM (SELECT 1 FROM ");
    source(&mut query);
    query
        .push(" LIMIT ")
        .push_bind(COUNT_CAP.cast_signed() + 1)
        .push(")");
    let count: i64 = query
        .build_query_scalar()
        .fetch_one(connection)
        .await
        .map_err(unavailable)?;
    Ok(count.cast_unsigned())
}

#[cfg(test)]
mod tests;
