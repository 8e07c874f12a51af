//! Which subscribers a list has.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, page::PageRequest, ports::SubscriberFilter};

use crate::keyset;

/// What may be the name that is looked for. Each has an index of its own, and no subscriber meets
/// two of them.
const NAMES: [&str; 3] = [
    "first_name = ",
    "first_name IS NOT last_name AND last_name = ",
    "first_name || ' ' || last_name = ",
];

/// Appends a page of a list to a query that ends in `WHERE`. By a name, a page is read of each that
/// it may be, and what is sorted is what they have together.
pub(super) fn push_page(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    page: &PageRequest,
) {
    if let Some(name) = &filter.name {
        query.push("subscribers.rowid IN (");
        push_named(query, environment, filter, name, Some(page));
        query.push(")");
    } else {
        push_filter(query, environment, filter);
    }
    keyset::push_page(query, "subscribers", page);
}

/// Appends all rows of a list to a query that ends in `FROM`.
pub(super) fn push_source(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) {
    if let Some(name) = &filter.name {
        query.push("(");
        push_named(query, environment, filter, name, None);
        query.push(")");
    } else {
        query.push("subscribers WHERE ");
        push_filter(query, environment, filter);
    }
}

/// Appends a query of the rows of those that have this name: all, or of each that it may be a page.
fn push_named(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
    name: &str,
    page: Option<&PageRequest>,
) {
    for (place, may_be) in NAMES.into_iter().enumerate() {
        if place > 0 {
            query.push(" UNION ALL ");
        }
        // Only a query within another may have an order of its own.
        query.push("SELECT rowid FROM (SELECT rowid FROM subscribers WHERE ");
        push_filter(query, environment, filter);
        query.push(" AND ").push(may_be).push_bind(name);
        if let Some(page) = page {
            keyset::push_page(query, "subscribers", page);
        }
        query.push(")");
    }
}

/// Appends what all but the name asks for.
fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) {
    let SubscriberFilter {
        subscriber_id,
        email,
        phone,
        name: _,
    } = filter;
    query.push("environment_id = ").push_bind(environment.0);
    if let Some(id) = subscriber_id {
        query.push(" AND subscriber_id = ").push_bind(id.as_str());
    }
    if let Some(email) = email {
        query.push(" AND email = ").push_bind(email);
    }
    if let Some(phone) = phone {
        query.push(" AND phone = ").push_bind(phone);
    }
}
