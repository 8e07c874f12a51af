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

/// The rows of a table that a window shows, in its order: `$select` goes on behind its `WHERE`, and
/// `$then` orders what is of one row of the table. Only those at a provider, if there is one.
///
/// `$conditions` calls the table `matched`, the environment `$1`, and has `$6` and on for arguments
/// of its own.
///
/// A provider's integrations are asked one by one, each for as many as the page has room for: the
/// index on them is in the order of the list, and no row is read in vain.
macro_rules! window_of {
    ($session:expr, $select:ident, $table:literal, $then:literal, $conditions:literal,
     $environment:expr, $provider:expr, $window:expr, $($argument:expr),+) => {
        match ($provider, $window.ascending) {
            (None, true) => window_of! { @all $session, $select, $table, $then, ">", "",
                $conditions, $environment, None::<&str>, $window, $($argument),+ },
            (None, false) => window_of! { @all $session, $select, $table, $then, "<", "DESC",
                $conditions, $environment, None::<&str>, $window, $($argument),+ },
            (provider, true) => window_of! { @of_provider $session, $select, $table, $then, ">", "",
                $conditions, $environment, provider, $window, $($argument),+ },
            (provider, false) => window_of! { @of_provider $session, $select, $table, $then, "<",
                "DESC", $conditions, $environment, provider, $window, $($argument),+ },
        }
    };
    (@all $session:expr, $select:ident, $table:literal, $then:literal, $comparison:literal,
     $direction:literal, $conditions:literal, $($argument:expr),+) => {
        window_of!(
            @fetch $session, $select, $table, $then, $direction,
            [
                "SELECT matched.id FROM ", $table, " AS matched
                 WHERE $2::text IS NULL AND matched.environment_id = $1 AND ", $conditions, "
                     AND (matched.created_at, matched.id) ", $comparison, " ($3, $4)"
            ],
            $($argument),+
        )
    };
    (@of_provider $session:expr, $select:ident, $table:literal, $then:literal, $comparison:literal,
     $direction:literal, $conditions:literal, $($argument:expr),+) => {
        window_of!(
            @fetch $session, $select, $table, $then, $direction,
            [
                "SELECT matched.id FROM integrations CROSS JOIN LATERAL (
                     SELECT matched.id, matched.created_at FROM ", $table, " AS matched
                     WHERE matched.environment_id = $1
                         AND matched.integration_id = integrations.id AND ", $conditions, "
                         AND (matched.created_at, matched.id) ", $comparison, " ($3, $4)
                     ORDER BY matched.created_at ", $direction, ", matched.id ", $direction, "
                     LIMIT $5
                 ) AS matched
                 WHERE integrations.environment_id = $1 AND integrations.provider = $2"
            ],
            $($argument),+
        )
    };
    (@fetch $session:expr, $select:ident, $table:literal, $then:literal, $direction:literal,
     [$($matched:literal),+], $environment:expr, $provider:expr, $window:expr,
     $($argument:expr),+) => {
        $select!(
            [
                $table, ".environment_id = $1 AND ", $table, ".id = ANY (ARRAY (", $($matched,)+ "
                     ORDER BY matched.created_at ", $direction, ", matched.id ", $direction, "
                     LIMIT $5
                 ))
                 ORDER BY ", $table, ".created_at ", $direction, ", ", $table, ".id ", $direction,
                $then
            ],
            $environment.0,
            $provider,
            $window.created_at,
            $window.id,
            $window.limit,
            $($argument),+
        )
        .fetch_all($session)
        .await
    };
}

/// Counts the rows that `window_of!` would show in a window without an end.
macro_rules! count_of {
    ($session:expr, $table:literal, $conditions:literal, $environment:expr, $provider:expr,
     $($argument:expr),+) => {
        match $provider {
            None => count_of!(@all $session, $table, $conditions, $environment, $($argument),+),
            provider => count_of!(
                @fetch $session,
                [
                    "FROM integrations CROSS JOIN LATERAL (
                         SELECT FROM ", $table, " AS matched WHERE matched.environment_id = $1
                             AND matched.integration_id = integrations.id AND ", $conditions, "
                         LIMIT $5
                     ) AS matched
                     WHERE integrations.environment_id = $1 AND integrations.provider = $2"
                ],
                $environment, provider, $($argument),+
            ),
        }
    };
    (@all $session:expr, $table:literal, $conditions:literal, $environment:expr,
     $($argument:expr),+) => {
        count_of!(
            @fetch $session,
            [
                "FROM ", $table, " AS matched WHERE $2::text IS NULL
                     AND matched.environment_id = $1 AND ", $conditions
            ],
            $environment, None::<&str>, $($argument),+
        )
    };
    (@fetch $session:expr, [$($matched:literal),+], $environment:expr, $provider:expr,
     $($argument:expr),+) => {
        counted!(
            // The place of a window's border is kept, so that conditions count on from `$6`.
            [$($matched,)+ " AND $3::bigint IS NULL AND $4::uuid IS NULL LIMIT $5"],
            $environment.0,
            $provider,
            None::<i64>,
            None::<uuid::Uuid>,
            $crate::keyset::COUNTED,
            $($argument),+
        )
        .fetch_one($session)
        .await
    };
}

/// Like `window_of!`, of a table that knows no providers.
macro_rules! window_of_all {
    ($session:expr, $select:ident, $table:literal, $conditions:literal, $environment:expr,
     $window:expr, $($argument:expr),+) => {
        if $window.ascending {
            window_of! { @all $session, $select, $table, "", ">", "", $conditions, $environment,
                None::<&str>, $window, $($argument),+ }
        } else {
            window_of! { @all $session, $select, $table, "", "<", "DESC", $conditions,
                $environment, None::<&str>, $window, $($argument),+ }
        }
    };
}

/// Like `window_of!`, of those rows that meet one of three conditions more, of which no row meets
/// two. Each is asked for as many as the page has room for, out of an index of its own.
macro_rules! window_of_three {
    ($session:expr, $select:ident, $table:literal, $cases:tt, $conditions:literal,
     $environment:expr, $window:expr, $($argument:expr),+) => {
        if $window.ascending {
            window_of_three! { @in_order $session, $select, $table, ">", "", $cases, $conditions,
                $environment, $window, $($argument),+ }
        } else {
            window_of_three! { @in_order $session, $select, $table, "<", "DESC", $cases,
                $conditions, $environment, $window, $($argument),+ }
        }
    };
    (@in_order $session:expr, $select:ident, $table:literal, $comparison:literal,
     $direction:literal, [$a:literal, $b:literal, $c:literal], $conditions:literal,
     $environment:expr, $window:expr, $($argument:expr),+) => {
        window_of!(
            @fetch $session, $select, $table, "", $direction,
            [
                "SELECT matched.id FROM (
                     (SELECT matched.id, matched.created_at FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $a, "
                             AND (matched.created_at, matched.id) ", $comparison, " ($3, $4)
                         ORDER BY matched.created_at ", $direction, ", matched.id ", $direction, "
                         LIMIT $5)
                     UNION ALL
                     (SELECT matched.id, matched.created_at FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $b, "
                             AND (matched.created_at, matched.id) ", $comparison, " ($3, $4)
                         ORDER BY matched.created_at ", $direction, ", matched.id ", $direction, "
                         LIMIT $5)
                     UNION ALL
                     (SELECT matched.id, matched.created_at FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $c, "
                             AND (matched.created_at, matched.id) ", $comparison, " ($3, $4)
                         ORDER BY matched.created_at ", $direction, ", matched.id ", $direction, "
                         LIMIT $5)
                 ) AS matched WHERE $2::text IS NULL"
            ],
            $environment, None::<&str>, $window, $($argument),+
        )
    };
}

/// Counts the rows that `window_of_three!` would show in a window without an end.
macro_rules! count_of_three {
    ($session:expr, $table:literal, [$a:literal, $b:literal, $c:literal], $conditions:literal,
     $environment:expr, $($argument:expr),+) => {
        count_of!(
            @fetch $session,
            [
                "FROM (
                     (SELECT FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $a, ")
                     UNION ALL
                     (SELECT FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $b, ")
                     UNION ALL
                     (SELECT FROM ", $table, " AS matched
                         WHERE matched.environment_id = $1 AND ", $conditions, " AND ", $c, ")
                 ) AS matched WHERE $2::text IS NULL"
            ],
            $environment, None::<&str>, $($argument),+
        )
    };
}

/// How far a statement counts: one over [`COUNT_CAP`], as the port wants it.
pub(crate) const COUNTED: i64 = COUNT_CAP.cast_signed() + 1;

/// How many rows a list has: what is known, else what `count` counts.
pub(crate) async fn total(
    known: Option<u64>,
    count: impl Future<Output = Result<i64, sqlx::Error>>,
) -> Result<u64, StoreError> {
    if let Some(total) = known {
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
