-- Keys come in no order, so that each claim writes to another page of their index: the shorter its
-- entries are, the fewer pages there are. Eight bytes of a key's hash lead to it; that no two
-- records are of one scope is seen to by those who insert, of whom there is one at a time.
DROP INDEX idempotency_records_by_expiry;
ALTER TABLE idempotency_records RENAME TO idempotency_records_before;

CREATE TABLE idempotency_records (
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    route          TEXT    NOT NULL,
    key_hash       BLOB    NOT NULL CHECK (length(key_hash) = 32),
    key_start      BLOB    NOT NULL GENERATED ALWAYS AS (substr(key_hash, 1, 8)) VIRTUAL,
    fingerprint    BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    response       BLOB    NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT;

INSERT INTO idempotency_records
    (environment_id, route, key_hash, fingerprint, response, expires_at)
SELECT environment_id, route, key_hash, fingerprint, response, expires_at
FROM idempotency_records_before;

DROP TABLE idempotency_records_before;

CREATE INDEX idempotency_records_by_key ON idempotency_records (key_start);
CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);
