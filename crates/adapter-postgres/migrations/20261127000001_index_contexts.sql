-- For lists of contexts by their type, and by their id.
CREATE INDEX contexts_by_kind ON contexts (environment_id, kind, created_at, id);
CREATE INDEX contexts_by_id ON contexts (environment_id, context_id, created_at, id);
