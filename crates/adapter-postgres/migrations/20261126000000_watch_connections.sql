-- How a connection fares, and when it is looked after by whom. Nodes of the version before know
-- nothing of it: what they insert meanwhile is due at once.
ALTER TABLE connections
    ADD COLUMN health_standing        TEXT   NOT NULL DEFAULT 'good',
    ADD COLUMN failure_reason         TEXT,
    ADD COLUMN failure_provider_error TEXT,
    ADD COLUMN health_since           BIGINT NOT NULL
        DEFAULT (extract(epoch FROM now()) * 1000000)::bigint,
    ADD COLUMN proved_at              BIGINT,
    -- NULL where nothing can be done for it.
    ADD COLUMN due_at                 BIGINT
        DEFAULT (extract(epoch FROM now()) * 1000000)::bigint,
    ADD COLUMN failures               BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN lease_epoch            BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN leased_until           BIGINT;

-- Nothing is known of those that are there, so their providers are asked soon.
UPDATE connections SET health_since = updated_at, due_at = updated_at;

CREATE INDEX connections_due ON connections (due_at, id) WHERE due_at IS NOT NULL;

-- A revocation is about what is gone, and so refers to nothing but its environment.
CREATE TABLE revocations (
    id                     UUID   NOT NULL PRIMARY KEY,
    environment_id         UUID   NOT NULL REFERENCES environments (id),
    connection_identifier  TEXT   NOT NULL,
    integration_id         UUID   NOT NULL,
    integration_identifier TEXT   NOT NULL,
    provider               TEXT   NOT NULL,
    workspace_id           TEXT   NOT NULL,
    workspace_name         TEXT,
    bot_user_id            TEXT,
    items                  JSON   NOT NULL,
    -- NULL from the end on.
    secrets                BYTEA,
    tries                  BIGINT NOT NULL,
    -- NULL from the end on.
    due_at                 BIGINT,
    created_at             BIGINT NOT NULL,
    updated_at             BIGINT NOT NULL
);

CREATE INDEX revocations_by_age ON revocations (environment_id, created_at, id);
CREATE INDEX revocations_due ON revocations (due_at, id) WHERE due_at IS NOT NULL;
-- For the sweep of those that are old.
CREATE INDEX revocations_ended ON revocations (updated_at) WHERE due_at IS NULL;

-- The audit log: of each environment a chain, each event with the hash of the one before it.
CREATE TABLE audit_events (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL REFERENCES environments (id),
    sequence       BIGINT NOT NULL CHECK (sequence > 0),
    created_at     BIGINT NOT NULL,
    actor          TEXT   NOT NULL,
    action         TEXT   NOT NULL,
    subject        TEXT   NOT NULL,
    details        JSON   NOT NULL,
    previous       BYTEA  NOT NULL CHECK (octet_length(previous) = 32),
    hash           BYTEA  NOT NULL CHECK (octet_length(hash) = 32),
    UNIQUE (environment_id, sequence)
);

CREATE INDEX audit_events_by_age ON audit_events (environment_id, created_at, id);
CREATE INDEX audit_events_by_actor ON audit_events (environment_id, actor, created_at, id);
CREATE INDEX audit_events_by_action ON audit_events (environment_id, action, created_at, id);
-- Of a text that may be too long for an entry of an index it holds the beginning.
CREATE INDEX audit_events_by_subject ON audit_events
    (environment_id, left(subject, 200), created_at, id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is in % is neither changed nor deleted', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER audit_events_are_kept BEFORE UPDATE OR DELETE ON audit_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_events_are_not_emptied BEFORE TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a provider sends names an integration and no environment.
CREATE INDEX integrations_by_identifier ON integrations (identifier, provider);
