//! Pages on the wire.

use axum::Json;
use serde::{Deserialize, Serialize};
use tieline_domain::{
    id::EnvironmentId,
    page::{From, Order, Page, PageRequest, Position},
    ports::StoreError,
    reason::Reason,
};
use utoipa::{IntoParams, ToSchema};

use crate::{api::Api, error::ApiError, query::QueryString};

mod totals;

pub use totals::Totals;

/// The parameters that choose a page; all others choose a list.
const PAGING: [&str; 5] = ["limit", "after", "before", "orderBy", "orderDirection"];

const DEFAULT_LIMIT: u32 = 10;
const MAX_LIMIT: u32 = 100;

/// The paging parameters of every list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "documents what `page_request` reads")]
pub(crate) struct PageParams {
    /// At most so many items, 1 to 100.
    #[param(required = false, default = 10, minimum = 1, maximum = 100)]
    limit: u32,
    /// The `next` cursor of the page before.
    #[param(required = false)]
    after: String,
    /// The `previous` cursor of the page after. Not together with `after`.
    #[param(required = false)]
    before: String,
    /// The order by creation.
    #[param(required = false, inline)]
    order_direction: Direction,
}

/// The order of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(default = "DESC")]
pub(crate) enum Direction {
    /// Oldest first.
    #[schema(rename = "ASC")]
    Asc,
    /// Newest first.
    #[schema(rename = "DESC")]
    Desc,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageBody<T> {
    /// The items.
    pub(crate) data: Vec<T>,
    /// The cursor of the following page, for `after`; null on the last page.
    #[schema(required, example = "AXk2Zq3vT9")]
    pub(crate) next: Option<String>,
    /// The cursor of the preceding page, for `before`; null on the first page.
    #[schema(required, example = "AXk2Zq3vT9")]
    pub(crate) previous: Option<String>,
    /// How many items the whole list has, counted up to 50,000. Of a list with a thousand or more
    /// the count may be ten seconds old.
    pub(crate) total_count: u64,
    /// Whether it has more than that.
    pub(crate) total_count_capped: bool,
}

/// The page of a list that a query asks for: `fetch` reads it, `turn` turns its rows into bodies.
/// A cursor that is not one of this list leads to an empty page.
pub(crate) async fn answer<T, U>(
    api: &Api,
    environment: EnvironmentId,
    list: &str,
    mut query: QueryString,
    fetch: impl AsyncFnOnce(&PageRequest) -> Result<Page<T>, StoreError>,
    turn: impl FnMut(T) -> U,
) -> Result<Json<PageBody<U>>, ApiError> {
    let request = page_request(api, environment, list, &mut query)?;
    let place = (environment, format!("{list}?{}", query.without(&PAGING)));
    query.finish()?;
    let page = match request {
        Some(request) => counted(api, place, request, fetch).await?,
        None => Page::empty(),
    };
    let seal = |position: Position| api.cursors.seal(environment, list, position);
    Ok(Json(PageBody {
        next: page.next.map(seal),
        previous: page.previous.map(seal),
        total_count: page.total,
        total_count_capped: page.total_capped,
        data: page.items.into_iter().map(turn).collect(),
    }))
}

/// Fetches a page of a list, which is counted unless that was done not long ago.
async fn counted<T>(
    api: &Api,
    place: totals::Place,
    mut request: PageRequest,
    fetch: impl AsyncFnOnce(&PageRequest) -> Result<Page<T>, StoreError>,
) -> Result<Page<T>, StoreError> {
    let now = api.broker.clock.now();
    request.total = api.totals.recall(&place, now);
    let page = fetch(&request).await?;
    if request.total.is_none() {
        api.totals.note(place, &page, now);
    }
    Ok(page)
}

/// Which page a query asks for. `None` where its cursor is not one of this list.
fn page_request(
    api: &Api,
    environment: EnvironmentId,
    list: &str,
    query: &mut QueryString,
) -> Result<Option<PageRequest>, ApiError> {
    let limit = read_limit(query);
    let order = read_order(query);
    let open = |cursor: &str| api.cursors.open(environment, list, cursor);
    let from = match (query.text("after"), query.text("before")) {
        (Some(_), Some(_)) => return Err(Reason::CursorConflict.into()),
        (Some(after), None) => open(&after).map(From::After),
        (None, Some(before)) => open(&before).map(From::Before),
        (None, None) => Some(From::Start),
    };
    Ok(from.map(|from| PageRequest {
        limit,
        from,
        order,
        total: None,
    }))
}

/// A limit may be written as `5` and, since some clients do, as `5.0`.
fn read_limit(query: &mut QueryString) -> u32 {
    let Some(text) = query.text("limit") else {
        return DEFAULT_LIMIT;
    };
    let whole = text.strip_suffix(".0").unwrap_or(&text);
    match whole.parse() {
        Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => limit,
        _ => {
            query.problem("limit", "must be a whole number from 1 to 100");
            DEFAULT_LIMIT
        }
    }
}

fn read_order(query: &mut QueryString) -> Order {
    if query.text("orderBy").is_some_and(|by| by != "createdAt") {
        query.problem("orderBy", "must be createdAt");
    }
    match query.text("orderDirection").as_deref() {
        None | Some("DESC") => Order::Descending,
        Some("ASC") => Order::Ascending,
        Some(_) => {
            query.problem("orderDirection", "must be ASC or DESC");
            Order::Descending
        }
    }
}

impl<T> PageBody<T> {
    /// The same page of what `turn` makes of its items.
    pub(crate) async fn try_map<U>(
        self,
        turn: impl AsyncFnOnce(Vec<T>) -> Result<Vec<U>, ApiError>,
    ) -> Result<PageBody<U>, ApiError> {
        Ok(PageBody {
            data: turn(self.data).await?,
            next: self.next,
            previous: self.previous,
            total_count: self.total_count,
            total_count_capped: self.total_count_capped,
        })
    }
}
