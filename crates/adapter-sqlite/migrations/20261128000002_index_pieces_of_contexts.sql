-- For searches of contexts by a text within their type or id. The index holds each three letters
-- that follow each other, and what is shorter at their end. Its tokenizer takes capitals for small
-- letters, so that letters are in hexadecimal, two digits each. Before them stand eight digits of
-- the environment, so that none reads what many others have; prefixes of ten and of twelve are one
-- letter and two. `k` is before a whole type.
--
-- The index knows contexts by their number, which VACUUM leaves as it is.
DROP INDEX contexts_by_age;
DROP INDEX contexts_by_kind;
DROP INDEX contexts_by_id;
ALTER TABLE contexts RENAME TO contexts_before;

CREATE TABLE contexts (
    number         INTEGER PRIMARY KEY,
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    environment_id BLOB    NOT NULL REFERENCES environments (id),
    kind           TEXT    NOT NULL,
    context_id     TEXT    NOT NULL,
    data           TEXT    NOT NULL CHECK (json_valid(data)),
    bridge_url     TEXT,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (environment_id, kind, context_id)
) STRICT;

INSERT INTO contexts
    (id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at)
SELECT id, environment_id, kind, context_id, data, bridge_url, created_at, updated_at
FROM contexts_before;

DROP TABLE contexts_before;

CREATE INDEX contexts_by_age ON contexts (environment_id, created_at, id);
CREATE INDEX contexts_by_kind ON contexts (environment_id, kind, created_at, id);
CREATE INDEX contexts_by_id ON contexts (environment_id, context_id, created_at, id);

CREATE VIRTUAL TABLE context_pieces USING fts5 (
    pieces,
    content = '',
    columnsize = 0,
    detail = none,
    tokenize = 'ascii',
    prefix = '10 12'
);

CREATE VIEW contexts_in_pieces (number, pieces) AS
SELECT
    number,
    (
        WITH RECURSIVE ends (letters) AS (
            VALUES (kind), (context_id)
            UNION ALL
            SELECT substr(letters, 2) FROM ends WHERE length(letters) > 1
        )
        SELECT group_concat(hex(substr(environment_id, 13)) || hex(substr(letters, 1, 3)), ' ')
        FROM ends
    ) || ' ' || hex(substr(environment_id, 13)) || 'k' || hex(kind)
FROM contexts;

INSERT INTO context_pieces (rowid, pieces) SELECT number, pieces FROM contexts_in_pieces;

CREATE TRIGGER contexts_insert_pieces AFTER INSERT ON contexts
BEGIN
    INSERT INTO context_pieces (rowid, pieces)
    SELECT number, pieces FROM contexts_in_pieces WHERE number = new.number;
END;

-- What an index without content is to forget, it has to be told.
CREATE TRIGGER contexts_delete_pieces BEFORE DELETE ON contexts
BEGIN
    INSERT INTO context_pieces (context_pieces, rowid, pieces)
    SELECT 'delete', number, pieces FROM contexts_in_pieces WHERE number = old.number;
END;
