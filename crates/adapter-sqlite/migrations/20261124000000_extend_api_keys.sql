-- What a key may do besides what its role allows: names with blanks between.
ALTER TABLE api_keys ADD COLUMN rights TEXT NOT NULL DEFAULT '';
-- By which a contextHash is checked, sealed. Older keys have none.
ALTER TABLE api_keys ADD COLUMN signing_state BLOB;
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
