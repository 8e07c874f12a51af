-- Conventions: times are microseconds since the epoch (UTC), in the very unit in which the program
-- counts; secrets are sealed before they come here. JSON that somebody else wrote is `json`, which
-- gives back what it got: `jsonb` would not take every text, nor keep every number as it was
-- written. A foreign key names the environment along with the id, so that no row can refer to
-- another environment's. Deleting a subscriber, an integration or a connection takes along what
-- hangs on it. The program tells apart by name what a foreign key refuses.

CREATE TABLE organizations (
    id         UUID   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE environments (
    id              UUID   NOT NULL PRIMARY KEY,
    organization_id UUID   NOT NULL REFERENCES organizations (id),
    name            TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    UNIQUE (organization_id, name)
);

CREATE TABLE api_keys (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL REFERENCES environments (id),
    name           TEXT   NOT NULL,
    role           TEXT   NOT NULL,
    -- What a key may do besides what its role allows.
    rights         TEXT[] NOT NULL,
    hash           BYTEA  NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    hint           TEXT   NOT NULL,
    -- By which a contextHash is checked, sealed.
    signing_state  BYTEA,
    created_at     BIGINT NOT NULL,
    last_used_at   BIGINT,
    expires_at     BIGINT,
    revoked_at     BIGINT
);

CREATE INDEX api_keys_by_age ON api_keys (environment_id, created_at, id);

CREATE TABLE integrations (
    id             UUID    NOT NULL PRIMARY KEY,
    environment_id UUID    NOT NULL REFERENCES environments (id),
    provider       TEXT    NOT NULL,
    identifier     TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    active         BOOLEAN NOT NULL,
    credentials    BYTEA   NOT NULL,
    generation     BIGINT  NOT NULL,
    created_at     BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL,
    UNIQUE (environment_id, id),
    UNIQUE (environment_id, identifier)
);

CREATE TABLE subscribers (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL REFERENCES environments (id),
    subscriber_id  TEXT   NOT NULL,
    first_name     TEXT,
    last_name      TEXT,
    email          TEXT,
    phone          TEXT,
    avatar         TEXT,
    locale         TEXT,
    timezone       TEXT,
    data           JSON,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (environment_id, subscriber_id)
);

-- An entry of an index holds 2,704 bytes at the most, so of a text that may be longer it holds the
-- beginning.
CREATE INDEX subscribers_by_age ON subscribers (environment_id, created_at, id);
CREATE INDEX subscribers_by_email ON subscribers (environment_id, left(email, 200), created_at, id)
    WHERE email IS NOT NULL;
CREATE INDEX subscribers_by_phone ON subscribers (environment_id, left(phone, 200), created_at, id)
    WHERE phone IS NOT NULL;

CREATE TABLE contexts (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL REFERENCES environments (id),
    kind           TEXT   NOT NULL,
    context_id     TEXT   NOT NULL,
    data           JSON   NOT NULL,
    bridge_url     TEXT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (environment_id, kind, context_id)
);

CREATE INDEX contexts_by_age ON contexts (environment_id, created_at, id);

CREATE TABLE connections (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL,
    identifier     TEXT   NOT NULL,
    integration_id UUID   NOT NULL,
    -- NULL in shared mode.
    subscriber_id  TEXT,
    -- Sorted and without doubles, so that equal arrays are equal sets.
    context_keys   TEXT[] NOT NULL,
    -- SHA-256 of both: together with the workspace they may be too long for an entry of an index.
    owner_hash     BYTEA  NOT NULL CHECK (octet_length(owner_hash) = 32),
    workspace_id   TEXT   NOT NULL,
    workspace_name TEXT,
    bot_user_id    TEXT,
    generation     BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (environment_id, identifier),
    UNIQUE (environment_id, id),
    CONSTRAINT connections_sameness
        UNIQUE (environment_id, integration_id, owner_hash, workspace_id),
    CONSTRAINT connections_integration FOREIGN KEY (environment_id, integration_id)
        REFERENCES integrations (environment_id, id) ON DELETE CASCADE,
    CONSTRAINT connections_subscriber FOREIGN KEY (environment_id, subscriber_id)
        REFERENCES subscribers (environment_id, subscriber_id) ON DELETE CASCADE
);

CREATE INDEX connections_by_age ON connections (environment_id, created_at, id);
CREATE INDEX connections_by_subscriber ON connections
    (environment_id, subscriber_id, created_at, id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX connections_shared ON connections (environment_id, created_at, id)
    WHERE subscriber_id IS NULL;
CREATE INDEX connections_by_integration ON connections
    (environment_id, integration_id, created_at, id);
CREATE INDEX connections_by_context ON connections
    (environment_id, context_keys, created_at, id);
CREATE INDEX connections_by_workspace ON connections (workspace_id);

CREATE TABLE connection_credentials (
    environment_id UUID   NOT NULL,
    connection_id  UUID   NOT NULL,
    kind           TEXT   NOT NULL,
    access_token   BYTEA  NOT NULL,
    refresh_token  BYTEA,
    scopes         JSON   NOT NULL,
    expires_at     BIGINT,
    PRIMARY KEY (environment_id, connection_id, kind),
    FOREIGN KEY (environment_id, connection_id)
        REFERENCES connections (environment_id, id) ON DELETE CASCADE
);

CREATE TABLE endpoints (
    id             UUID   NOT NULL PRIMARY KEY,
    environment_id UUID   NOT NULL,
    identifier     TEXT   NOT NULL,
    integration_id UUID   NOT NULL,
    -- NULL where the address needs no connection.
    connection_id  UUID,
    subscriber_id  TEXT   NOT NULL,
    context_keys   TEXT[] NOT NULL,
    kind           TEXT   NOT NULL,
    address        JSON   NOT NULL,
    address_key    TEXT   NOT NULL,
    -- SHA-256 of the key, which may be too long for an entry of an index.
    address_hash   BYTEA  NOT NULL CHECK (octet_length(address_hash) = 32),
    secret         BYTEA,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (environment_id, identifier),
    CONSTRAINT endpoints_integration FOREIGN KEY (environment_id, integration_id)
        REFERENCES integrations (environment_id, id) ON DELETE CASCADE,
    CONSTRAINT endpoints_connection FOREIGN KEY (environment_id, connection_id)
        REFERENCES connections (environment_id, id) ON DELETE CASCADE,
    CONSTRAINT endpoints_subscriber FOREIGN KEY (environment_id, subscriber_id)
        REFERENCES subscribers (environment_id, subscriber_id) ON DELETE CASCADE
);

-- No connection counts as one and the same.
CREATE UNIQUE INDEX endpoints_sameness ON endpoints
    (environment_id, integration_id, connection_id, subscriber_id, kind, address_hash)
    WHERE connection_id IS NOT NULL;
CREATE UNIQUE INDEX endpoints_loose_sameness ON endpoints
    (environment_id, integration_id, subscriber_id, kind, address_hash)
    WHERE connection_id IS NULL;
CREATE INDEX endpoints_by_age ON endpoints (environment_id, created_at, id);
CREATE INDEX endpoints_by_subscriber ON endpoints (environment_id, subscriber_id, created_at, id);
CREATE INDEX endpoints_by_connection ON endpoints (environment_id, connection_id, created_at, id)
    WHERE connection_id IS NOT NULL;
CREATE INDEX endpoints_by_integration ON endpoints
    (environment_id, integration_id, created_at, id);
CREATE INDEX endpoints_by_context ON endpoints (environment_id, context_keys, created_at, id);

-- An attempt is history: it outlives what it names, and so refers to nothing but its environment.
CREATE TABLE connect_attempts (
    id                     UUID   NOT NULL PRIMARY KEY,
    environment_id         UUID   NOT NULL REFERENCES environments (id),
    integration_id         UUID   NOT NULL,
    integration_identifier TEXT   NOT NULL,
    provider               TEXT   NOT NULL,
    purpose                TEXT   NOT NULL,
    subscriber_id          TEXT,
    context_keys           TEXT[] NOT NULL,
    mode                   TEXT   NOT NULL,
    status                 TEXT   NOT NULL,
    reason                 TEXT,
    provider_error         TEXT,
    connection_identifier  TEXT,
    workspace_name         TEXT,
    -- `jsonb`, since the sweep appends to it.
    steps                  JSONB  NOT NULL,
    created_at             BIGINT NOT NULL,
    updated_at             BIGINT NOT NULL
);

CREATE INDEX connect_attempts_by_age ON connect_attempts (environment_id, created_at, id);
CREATE INDEX connect_attempts_by_status ON connect_attempts
    (environment_id, status, created_at, id);
CREATE INDEX connect_attempts_by_subscriber ON connect_attempts
    (environment_id, subscriber_id, created_at, id) WHERE subscriber_id IS NOT NULL;
CREATE INDEX connect_attempts_by_connection ON connect_attempts
    (environment_id, connection_identifier, created_at, id)
    WHERE connection_identifier IS NOT NULL;
CREATE INDEX connect_attempts_by_integration ON connect_attempts
    (environment_id, integration_identifier, created_at, id);
CREATE INDEX connect_attempts_by_reason ON connect_attempts
    (environment_id, reason, created_at, id) WHERE reason IS NOT NULL;
-- For the sweep of those that got stuck.
CREATE INDEX connect_attempts_by_move ON connect_attempts (status, updated_at)
    WHERE status IN ('exchanging', 'awaiting_sign_in');

CREATE TABLE idempotency_records (
    environment_id UUID   NOT NULL REFERENCES environments (id),
    route          TEXT   NOT NULL,
    key_hash       BYTEA  NOT NULL CHECK (octet_length(key_hash) = 32),
    fingerprint    BYTEA  NOT NULL CHECK (octet_length(fingerprint) = 32),
    response       BYTEA  NOT NULL,
    expires_at     BIGINT NOT NULL,
    PRIMARY KEY (environment_id, route, key_hash)
);

CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

-- One row: a sealed value by which a start with a wrong key is noticed.
CREATE TABLE key_checks (
    id    SMALLINT NOT NULL PRIMARY KEY CHECK (id = 1),
    value BYTEA    NOT NULL
);
