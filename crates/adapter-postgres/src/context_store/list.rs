//! Listing contexts.

use tieline_domain::{
    context::Context,
    id::EnvironmentId,
    page::{Page, PageRequest, Position},
    ports::{ContextFilter, StoreError},
};

use super::row::ContextRow;
use crate::{
    column::is_storable,
    database::{Access, Session},
    error::unavailable,
    keyset::{COUNTED, Window, total},
};

/// How many contexts are read for a page and sorted, where an index leads to them in no order.
/// Where there are more, a page is sooner filled along the list.
const SORTED: u64 = 10_000;

/// How many times as many contexts as the rarest piece another may have to be looked for beside it.
const LEADING: i64 = 4;

/// Of how many contexts the index of pieces finds all before the first is counted. Where there are
/// more, [`COUNTED`] are sooner met along the list.
const FOUND: i64 = 250_000;

/// Fetches what a statement about the contexts of a list answers. Pieces lead to what has them, in
/// no order, which the planner is not to think over (`OFFSET 0`): it takes rare pieces for more
/// frequent than they are, and would look for them along the list.
macro_rules! matching {
    ($query:ident, $rest:literal, $fetch:ident, $session:expr, $environment:expr, $filter:expr,
     $pieces:expr, $($argument:expr),+) => {
        match $pieces {
            [] => matching!(
                @in $query, ["FROM contexts WHERE $5::text[] = '{}' AND ", "", $rest],
                $fetch, $session, $environment, $filter, $pieces, $($argument),+
            ),
            pieces => matching!(
                @in $query,
                [
                    "FROM (SELECT * FROM contexts
                     WHERE context_pieces(environment_id, kind, context_id) @> $5 AND ",
                    " OFFSET 0) AS contexts WHERE TRUE",
                    $rest
                ],
                $fetch, $session, $environment, $filter, pieces, $($argument),+
            ),
        }
    };
    (@in $query:ident, [$before:literal, $behind:literal, $rest:literal], $fetch:ident,
     $session:expr, $environment:expr, $filter:expr, $pieces:expr, $($argument:expr),+) => {
        $query!(
            [
                $before,
                "environment_id = $1
                 AND ($2::text IS NULL OR kind = $2)
                 AND ($3::text IS NULL OR context_id = $3)
                 AND ($4::text IS NULL OR strpos(kind, $4) > 0 OR strpos(context_id, $4) > 0)",
                $behind,
                $rest
            ],
            $environment.0,
            $filter.kind.as_deref(),
            $filter.id.as_deref(),
            $filter.search.as_deref(),
            $pieces,
            $($argument),+
        )
        .$fetch($session)
        .await
    };
}

pub(super) async fn page(
    access: &Access,
    environment: EnvironmentId,
    filter: &ContextFilter,
    page: &PageRequest,
) -> Result<Page<Context>, StoreError> {
    let position = |context: &Context| Position {
        created_at: context.created_at,
        id: context.id.0,
    };
    if !may_match(filter) {
        return Ok(Page::of(Vec::new(), page, 0, position));
    }
    let mut page = *page;
    let is_long = |page: PageRequest| page.total.is_some_and(|total| total > SORTED);
    let mut session = access.reader().await?;
    let mut pieces = if is_long(page) {
        Vec::new()
    } else {
        let pieces = leading(&mut session, pieces(environment, filter)).await;
        pieces.map_err(unavailable)?
    };
    let mut session = session.without_names();
    if !pieces.is_empty() {
        // By which of two ways a page is read depends on it.
        let count = count(&mut session, environment, filter, &pieces);
        page.total = Some(total(page.total, count).await?);
        if is_long(page) {
            pieces.clear();
        }
    }
    let window = Window::of(&page);
    let rows = rows(&mut session, environment, filter, &pieces, window).await;
    let rows = rows.map_err(unavailable)?.into_iter();
    let contexts = rows.map(Context::try_from);
    let contexts = contexts.collect::<Result<Vec<_>, _>>()?;
    let known = page.known_total(contexts.len());
    let total = total(known, count(&mut session, environment, filter, &pieces)).await?;
    Ok(Page::of(contexts, &page, total, position))
}

fn may_match(filter: &ContextFilter) -> bool {
    let ContextFilter { kind, id, search } = filter;
    [kind, id, search]
        .into_iter()
        .flatten()
        .all(|text| is_storable(text))
}

/// What the index has of the pieces of a search.
fn pieces(environment: EnvironmentId, filter: &ContextFilter) -> Vec<String> {
    let pieces = filter.pieces().into_iter();
    pieces
        .map(|piece| format!("{}{piece}", environment.0))
        .collect()
}

async fn rows(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ContextFilter,
    pieces: &[String],
    window: Window,
) -> Result<Vec<ContextRow>, sqlx::Error> {
    let Window {
        created_at,
        id,
        limit,
        ..
    } = window;
    if window.ascending {
        matching!(
            select,
            " AND (created_at, id) > ($6, $7) ORDER BY created_at, id LIMIT $8",
            fetch_all,
            session,
            environment,
            filter,
            pieces,
            created_at,
            id,
            limit
        )
    } else {
        matching!(
            select,
            " AND (created_at, id) < ($6, $7) ORDER BY created_at DESC, id DESC LIMIT $8",
            fetch_all,
            session,
            environment,
            filter,
            pieces,
            created_at,
            id,
            limit
        )
    }
}

async fn count(
    session: &mut Session,
    environment: EnvironmentId,
    filter: &ContextFilter,
    pieces: &[String],
) -> Result<i64, sqlx::Error> {
    matching!(
        counted,
        " LIMIT $6",
        fetch_one,
        session,
        environment,
        filter,
        pieces,
        COUNTED
    )
}

/// Those of the pieces that are to lead to what has them all: the rarest, which are found sooner
/// without the others, as far as the statistics of the index tell. They know the most common pieces
/// alone; one that they do not know is taken for as common as the least of those. None leads where
/// even the rarest is too common.
async fn leading(session: &mut Session, pieces: Vec<String>) -> Result<Vec<String>, sqlx::Error> {
    if pieces.is_empty() {
        return Ok(pieces);
    }
    // Behind the frequencies stand the least of them, the greatest, and that of nothing.
    let guessed = sqlx::query!(
        r#"SELECT piece AS "piece!", (contexts.reltuples * coalesce(
               frequency, most_common_elem_freqs[cardinality(most_common_elem_freqs) - 2]
           ))::bigint AS "contexts!"
           FROM pg_class AS contexts
               JOIN pg_namespace AS schema ON schema.oid = contexts.relnamespace
               JOIN pg_stats AS statistics ON statistics.schemaname = schema.nspname
                   AND statistics.tablename = 'contexts_by_pieces'
               CROSS JOIN unnest($1::text[]) AS sought (piece)
               LEFT JOIN unnest(most_common_elems::text::text[], most_common_elem_freqs)
                   AS common (piece, frequency) USING (piece)
           WHERE contexts.oid = 'contexts'::regclass AND most_common_elems IS NOT NULL"#,
        &pieces
    );
    let guessed = guessed.fetch_all(session).await?;
    let rarest = guessed.iter().map(|guessed| guessed.contexts).min();
    let Some(rarest) = rarest else {
        return Ok(pieces);
    };
    if rarest > FOUND {
        return Ok(Vec::new());
    }
    let most = rarest.saturating_mul(LEADING);
    let leading = guessed
        .into_iter()
        .filter(|guessed| guessed.contexts <= most);
    Ok(leading.map(|guessed| guessed.piece).collect())
}
