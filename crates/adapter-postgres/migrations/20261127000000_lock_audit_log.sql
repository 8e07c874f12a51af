-- The last event of an environment's log, for whoever appends the next one: from here to the end
-- of their transaction they alone do. What was committed while this waited is seen, as each
-- statement of such a function looks anew. The lock is none of a row, which all would write to who
-- lock it, and all wait for who refer to it. Its number is a hash: logs that have the same wait for
-- each other, and nothing worse. Nodes of the version before take the same one.
CREATE FUNCTION lock_audit_log(environment UUID) RETURNS TABLE (sequence BIGINT, hash BYTEA)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_events ' || environment::text, 0));
    RETURN QUERY
        SELECT event.sequence, event.hash FROM audit_events AS event
        WHERE event.environment_id = environment
        ORDER BY event.sequence DESC LIMIT 1;
END
$$;
