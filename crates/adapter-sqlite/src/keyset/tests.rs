//! No page costs more for what lies behind it: each comes out of an index in its order.

use sqlx::{AssertSqlSafe, Connection, Sqlite, SqliteConnection, query_as};
use tieline_domain::{
    attempt::AttemptStatus,
    audit::{Actor, AuditAction},
    connection::ConnectionMode,
    context::ContextKey,
    page::{Order, Position},
    ports::{
        AttemptFilter, AuditFilter, ConnectionFilter, ContextFilter, EndpointFilter,
        SubscriberFilter,
    },
    provider::ProviderId,
    reason::Reason,
};
use tieline_testkit::fixtures;
use uuid::Uuid;

use super::*;
use crate::{
    attempt_store, audit_store, connection_store, context_store, endpoint_store, revocation_store,
    subscriber_store,
};

/// What `ANALYZE` finds in a store with many connections and two integrations.
const STATISTICS: &str = "
    ANALYZE;
    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
        ('integrations', 'integrations_by_identifier', '2 1 1'),
        ('integrations', 'sqlite_autoindex_integrations_3', '2 2 1'),
        ('integrations', 'sqlite_autoindex_integrations_2', '2 2 1'),
        ('integrations', 'sqlite_autoindex_integrations_1', '2 1'),
        ('connections', 'connections_due', '200000 1 1'),
        ('connections', 'connections_by_workspace', '200000 1'),
        ('connections', 'connections_by_context', '200000 200000 10 1 1'),
        ('connections', 'connections_by_integration', '200000 200000 100000 1 1'),
        ('connections', 'connections_by_subscriber', '200000 200000 2 1 1'),
        ('connections', 'connections_by_age', '200000 200000 1 1'),
        ('connections', 'connections_sameness', '200000 200000 100000 2 1 1'),
        ('connections', 'sqlite_autoindex_connections_3', '200000 200000 1'),
        ('connections', 'sqlite_autoindex_connections_2', '200000 200000 1'),
        ('connections', 'sqlite_autoindex_connections_1', '200000 1'),
        ('endpoints', 'endpoints_by_context', '180000 180000 9 1 1'),
        ('endpoints', 'endpoints_by_integration', '180000 180000 90000 1 1'),
        ('endpoints', 'endpoints_by_connection', '180000 180000 1 1 1'),
        ('endpoints', 'endpoints_by_subscriber', '180000 180000 1 1 1'),
        ('endpoints', 'endpoints_by_age', '180000 180000 1 1'),
        ('endpoints', 'endpoints_sameness', '180000 180000 90000 1 1 1 1'),
        ('subscribers', 'subscribers_by_full_name', '180000 180000 2 1 1'),
        ('subscribers', 'subscribers_by_last_name', '180000 180000 20 1 1'),
        ('subscribers', 'subscribers_by_first_name', '180000 180000 200 1 1'),
        ('subscribers', 'subscribers_by_phone', '180000 180000 1 1 1'),
        ('subscribers', 'subscribers_by_email', '180000 180000 1 1 1'),
        ('subscribers', 'subscribers_by_age', '180000 180000 1 1'),
        ('subscribers', 'sqlite_autoindex_subscribers_2', '180000 180000 1'),
        ('contexts', 'contexts_by_id', '20000 20000 2 1 1'),
        ('contexts', 'contexts_by_kind', '20000 20000 10000 1 1'),
        ('contexts', 'contexts_by_age', '20000 20000 1 1'),
        ('contexts', 'sqlite_autoindex_contexts_2', '20000 20000 10000 1'),
        ('connect_attempts', 'connect_attempts_by_move', '300000 75000 1'),
        ('connect_attempts', 'connect_attempts_by_reason', '20000 20000 2000 1 1'),
        ('connect_attempts', 'connect_attempts_by_integration', '300000 300000 150000 1 1'),
        ('connect_attempts', 'connect_attempts_by_connection', '300000 300000 2 1 1'),
        ('connect_attempts', 'connect_attempts_by_subscriber', '300000 300000 2 1 1'),
        ('connect_attempts', 'connect_attempts_by_status', '300000 300000 75000 1 1'),
        ('connect_attempts', 'connect_attempts_by_age', '300000 300000 1 1'),
        ('connect_attempts', 'sqlite_autoindex_connect_attempts_1', '300000 1'),
        ('audit_events', 'audit_events_by_subject', '400000 400000 3 1 1'),
        ('audit_events', 'audit_events_by_action', '400000 400000 20000 1 1'),
        ('audit_events', 'audit_events_by_actor', '400000 400000 80000 1 1'),
        ('audit_events', 'audit_events_by_age', '400000 400000 1 1'),
        ('audit_events', 'sqlite_autoindex_audit_events_2', '400000 400000 1'),
        ('audit_events', 'sqlite_autoindex_audit_events_1', '400000 1'),
        ('revocations', 'revocations_due', '100 1 1'),
        ('revocations', 'revocations_by_age', '50000 50000 1 1');
    ANALYZE sqlite_schema;";

async fn large() -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::migrate!()
        .run_direct(None, &mut connection, false)
        .await
        .unwrap();
    sqlx::raw_sql(STATISTICS)
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// Each kind of page: the first, one that follows, one that precedes.
fn pages() -> [PageRequest; 3] {
    let border = Position {
        created_at: fixtures::seconds_later(0),
        id: Uuid::nil(),
    };
    [From::Start, From::After(border), From::Before(border)].map(|from| PageRequest {
        limit: 10,
        from,
        order: Order::Descending,
        total: None,
    })
}

async fn assert_reads_in_order(connection: &mut SqliteConnection, list: QueryBuilder<Sqlite>) {
    let steps = plan(connection, &list).await;
    let sorts = |step: &String| step.contains("ORDER BY");
    assert!(
        !steps.iter().any(sorts),
        "{}: {steps:#?}",
        list.sql().as_str()
    );
}

/// Of each integration a page is read in its order; what is sorted is what they have together.
async fn assert_reads_a_page_of_each(
    connection: &mut SqliteConnection,
    list: QueryBuilder<Sqlite>,
    table: &str,
) {
    let of_one = format!(
        "SEARCH {table} USING COVERING INDEX {table}_by_integration (environment_id=? AND integration_id=?"
    );
    assert_reads_pages_of(connection, list, table, &[of_one]).await;
}

/// Pages are read in their order by these steps; what is sorted is what they have together.
async fn assert_reads_pages_of(
    connection: &mut SqliteConnection,
    list: QueryBuilder<Sqlite>,
    table: &str,
    parts: &[String],
) {
    let steps = plan(connection, &list).await;
    let is_there = |wanted: &String| steps.iter().any(|step| step.starts_with(wanted));
    let page = format!("SEARCH {table} USING INTEGER PRIMARY KEY (rowid=?)");
    let sorts = |step: &&String| step.contains("ORDER BY");
    assert!(
        parts.iter().chain([&page]).all(is_there) && steps.iter().filter(sorts).count() == 1,
        "{}: {steps:#?}",
        list.sql().as_str()
    );
}

async fn plan(connection: &mut SqliteConnection, list: &QueryBuilder<Sqlite>) -> Vec<String> {
    let sql = format!("EXPLAIN QUERY PLAN {}", list.sql().as_str());
    let plan: Vec<(i64, i64, i64, String)> = query_as(AssertSqlSafe(sql))
        .fetch_all(connection)
        .await
        .unwrap();
    plan.into_iter().map(|(.., step)| step).collect()
}

#[tokio::test]
async fn a_page_of_connections_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let filters = [
        ConnectionFilter::default(),
        ConnectionFilter {
            subscriber_id: Some(fixtures::subscriber_id("ada")),
            ..ConnectionFilter::default()
        },
        ConnectionFilter {
            mode: Some(ConnectionMode::Shared),
            ..ConnectionFilter::default()
        },
        ConnectionFilter {
            mode: Some(ConnectionMode::Subscriber),
            ..ConnectionFilter::default()
        },
        ConnectionFilter {
            integration_identifier: Some("slack".to_owned()),
            ..ConnectionFilter::default()
        },
        ConnectionFilter {
            context_keys: Some(
                [ContextKey::new("tenant", "acme").unwrap()]
                    .into_iter()
                    .collect(),
            ),
            ..ConnectionFilter::default()
        },
    ];
    for filter in &filters {
        for page in pages() {
            let list = connection_store::listing(environment, filter, &page);
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn a_page_of_endpoints_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let filters = [
        EndpointFilter::default(),
        EndpointFilter {
            subscriber_id: Some(fixtures::subscriber_id("ada")),
            ..EndpointFilter::default()
        },
        EndpointFilter {
            integration_identifier: Some("slack".to_owned()),
            ..EndpointFilter::default()
        },
    ];
    for filter in &filters {
        for page in pages() {
            let list = endpoint_store::listing(environment, filter, &page);
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn what_is_at_a_provider_is_read_a_page_of_each_integration() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let provider = Some(ProviderId::parse("slack").unwrap());
    for page in pages() {
        let filter = ConnectionFilter {
            provider: provider.clone(),
            ..ConnectionFilter::default()
        };
        let list = connection_store::listing(environment, &filter, &page);
        assert_reads_a_page_of_each(&mut connection, list, "connections").await;
        let filter = EndpointFilter {
            provider: provider.clone(),
            ..EndpointFilter::default()
        };
        let list = endpoint_store::listing(environment, &filter, &page);
        assert_reads_a_page_of_each(&mut connection, list, "endpoints").await;
    }
}

#[tokio::test]
async fn a_page_of_attempts_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let all = || AttemptFilter::default();
    let filters = [
        all(),
        AttemptFilter {
            status: Some(AttemptStatus::Failed),
            ..all()
        },
        AttemptFilter {
            integration_identifier: Some("slack".to_owned()),
            ..all()
        },
        AttemptFilter {
            subscriber_id: Some(fixtures::subscriber_id("ada")),
            ..all()
        },
        AttemptFilter {
            connection_identifier: Some("conn".to_owned()),
            ..all()
        },
        AttemptFilter {
            reason: Some(Reason::AccessDenied),
            ..all()
        },
    ];
    for filter in &filters {
        for page in pages() {
            let list = attempt_store::listing(environment, filter, &page);
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn old_attempts_are_found_by_their_age() {
    let mut connection = large().await;
    let deletion = attempt_store::deletion(fixtures::seconds_later(0), 10);
    let steps = plan(&mut connection, &deletion).await;
    let wanted = "SEARCH attempt USING COVERING INDEX connect_attempts_by_status (environment_id=? AND status=? AND created_at<?)";
    assert!(steps.iter().any(|step| step == wanted), "{steps:#?}");
}

#[tokio::test]
async fn a_page_of_the_audit_log_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let all = || AuditFilter::default();
    let filters = [
        all(),
        AuditFilter {
            actor: Some(Actor::System),
            ..all()
        },
        AuditFilter {
            action: Some(AuditAction::ConnectionDeleted),
            ..all()
        },
        AuditFilter {
            subject: Some("conn".to_owned()),
            ..all()
        },
    ];
    for filter in &filters {
        for page in pages() {
            let list = audit_store::listing(environment, filter, &page);
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn a_page_of_subscribers_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let all = || SubscriberFilter::default();
    let filters = [
        all(),
        SubscriberFilter {
            email: Some("ada@example.com".to_owned()),
            ..all()
        },
        SubscriberFilter {
            phone: Some("+4912345".to_owned()),
            ..all()
        },
    ];
    for filter in &filters {
        for page in pages() {
            let list = subscriber_store::listing(environment, filter, &page);
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn who_has_a_name_is_read_a_page_of_each_that_it_may_be() {
    let mut connection = large().await;
    let filter = SubscriberFilter {
        name: Some("Ada".to_owned()),
        ..SubscriberFilter::default()
    };
    let wanted = [
        "COVERING INDEX subscribers_by_first_name (environment_id=? AND first_name=?",
        "INDEX subscribers_by_last_name (environment_id=? AND last_name=?",
        "COVERING INDEX subscribers_by_full_name (environment_id=? AND <expr>=?",
    ]
    .map(|index| format!("SEARCH subscribers USING {index}"));
    for page in pages() {
        let list = subscriber_store::listing(fixtures::environment().id, &filter, &page);
        assert_reads_pages_of(&mut connection, list, "subscribers", &wanted).await;
    }
}

#[tokio::test]
async fn a_page_of_contexts_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    let filters = [
        (ContextFilter::default(), "contexts_by_age"),
        (of_type("tenant"), "contexts_by_kind"),
        (
            ContextFilter {
                id: Some("acme".to_owned()),
                search: Some("ac".to_owned()),
                ..ContextFilter::default()
            },
            "contexts_by_id",
        ),
    ];
    for (filter, index) in filters {
        for page in pages() {
            let list = context_store::listing(environment, &filter, &page);
            let steps = plan(&mut connection, &list).await;
            assert!(
                steps.iter().any(|step| step.contains(index)),
                "{index}: {steps:#?}"
            );
            assert_reads_in_order(&mut connection, list).await;
        }
    }
}

#[tokio::test]
async fn a_text_in_contexts_is_found_by_its_pieces_unless_many_have_it() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    for filter in [ContextFilter::default(), of_type("tenant")] {
        let filter = ContextFilter {
            search: Some("acme".to_owned()),
            ..filter
        };
        for page in pages() {
            let known = |total| PageRequest {
                total: Some(total),
                ..page
            };
            let few = context_store::listing(environment, &filter, &known(10_000));
            let steps = plan(&mut connection, &few).await;
            let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
            let expected = [
                "SCAN context_pieces VIRTUAL TABLE INDEX 0:M1",
                "SEARCH contexts USING INTEGER PRIMARY KEY (rowid=?)",
                "USE TEMP B-TREE FOR ORDER BY",
            ];
            assert_eq!(steps, expected);
            let many = context_store::listing(environment, &filter, &known(10_001));
            assert_reads_in_order(&mut connection, many).await;
        }
    }
}

fn of_type(kind: &str) -> ContextFilter {
    ContextFilter {
        kind: Some(kind.to_owned()),
        ..ContextFilter::default()
    }
}

#[tokio::test]
async fn a_page_of_revocations_is_read_in_its_order() {
    let mut connection = large().await;
    let environment = fixtures::environment().id;
    for page in pages() {
        let list = revocation_store::listing(environment, &page);
        assert_reads_in_order(&mut connection, list).await;
    }
}
