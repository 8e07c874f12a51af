-- For lists of subscribers by name: the first, the last, or both.
CREATE INDEX subscribers_by_first_name ON subscribers
    (environment_id, first_name, created_at, id) WHERE first_name IS NOT NULL;
CREATE INDEX subscribers_by_last_name ON subscribers
    (environment_id, last_name, created_at, id) WHERE last_name IS NOT NULL;
CREATE INDEX subscribers_by_full_name ON subscribers
    (environment_id, first_name || ' ' || last_name, created_at, id)
    WHERE first_name || ' ' || last_name IS NOT NULL;
