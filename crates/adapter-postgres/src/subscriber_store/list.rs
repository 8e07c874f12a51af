//! Listing subscribers.

use tieline_domain::{
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{StoreError, SubscriberFilter},
    subscriber::{Subscriber, SubscriberId},
};

use super::row::SubscriberRow;
use crate::{
    column::is_storable,
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

// What an index has the beginning of is compared twice: by that, and as a whole.
macro_rules! matching {
    ($those:ident, $($first:tt)+) => {
        $those!(
            "environment_id = $1
                AND ($2::text IS NULL OR subscriber_id = $2)
                AND ($3::text IS NULL OR left(email, 200) = left($3, 200) AND email = $3)
                AND ($4::text IS NULL OR left(phone, 200) = left($4, 200) AND phone = $4)",
            $($first)+
        )
    };
}

macro_rules! of_any_name {
    ($conditions:literal, $query:ident, [$($rest:literal),+], $environment:expr, $filter:expr,
     $($argument:expr),+) => {
        $query!(
            ["FROM subscribers WHERE $5::text IS NULL AND ", $conditions, $($rest),+],
            $environment.0,
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.email.as_deref(),
            $filter.phone.as_deref(),
            None::<&str>,
            $($argument),+
        )
    };
}

// What may be the name has an index each, and no subscriber meets two of the three. `$each` goes on
// behind every one of them, `$rest` behind what they have together.
macro_rules! of_one_name {
    ($conditions:literal, $query:ident, $first:literal, $each:tt, $rest:tt, $($argument:expr),+) => {
        of_one_name!(
            @union $query, $first, $rest,
            [$conditions, "AND left(first_name, 200) = left($5, 200) AND first_name = $5"], $each,
            [
                $conditions, "AND first_name IS DISTINCT FROM last_name
                    AND left(last_name, 200) = left($5, 200) AND last_name = $5"
            ], $each,
            [
                $conditions, "AND left(first_name || ' ' || last_name, 200) = left($5, 200)
                    AND first_name || ' ' || last_name = $5"
            ], $each,
            $($argument),+
        )
    };
    (@union $query:ident, $first:literal, [$($rest:literal),+],
     [$($a:literal),+], [$($page_a:literal),*], [$($b:literal),+], [$($page_b:literal),*],
     [$($c:literal),+], [$($page_c:literal),*], $environment:expr, $filter:expr,
     $($argument:expr),+) => {
        $query!(
            [
                $first, "(
                    (SELECT id, created_at FROM subscribers WHERE ", $($a,)+ $($page_a,)* ")
                    UNION ALL
                    (SELECT id, created_at FROM subscribers WHERE ", $($b,)+ $($page_b,)* ")
                    UNION ALL
                    (SELECT id, created_at FROM subscribers WHERE ", $($c,)+ $($page_c,)* ")
                ) AS named", $($rest),+
            ],
            $environment.0,
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.email.as_deref(),
            $filter.phone.as_deref(),
            $filter.name.as_deref(),
            $($argument),+
        )
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    page: &PageRequest,
) -> Result<Page<Subscriber>, StoreError> {
    let position = |subscriber: &Subscriber| Position {
        created_at: subscriber.created_at,
        id: subscriber.id.0,
    };
    if !may_match(filter) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut session = access.planner().await?;
    let window = Window::of(page);
    let rows = rows(&mut session, environment, filter, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let subscribers = rows.map(Subscriber::try_from).collect::<Result<_, _>>()?;
    let total = total(page, count(&mut session, environment, filter)).await?;
    Ok(Page::of(subscribers, page, total, position))
}

fn may_match(filter: &SubscriberFilter) -> bool {
    let SubscriberFilter {
        subscriber_id: _,
        email,
        phone,
        name,
    } = filter;
    let mut texts = [email, phone, name].into_iter().flatten();
    texts.all(|text| is_storable(text))
}

// The rows of a window, which goes upwards or downwards.
macro_rules! in_order {
    ($session:expr, $comparison:literal, $direction:literal, $environment:expr, $filter:expr,
     $window:expr) => {
        if $filter.name.is_none() {
            matching!(
                of_any_name,
                select,
                [
                    " AND (created_at, id) ",
                    $comparison,
                    " ($6, $7) ORDER BY created_at ",
                    $direction,
                    ", id ",
                    $direction,
                    " LIMIT $8"
                ],
                $environment,
                $filter,
                $window.created_at,
                $window.id,
                $window.limit
            )
            .fetch_all($session)
            .await
        } else {
            matching!(
                of_one_name,
                select,
                "FROM subscribers WHERE environment_id = $1 AND id = ANY (ARRAY (SELECT id FROM ",
                [
                    " AND (created_at, id) ",
                    $comparison,
                    " ($6, $7) ORDER BY created_at ",
                    $direction,
                    ", id ",
                    $direction,
                    " LIMIT $8"
                ],
                [
                    " ORDER BY created_at ",
                    $direction,
                    ", id ",
                    $direction,
                    " LIMIT $8))
                    ORDER BY created_at ",
                    $direction,
                    ", id ",
                    $direction
                ],
                $environment,
                $filter,
                $window.created_at,
                $window.id,
                $window.limit
            )
            .fetch_all($session)
            .await
        }
    };
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    window: Window,
) -> Result<Vec<SubscriberRow>, sqlx::Error> {
    if window.ascending {
        in_order!(session, ">", "", environment, filter, window)
    } else {
        in_order!(session, "<", "DESC", environment, filter, window)
    }
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) -> Result<i64, sqlx::Error> {
    if filter.name.is_none() {
        let counted = matching!(
            of_any_name,
            counted,
            [" LIMIT $6"],
            environment,
            filter,
            COUNTED
        );
        return counted.fetch_one(session).await;
    }
    let counted = matching!(
        of_one_name,
        counted,
        "FROM ",
        [],
        [" LIMIT $6"],
        environment,
        filter,
        COUNTED
    );
    counted.fetch_one(session).await
}
