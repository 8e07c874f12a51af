-- How a connection fares, and when it is looked after by whom.
ALTER TABLE connections ADD COLUMN health_standing TEXT NOT NULL DEFAULT 'good';
ALTER TABLE connections ADD COLUMN failure_reason TEXT;
ALTER TABLE connections ADD COLUMN failure_provider_error TEXT;
ALTER TABLE connections ADD COLUMN health_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN proved_at INTEGER;
-- NULL where nothing can be done for it.
ALTER TABLE connections ADD COLUMN due_at INTEGER;
ALTER TABLE connections ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN lease_epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN leased_until INTEGER;

-- Nothing is known of those that are there, so their providers are asked soon.
UPDATE connections SET health_since = updated_at, due_at = updated_at;

CREATE INDEX connections_due ON connections (due_at, id) WHERE due_at IS NOT NULL;

-- A revocation is about what is gone, and so refers to nothing but its environment.
CREATE TABLE revocations (
    id                     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id         BLOB    NOT NULL REFERENCES environments (id),
    connection_identifier  TEXT    NOT NULL,
    integration_id         BLOB    NOT NULL,
    integration_identifier TEXT    NOT NULL,
    provider               TEXT    NOT NULL,
    workspace_id           TEXT    NOT NULL,
    workspace_name         TEXT,
    bot_user_id            TEXT,
    items                  TEXT    NOT NULL CHECK (json_valid(items)),
    -- NULL from the end on.
    secrets                BLOB,
    tries                  INTEGER NOT NULL,
    -- NULL from the end on.
    due_at                 INTEGER,
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL
) STRICT;

CREATE INDEX revocations_by_age ON revocations (environment_id, created_at, id);
CREATE INDEX revocations_due ON revocations (due_at, id) WHERE due_at IS NOT NULL;
-- For the sweep of those that are old.
CREATE INDEX revocations_ended ON revocations (updated_at) WHERE due_at IS NULL;

-- The audit log: of each environment a chain, each event with the hash of the one before it.
CREATE TABLE audit_events (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    sequence       INTEGER NOT NULL CHECK (sequence > 0),
    created_at     INTEGER NOT NULL,
    actor          TEXT    NOT NULL,
    action         TEXT    NOT NULL,
    subject        TEXT    NOT NULL,
    details        TEXT    NOT NULL CHECK (json_valid(details)),
    previous       BLOB    NOT NULL CHECK (length(previous) = 32),
    hash           BLOB    NOT NULL CHECK (length(hash) = 32),
    UNIQUE (environment_id, sequence)
) STRICT;

CREATE INDEX audit_events_by_age ON audit_events (environment_id, created_at, id);
CREATE INDEX audit_events_by_actor ON audit_events (environment_id, actor, created_at, id);
CREATE INDEX audit_events_by_action ON audit_events (environment_id, action, created_at, id);
CREATE INDEX audit_events_by_subject ON audit_events (environment_id, subject, created_at, id);

CREATE TRIGGER audit_events_are_not_updated BEFORE UPDATE ON audit_events
BEGIN
    SELECT raise(ABORT, 'an event of the audit log is not changed');
END;

CREATE TRIGGER audit_events_are_not_deleted BEFORE DELETE ON audit_events
BEGIN
    SELECT raise(ABORT, 'an event of the audit log is not deleted');
END;

-- What `INSERT OR REPLACE` replaces it deletes without asking the trigger above.
CREATE TRIGGER audit_events_are_not_replaced BEFORE INSERT ON audit_events
WHEN EXISTS (
    SELECT 1 FROM audit_events
    WHERE id = NEW.id OR (environment_id = NEW.environment_id AND sequence = NEW.sequence)
)
BEGIN
    SELECT raise(ABORT, 'an event of the audit log is not replaced');
END;

-- What a provider sends names an integration and no environment.
CREATE INDEX integrations_by_identifier ON integrations (identifier, provider);
