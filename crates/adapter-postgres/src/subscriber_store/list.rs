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

// Address and number are compared twice: by what the index has of them, and as a whole.
macro_rules! matching {
    ($query:ident, $rest:literal, $environment:expr, $filter:expr, $($argument:expr),+) => {
        $query!(
            ["FROM subscribers WHERE environment_id = $1
                AND ($2::text IS NULL OR subscriber_id = $2)
                AND ($3::text IS NULL OR left(email, 200) = left($3, 200) AND email = $3)
                AND ($4::text IS NULL OR left(phone, 200) = left($4, 200) AND phone = $4)
                AND ($5::text IS NULL
                     OR $5 IN (first_name, last_name, first_name || ' ' || last_name))", $rest],
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

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    window: Window,
) -> Result<Vec<SubscriberRow>, sqlx::Error> {
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        let upwards = matching!(
            select,
            " AND (created_at, id) > ($6, $7) ORDER BY created_at, id LIMIT $8",
            environment,
            filter,
            created_at,
            id,
            limit
        );
        upwards.fetch_all(session).await
    } else {
        let downwards = matching!(
            select,
            " AND (created_at, id) < ($6, $7) ORDER BY created_at DESC, id DESC LIMIT $8",
            environment,
            filter,
            created_at,
            id,
            limit
        );
        downwards.fetch_all(session).await
    }
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) -> Result<i64, sqlx::Error> {
    matching!(counted, " LIMIT $6", environment, filter, COUNTED)
        .fetch_one(session)
        .await
}
