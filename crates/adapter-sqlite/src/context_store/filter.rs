//! The `WHERE` clause of a list of contexts.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, ports::ContextFilter};

pub(super) fn push_filter(
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
