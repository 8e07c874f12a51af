-- For searches of contexts by a text within their type or id: the pieces of one, two and three
-- letters of both, each behind its environment, so that none reads what many others have.
CREATE FUNCTION context_pieces(environment_id UUID, kind TEXT, context_id TEXT) RETURNS TEXT[]
    LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(environment_id::text || substr(part, place, letters))
    FROM (VALUES (kind), (context_id)) AS parts (part),
        generate_series(1, 3) AS letters,
        generate_series(1, length(part)) AS place
$$;

CREATE INDEX contexts_by_pieces ON contexts
    USING gin (context_pieces(environment_id, kind, context_id));
