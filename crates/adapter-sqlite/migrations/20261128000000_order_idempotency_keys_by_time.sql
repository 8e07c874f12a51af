-- Keys come in no order: each claim wrote to another page of their index, and each deletion did so
-- once more. Now the keys of answers that expire within the same five minutes stand together, and
-- are deleted one behind the other when those are over. Period 0 is that of answers which are kept
-- for longer: their keys go with them.
--
-- Eight bytes of a key's hash lead to a record; that no two records which have not expired are of
-- one scope is seen to by those who insert, of whom there is one at a time.
DROP INDEX idempotency_records_by_key;
DROP INDEX idempotency_records_by_expiry;
ALTER TABLE idempotency_records RENAME TO idempotency_records_before;

CREATE TABLE idempotency_records (
    id             INTEGER PRIMARY KEY,
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    route          TEXT    NOT NULL,
    key_hash       BLOB    NOT NULL CHECK (length(key_hash) = 32),
    fingerprint    BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    response       BLOB    NOT NULL,
    expires_at     INTEGER NOT NULL,
    period         INTEGER NOT NULL
) STRICT;

INSERT INTO idempotency_records
    (environment_id, route, key_hash, fingerprint, response, expires_at, period)
SELECT environment_id, route, key_hash, fingerprint, response, expires_at, 0
FROM idempotency_records_before;

DROP TABLE idempotency_records_before;

CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

CREATE TABLE idempotency_keys (
    period    INTEGER NOT NULL,
    key_start BLOB    NOT NULL,
    record    INTEGER NOT NULL,
    PRIMARY KEY (period, key_start, record)
) STRICT, WITHOUT ROWID;

INSERT INTO idempotency_keys
SELECT period, substr(key_hash, 1, 8), id FROM idempotency_records;

-- A record that is gone may have left its key, and its number to the next.
CREATE TRIGGER idempotency_records_insert_key AFTER INSERT ON idempotency_records
BEGIN
    INSERT OR IGNORE INTO idempotency_keys VALUES (new.period, substr(new.key_hash, 1, 8), new.id);
END;

CREATE TRIGGER idempotency_records_delete_key AFTER DELETE ON idempotency_records
WHEN old.period = 0
BEGIN
    DELETE FROM idempotency_keys
    WHERE period = 0 AND key_start = substr(old.key_hash, 1, 8) AND record = old.id;
END;
