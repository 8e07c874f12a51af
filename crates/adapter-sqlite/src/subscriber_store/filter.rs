//! The `WHERE` clause of a list of subscribers.

use sqlx::{QueryBuilder, Sqlite};
use tieline_domain::{id::EnvironmentId, ports::SubscriberFilter};

pub(super) fn push_filter(
    query: &mut QueryBuilder<Sqlite>,
    environment: EnvironmentId,
    filter: &SubscriberFilter,
) {
    let SubscriberFilter {
        subscriber_id,
        email,
        phone,
        name,
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
    if let Some(name) = name {
        query.push(" AND ").push_bind(name);
        query.push(" IN (first_name, last_name, first_name || ' ' || last_name)");
    }
}
