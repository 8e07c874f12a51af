//! Rows that were tampered with.

use tieline_adapter_postgres::PgDatabase;
use tieline_domain::{
    connection::ChannelConnection,
    ports::{
        AttemptFilter, AuditFilter, ConnectionFilter, ConnectionWrite, ContextFilter,
        EndpointFilter, RecordConnection, StoreError,
    },
};
use tieline_testkit::fixtures::{self, NOON};

use crate::support::TestDatabase;

/// A value that no column may hold and no error may show.
const CANARY: &str = "can\u{1}ary";

/// Puts a bad value into one column of all rows of its table, reads them, and answers the error.
async fn read_with(table: &str, column: &str, bad: &str) -> StoreError {
    let test = TestDatabase::migrated().await;
    let (database, connection) = seeded(&test).await;
    test.execute(&format!(
        "SET session_replication_role = replica;
         ALTER TABLE api_keys DROP CONSTRAINT api_keys_hash_check;
         ALTER TABLE idempotency_records DROP CONSTRAINT idempotency_records_fingerprint_check;
         ALTER TABLE audit_events DROP CONSTRAINT audit_events_sequence_check,
             DROP CONSTRAINT audit_events_previous_check, DROP CONSTRAINT audit_events_hash_check;
         UPDATE {table} SET {column} = {bad}"
    ))
    .await;
    read_all(&database, &connection).await.unwrap_err()
}

/// A database with one row in every table.
async fn seeded(test: &TestDatabase) -> (PgDatabase, ChannelConnection) {
    let database = test.open().await;
    let (organization, mut environment) = (fixtures::organization(), fixtures::environment());
    environment.organization_id = organization.id;
    let integration = fixtures::integration(environment.id);
    let ada = fixtures::subscriber(environment.id, "ada");
    let context = fixtures::context(environment.id, "tenant:acme");
    let attempt = fixtures::attempt(&integration);
    database
        .stores()
        .environments
        .insert_organization(&organization)
        .await
        .unwrap();
    database
        .stores()
        .environments
        .insert(&environment)
        .await
        .unwrap();
    database
        .stores()
        .api_keys
        .insert(&fixtures::api_key(environment.id))
        .await
        .unwrap();
    database
        .stores()
        .integrations
        .insert(&integration)
        .await
        .unwrap();
    database.stores().subscribers.insert(&ada).await.unwrap();
    database
        .stores()
        .contexts
        .insert_missing(&[context])
        .await
        .unwrap();
    database.stores().attempts.claim(&attempt).await.unwrap();
    let record = fixtures::idempotency_record(environment.id, "key");
    database
        .stores()
        .idempotency
        .claim(&record, NOON)
        .await
        .unwrap();
    let connection = fixtures::connection(&integration, fixtures::subscriber_owner("ada"));
    let record = RecordConnection {
        write: ConnectionWrite::Insert,
        connection: connection.clone(),
        endpoints: vec![fixtures::endpoint(&connection, &ada.subscriber_id)],
        attempt,
    };
    database.stores().connections.record(&record).await.unwrap();
    let revocation = fixtures::revocation(&connection);
    database
        .stores()
        .revocations
        .insert(&revocation)
        .await
        .unwrap();
    let entry = fixtures::audit_entry(environment.id);
    database.stores().audit.append(entry).await.unwrap();
    (database, connection)
}

async fn read_all(database: &PgDatabase, connection: &ChannelConnection) -> Result<(), StoreError> {
    use tieline_domain::page::{From, Order, PageRequest};

    let environment = connection.environment_id;
    let page = PageRequest {
        limit: 10,
        from: From::Start,
        order: Order::Ascending,
        total: None,
    };
    let key = "tenant:acme".parse().unwrap();
    let record = fixtures::idempotency_record(environment, "key");
    database.stores().environments.list_organizations().await?;
    database.stores().environments.list().await?;
    database.stores().api_keys.list(environment).await?;
    database.stores().integrations.list(environment).await?;
    database.stores().contexts.find(environment, &key).await?;
    database
        .stores()
        .contexts
        .list(environment, &ContextFilter::default(), &page)
        .await?;
    database
        .stores()
        .attempts
        .list(environment, &AttemptFilter::default(), &page)
        .await?;
    database.stores().idempotency.claim(&record, NOON).await?;
    database
        .stores()
        .connections
        .list(environment, &ConnectionFilter::default(), &page)
        .await?;
    database
        .stores()
        .endpoints
        .list(environment, &EndpointFilter::default(), &page)
        .await?;
    database
        .stores()
        .revocations
        .list(environment, &page)
        .await?;
    database
        .stores()
        .audit
        .list(environment, &AuditFilter::default(), &page)
        .await?;
    database
        .stores()
        .subscribers
        .find(environment, &fixtures::subscriber_id("ada"))
        .await?;
    Ok(())
}

#[tokio::test]
async fn untouched_rows_are_read() {
    let test = TestDatabase::migrated().await;
    let (database, connection) = seeded(&test).await;
    read_all(&database, &connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_value_is_reported_by_table_and_column_only() {
    let text = format!("'{CANARY}'");
    let keys = format!("ARRAY['{CANARY}']");
    let (text, keys, huge) = (text.as_str(), keys.as_str(), "9223372036854775807");
    let (list, object) = (r#"'["can\u0001ary"]'"#, r#"'{"can\u0001ary": 1}'"#);
    let cases = [
        ("organizations", "created_at", huge),
        ("environments", "created_at", huge),
        ("api_keys", "role", text),
        ("api_keys", "rights", keys),
        ("api_keys", "hash", "'\\x00'"),
        ("api_keys", "revoked_at", huge),
        ("integrations", "provider", text),
        ("integrations", "generation", "-1"),
        ("integrations", "updated_at", huge),
        ("contexts", "data", list),
        ("contexts", "bridge_url", text),
        ("contexts", "context_id", text),
        ("connect_attempts", "status", text),
        ("connect_attempts", "mode", text),
        ("connect_attempts", "purpose", text),
        ("connect_attempts", "reason", text),
        ("connect_attempts", "steps", object),
        ("connect_attempts", "context_keys", keys),
        ("connect_attempts", "connection_identifier", text),
        ("idempotency_records", "fingerprint", "'\\x00'"),
        ("connections", "identifier", text),
        ("connections", "subscriber_id", text),
        ("connections", "context_keys", keys),
        ("connections", "health_standing", text),
        ("connections", "failure_reason", text),
        ("connections", "health_since", huge),
        ("connections", "proved_at", huge),
        ("connections", "due_at", huge),
        ("connections", "failures", huge),
        ("connections", "lease_epoch", "-1"),
        ("connections", "leased_until", huge),
        ("connection_credentials", "kind", text),
        ("connection_credentials", "scopes", object),
        ("connection_credentials", "expires_at", huge),
        ("endpoints", "kind", text),
        ("endpoints", "address", list),
        ("revocations", "connection_identifier", text),
        ("revocations", "provider", text),
        ("revocations", "items", object),
        ("revocations", "tries", "-1"),
        ("revocations", "due_at", huge),
        ("audit_events", "sequence", "-1"),
        ("audit_events", "created_at", huge),
        ("audit_events", "actor", text),
        ("audit_events", "action", text),
        ("audit_events", "details", list),
        ("audit_events", "previous", "'\\x00'"),
        ("audit_events", "hash", "'\\x00'"),
        ("subscribers", "created_at", huge),
        ("subscribers", "updated_at", huge),
        ("subscribers", "data", list),
    ];
    for (table, column, bad) in cases {
        let error = read_with(table, column, bad).await;
        let place = matches!(error, StoreError::Corrupt { table: t, column: c, .. }
            if t == table && c == column);
        assert!(place, "{table}.{column}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("ary"), "{error:?}");
    }
}
