//! Which contexts a list has.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{
    id::EnvironmentId,
    ports::{ContextFilter, PIECE_LETTERS},
};

/// How many contexts are read for a page and sorted, where an index leads to them in no order.
/// Where there are more, a page is sooner filled along the list.
pub(super) const SORTED: u64 = 10_000;

/// Appends a list to a query that ends in `FROM`. Where a text is searched for, its pieces lead to
/// what contains it, in no order.
pub(super) fn push_found(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &ContextFilter,
) {
    let pieces = filter.pieces();
    if pieces.is_empty() {
        return push_listed(query, environment, filter);
    }
    // A cross join is walked from left to right.
    query.push(
        "context_pieces CROSS JOIN contexts ON contexts.number = context_pieces.rowid
         WHERE context_pieces MATCH ",
    );
    let pieces = pieces.iter().map(|piece| {
        let more = if piece.chars().count() < PIECE_LETTERS {
            "*"
        } else {
            ""
        };
        token(environment, "", piece) + more
    });
    let kind = filter.kind.iter().map(|kind| token(environment, "k", kind));
    let tokens: Vec<String> = pieces.chain(kind).collect();
    query.push_bind(tokens.join(" ")).push(" AND ");
    push_filter(query, environment, filter);
}

/// Appends a list, as it goes on in its order, to a query that ends in `FROM`.
pub(super) fn push_listed(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &ContextFilter,
) {
    query.push("contexts WHERE ");
    push_filter(query, environment, filter);
}

/// What `contexts_in_pieces` has for a piece, or behind a mark for another text.
fn token(environment: EnvironmentId, mark: &str, text: &str) -> String {
    hex(&environment.0.as_bytes()[12..]) + mark + &hex(text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    let digits = |text, byte: &u8| format!("{text}{byte:02x}");
    bytes.iter().fold(String::new(), digits)
}

fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &ContextFilter,
) {
    let ContextFilter { kind, id, search } = filter;
    query.push("environment_id = ").push_bind(environment.0);
    if let Some(kind) = kind {
        query.push(" AND kind = ").push_bind(kind);
    }
    if let Some(id) = id {
        query.push(" AND context_id = ").push_bind(id);
    }
    if let Some(text) = search {
        // LIKE would ignore case and take `%` and `_` for wildcards.
        query.push(" AND (instr(kind, ").push_bind(text);
        query
            .push(") OR instr(context_id, ")
            .push_bind(text)
            .push("))");
    }
}
