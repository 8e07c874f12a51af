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
    keyset::{Window, total},
};

// What an index has the beginning of is compared twice: by that, and as a whole.
macro_rules! matching {
    ($find:ident, [$($first:tt)+], $environment:expr, $filter:expr, [$($window:expr)?],
     [$($name:expr)?]) => {
        $find!(
            $($first)+,
            "($6::text IS NULL OR matched.subscriber_id = $6)
             AND ($7::text IS NULL OR left(matched.email, 200) = left($7, 200) AND matched.email = $7)
             AND ($8::text IS NULL OR left(matched.phone, 200) = left($8, 200) AND matched.phone = $8)",
            $environment,
            $($window,)?
            $filter.subscriber_id.as_ref().map(SubscriberId::as_str),
            $filter.email.as_deref(),
            $filter.phone.as_deref()
            $(, $name)?
        )
    };
}

// What may be the name has an index each.
macro_rules! named {
    ($find:ident, [$($first:tt)+], $environment:expr, $filter:expr, $name:expr, $window:tt) => {
        matching!(
            $find,
            [
                $($first)+,
                [
                    "left(matched.first_name, 200) = left($9, 200) AND matched.first_name = $9",
                    "matched.first_name IS DISTINCT FROM matched.last_name
                     AND left(matched.last_name, 200) = left($9, 200) AND matched.last_name = $9",
                    "left(matched.first_name || ' ' || matched.last_name, 200) = left($9, 200)
                     AND matched.first_name || ' ' || matched.last_name = $9"
                ]
            ],
            $environment, $filter, $window, [$name]
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
    let subscribers = rows
        .map(Subscriber::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let known = page.known_total(subscribers.len());
    let total = total(known, count(&mut session, environment, filter)).await?;
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

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    window: Window,
) -> Result<Vec<SubscriberRow>, sqlx::Error> {
    match &filter.name {
        Some(name) => {
            named!(
                window_of_three,
                [session, select, "subscribers"],
                environment,
                filter,
                name,
                [window]
            )
        }
        None => matching!(
            window_of_all,
            [session, select, "subscribers"],
            environment,
            filter,
            [window],
            []
        ),
    }
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) -> Result<i64, sqlx::Error> {
    match &filter.name {
        Some(name) => named!(
            count_of_three,
            [session, "subscribers"],
            environment,
            filter,
            name,
            []
        ),
        None => {
            matching!(count_of, [@all session, "subscribers"], environment, filter, [], [])
        }
    }
}
