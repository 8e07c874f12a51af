-- Fills a store with connections :first to :last, each with what belongs to it: one in ten is shared,
-- the others belong to a subscriber of their own and have an endpoint. Ten are of one context.
-- Foreign keys hold by construction, and are not checked.
SET session_replication_role = replica;
SET synchronous_commit = off;

CREATE TEMPORARY TABLE filled AS
SELECT n, e.id AS environment_id, i.id AS integration_id,
       md5('connection' || n)::uuid AS id,
       n % 10 = 0 AS shared,
       'person-' || n AS subscriber_id,
       -- A year ago, oldest first.
       (extract(epoch FROM now()) * 1000000)::bigint - 31536000000000 + n * 3 AS at
FROM generate_series(:first::bigint, :last::bigint) AS n
CROSS JOIN environments AS e
JOIN integrations AS i
  ON i.environment_id = e.id
 AND i.identifier = CASE WHEN n % 2 = 0 THEN 'slack-production' ELSE 'slack-second' END
WHERE e.name = 'Development';

INSERT INTO subscribers
    (id, environment_id, subscriber_id, first_name, last_name, email, data, created_at,
     updated_at)
SELECT md5('subscriber' || n)::uuid, environment_id, subscriber_id, 'Ada', 'Lovelace ' || n,
       subscriber_id || '@customer.example', '{"plan":"professional"}', at, at
FROM filled WHERE NOT shared;

INSERT INTO contexts
    (id, environment_id, kind, context_id, data, created_at, updated_at)
SELECT md5('context' || n)::uuid, environment_id, 'tenant', 'org-' || (n / 10),
       '{"plan":"professional"}', at, at
FROM filled WHERE shared;

INSERT INTO connections
    (id, environment_id, identifier, integration_id, subscriber_id, context_keys, owner_hash,
     workspace_id, workspace_name, bot_user_id, generation, created_at, updated_at, health_since,
     due_at)
SELECT id, environment_id, 'connection-' || n, integration_id,
       CASE WHEN NOT shared THEN subscriber_id END, ARRAY['tenant:org-' || (n / 10)],
       sha256(('owner' || n)::bytea), 'T' || n, 'Harbour Lane Bakery', 'U' || n, 1, at, at, at,
       at + 63072000000000
FROM filled;

INSERT INTO connection_credentials
    (environment_id, connection_id, kind, access_token, scopes)
SELECT environment_id, id, 'bot',
       '\x01026b31'::bytea || sha256(n::text::bytea) || sha256(('a' || n)::bytea)
           || sha256(('b' || n)::bytea),
       '["chat:write","chat:write.public","channels:read","groups:read","users:read"]'
FROM filled;

INSERT INTO endpoints
    (id, environment_id, identifier, integration_id, connection_id, subscriber_id, context_keys,
     kind, address, address_key, address_hash, created_at, updated_at)
SELECT md5('endpoint' || n)::uuid, environment_id, 'endpoint-' || n, integration_id, id,
       subscriber_id, ARRAY['tenant:org-' || (n / 10)], 'slack_user',
       ('{"userId":"U' || n || '"}')::json, 'U' || n, sha256(('U' || n)::bytea), at, at
FROM filled WHERE NOT shared;
