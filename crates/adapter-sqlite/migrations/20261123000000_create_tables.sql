-- Conventions: ids are UUIDs in BLOBs of 16 bytes; times are microseconds since the epoch (UTC);
-- secrets are sealed before they come here; JSON is text. A foreign key names the environment
-- along with the id, so that no row can refer to another environment's. Deleting a subscriber, an
-- integration or a connection takes along what hangs on it.

-- 'TIEL': tells our files from other programs'.
PRAGMA application_id = 0x5449454c;

CREATE TABLE organizations (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE environments (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    organization_id BLOB    NOT NULL REFERENCES organizations (id),
    name            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (organization_id, name)
) STRICT;

CREATE TABLE api_keys (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    name           TEXT    NOT NULL,
    role           TEXT    NOT NULL,
    hash           BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint           TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    revoked_at     INTEGER
) STRICT;

CREATE INDEX api_keys_by_age ON api_keys (environment_id, created_at, id);

CREATE TABLE integrations (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    provider       TEXT    NOT NULL,
    identifier     TEXT    NOT NULL,
    name           TEXT    NOT NULL,
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    credentials    BLOB    NOT NULL,
    generation     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, id),
    UNIQUE (environment_id, identifier)
) STRICT;

CREATE TABLE subscribers (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    subscriber_id  TEXT    NOT NULL,
    first_name     TEXT,
    last_name      TEXT,
    email          TEXT,
    phone          TEXT,
    avatar         TEXT,
    locale         TEXT,
    timezone       TEXT,
    data           TEXT CHECK (json_valid(data)),
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, subscriber_id)
) STRICT;

CREATE INDEX subscribers_by_age ON subscribers (environment_id, created_at, id);
CREATE INDEX subscribers_by_email ON subscribers (environment_id, email, created_at, id)
    WHERE email IS NOT NULL;
CREATE INDEX subscribers_by_phone ON subscribers (environment_id, phone, created_at, id)
    WHERE phone IS NOT NULL;

CREATE TABLE contexts (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    kind           TEXT    NOT NULL,
    context_id     TEXT    NOT NULL,
    data           TEXT    NOT NULL CHECK (json_valid(data)),
    bridge_url     TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, kind, context_id)
) STRICT;

CREATE INDEX contexts_by_age ON contexts (environment_id, created_at, id);

CREATE TABLE connections (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL,
    identifier     TEXT    NOT NULL,
    integration_id BLOB    NOT NULL,
    -- NULL in shared mode.
    subscriber_id  TEXT,
    -- A sorted JSON array, so that equal texts are equal sets.
    context_keys   TEXT    NOT NULL CHECK (json_valid(context_keys)),
    workspace_id   TEXT    NOT NULL,
    workspace_name TEXT,
    bot_user_id    TEXT,
    generation     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, identifier),
    UNIQUE (environment_id, id),
    FOREIGN KEY (environment_id, integration_id)
        REFERENCES integrations (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, subscriber_id)
        REFERENCES subscribers (environment_id, subscriber_id) ON DELETE CASCADE
) STRICT;

-- No subscriber counts as one and the same; the empty text is no subscriber's id.
CREATE UNIQUE INDEX connections_sameness ON connections
    (environment_id, integration_id, coalesce(subscriber_id, ''), context_keys, workspace_id);
CREATE INDEX connections_by_age ON connections (environment_id, created_at, id);
CREATE INDEX connections_by_subscriber ON connections
    (environment_id, subscriber_id, created_at, id);
CREATE INDEX connections_by_integration ON connections
    (environment_id, integration_id, created_at, id);
CREATE INDEX connections_by_context ON connections
    (environment_id, context_keys, created_at, id);
CREATE INDEX connections_by_workspace ON connections (workspace_id);

CREATE TABLE connection_credentials (
    environment_id BLOB    NOT NULL,
    connection_id  BLOB    NOT NULL,
    kind           TEXT    NOT NULL,
    access_token   BLOB    NOT NULL,
    refresh_token  BLOB,
    scopes         TEXT    NOT NULL CHECK (json_valid(scopes)),
    expires_at     INTEGER,
    PRIMARY KEY (environment_id, connection_id, kind),
    FOREIGN KEY (environment_id, connection_id)
        REFERENCES connections (environment_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE endpoints (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL,
    identifier     TEXT    NOT NULL,
    integration_id BLOB    NOT NULL,
    -- NULL where the address needs no connection.
    connection_id  BLOB,
    subscriber_id  TEXT    NOT NULL,
    context_keys   TEXT    NOT NULL CHECK (json_valid(context_keys)),
    kind           TEXT    NOT NULL,
    address        TEXT    NOT NULL CHECK (json_valid(address)),
    address_key    TEXT    NOT NULL,
    secret         BLOB,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, identifier),
    FOREIGN KEY (environment_id, integration_id)
        REFERENCES integrations (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, connection_id)
        REFERENCES connections (environment_id, id) ON DELETE CASCADE,
    FOREIGN KEY (environment_id, subscriber_id)
        REFERENCES subscribers (environment_id, subscriber_id) ON DELETE CASCADE
) STRICT;

-- No connection counts as one and the same; no id is empty.
CREATE UNIQUE INDEX endpoints_sameness ON endpoints
    (environment_id, integration_id, coalesce(connection_id, x''), subscriber_id, kind,
     address_key);
CREATE INDEX endpoints_by_age ON endpoints (environment_id, created_at, id);
CREATE INDEX endpoints_by_subscriber ON endpoints (environment_id, subscriber_id, created_at, id);
CREATE INDEX endpoints_by_connection ON endpoints (environment_id, connection_id, created_at, id);
CREATE INDEX endpoints_by_integration ON endpoints
    (environment_id, integration_id, created_at, id);
CREATE INDEX endpoints_by_context ON endpoints (environment_id, context_keys, created_at, id);

-- An attempt is history: it outlives what it names, and so refers to nothing but its environment.
CREATE TABLE connect_attempts (
    id                     BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    environment_id         BLOB    NOT NULL REFERENCES environments (id),
    integration_id         BLOB    NOT NULL,
    integration_identifier TEXT    NOT NULL,
    provider               TEXT    NOT NULL,
    purpose                TEXT    NOT NULL,
    subscriber_id          TEXT,
    context_keys           TEXT    NOT NULL CHECK (json_valid(context_keys)),
    mode                   TEXT    NOT NULL,
    status                 TEXT    NOT NULL,
    reason                 TEXT,
    provider_error         TEXT,
    connection_identifier  TEXT,
    workspace_name         TEXT,
    steps                  TEXT    NOT NULL CHECK (json_valid(steps)),
    created_at             INTEGER NOT NULL,
    updated_at             INTEGER NOT NULL
) STRICT;

CREATE INDEX connect_attempts_by_age ON connect_attempts (environment_id, created_at, id);
CREATE INDEX connect_attempts_by_status ON connect_attempts
    (environment_id, status, created_at, id);
CREATE INDEX connect_attempts_by_subscriber ON connect_attempts
    (environment_id, subscriber_id, created_at, id);
CREATE INDEX connect_attempts_by_connection ON connect_attempts
    (environment_id, connection_identifier, created_at, id);
CREATE INDEX connect_attempts_by_integration ON connect_attempts
    (environment_id, integration_identifier, created_at, id);
CREATE INDEX connect_attempts_by_reason ON connect_attempts
    (environment_id, reason, created_at, id) WHERE reason IS NOT NULL;
-- For the sweep of those that got stuck.
CREATE INDEX connect_attempts_by_move ON connect_attempts (status, updated_at);

CREATE TABLE idempotency_records (
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    route          TEXT    NOT NULL,
    key_hash       BLOB    NOT NULL CHECK (length(key_hash) = 32),
    fingerprint    BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    response       BLOB    NOT NULL,
    expires_at     INTEGER NOT NULL,
    PRIMARY KEY (environment_id, route, key_hash)
) STRICT;

CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

-- One row: a sealed value by which a start with a wrong key is noticed.
CREATE TABLE key_checks (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value BLOB    NOT NULL
) STRICT;
