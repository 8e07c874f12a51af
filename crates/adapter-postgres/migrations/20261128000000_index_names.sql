-- For lists of subscribers by name: the first, the last, or both. Of each, an index holds the
-- beginning.
CREATE INDEX subscribers_by_first_name ON subscribers
    (environment_id, left(first_name, 200), created_at, id) WHERE first_name IS NOT NULL;
CREATE INDEX subscribers_by_last_name ON subscribers
    (environment_id, left(last_name, 200), created_at, id) WHERE last_name IS NOT NULL;
CREATE INDEX subscribers_by_full_name ON subscribers
    (environment_id, left(first_name || ' ' || last_name, 200), created_at, id)
    WHERE first_name IS NOT NULL AND last_name IS NOT NULL;
