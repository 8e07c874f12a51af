//! Keyset pages. The border is a comparison of rows, which an index on `(…, created_at, id)`
//! answers without reading what lies before it.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};
use tieline_domain::{
    id::EnvironmentId,
    page::{COUNT_CAP, From, Order, PageRequest},
    ports::StoreError,
    provider::ProviderId,
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

/// Appends to a `WHERE` a page of those rows of a table that match what `push_filter` appends, and
/// are at this provider, if there is one.
///
/// A provider's integrations are asked one by one, each for as many as the page has room for: the
/// index on them is in the order of the list, and no row is read in vain.
pub(crate) fn push_matching_page(
    query: &mut QueryBuilder<Sqlite>,
    table: &str,
    environment: EnvironmentId,
    provider: Option<&ProviderId>,
    page: &PageRequest,
    push_filter: impl FnOnce(&mut QueryBuilder<Sqlite>),
) {
    let Some(provider) = provider else {
        push_filter(query);
        return push_page(query, table, page);
    };
    query.push(format_args!(
        "{table}.rowid IN (
             SELECT matched.rowid FROM integrations AS at CROSS JOIN {table} AS matched
             WHERE at.environment_id = "
    ));
    query.push_bind(environment.0);
    query.push(" AND at.provider = ");
    query.push_bind(provider.as_str());
    query.push(format_args!(
        " AND matched.rowid IN (
             SELECT {table}.rowid FROM {table} WHERE {table}.integration_id = at.id AND "
    ));
    push_filter(query);
    push_page(query, table, page);
    query.push("))");
    push_page(query, table, page);
}

/// Counts the rows of a table that match what `push_filter` appends, and are at this provider, if
/// there is one: up to one over [`COUNT_CAP`], unless they are known.
pub(crate) async fn count_matching(
    connection: &mut SqliteConnection,
    table: &str,
    environment: EnvironmentId,
    provider: Option<&ProviderId>,
    known: Option<u64>,
    push_filter: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<u64, StoreError> {
    count(connection, known, |query| {
        if let Some(provider) = provider {
            // A cross join is walked from left to right.
            query.push(format_args!(
                "integrations AS at CROSS JOIN {table} ON {table}.integration_id = at.id
                 WHERE at.environment_id = "
            ));
            query.push_bind(environment.0);
            query.push(" AND at.provider = ");
            query.push_bind(provider.as_str()).push(" AND ");
        } else {
            query.push(format_args!("{table} WHERE "));
        }
        push_filter(query);
    })
    .await
}

/// Counts the rows of a filter, up to one over [`COUNT_CAP`], unless they are known. `source` is
/// table and `WHERE` clause.
pub(crate) async fn count(
    connection: &mut SqliteConnection,
    known: Option<u64>,
    source: impl FnOnce(&mut QueryBuilder<Sqlite>),
) -> Result<u64, StoreError> {
    if let Some(total) = known {
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
