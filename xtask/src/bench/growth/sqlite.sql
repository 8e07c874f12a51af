-- Fills a store with connections :first to :last, each with what belongs to it: one in ten is shared,
-- the others belong to a subscriber of their own and have an endpoint. Ten are of one context.
-- Foreign keys hold by construction, and are not checked.
PRAGMA foreign_keys = off;
PRAGMA synchronous = off;
PRAGMA cache_size = -262144;
BEGIN;

CREATE TEMPORARY TABLE filled AS
WITH RECURSIVE numbers(n) AS (
    SELECT :first UNION ALL SELECT n + 1 FROM numbers WHERE n < :last
)
SELECT n, e.id AS environment_id, i.id AS integration_id, randomblob(16) AS id,
       n % 10 = 0 AS shared,
       'person-' || n AS subscriber_id,
       -- A year ago, oldest first.
       unixepoch() * 1000000 - 31536000000000 + n * 30 AS at
FROM numbers
CROSS JOIN environments AS e
JOIN integrations AS i
  ON i.environment_id = e.id
 AND i.identifier = CASE WHEN n % 2 = 0 THEN 'slack-production' ELSE 'slack-second' END
WHERE e.name = 'Development';

INSERT INTO subscribers
    (id, environment_id, subscriber_id, first_name, last_name, email, data, created_at,
     updated_at)
SELECT randomblob(16), environment_id, subscriber_id, 'Ada', 'Lovelace ' || n,
       subscriber_id || '@customer.example', '{"plan":"professional"}', at, at
FROM filled WHERE NOT shared;

INSERT INTO contexts
    (id, environment_id, kind, context_id, data, created_at, updated_at)
SELECT randomblob(16), environment_id, 'tenant', 'org-' || (n / 10), '{"plan":"professional"}',
       at, at
FROM filled WHERE shared;

INSERT INTO connections
    (id, environment_id, identifier, integration_id, subscriber_id, context_keys,
     workspace_id, workspace_name, bot_user_id, generation, created_at, updated_at, health_since,
     due_at)
SELECT id, environment_id, 'connection-' || n, integration_id,
       CASE WHEN NOT shared THEN subscriber_id END, json_array('tenant:org-' || (n / 10)),
       'T' || n, 'Harbour Lane Bakery', 'U' || n, 1, at, at, at, at + 63072000000000
FROM filled;

INSERT INTO connection_credentials
    (environment_id, connection_id, kind, access_token, scopes)
SELECT environment_id, id, 'bot', CAST(x'01026b31' || randomblob(96) AS BLOB),
       '["chat:write","chat:write.public","channels:read","groups:read","users:read"]'
FROM filled;

INSERT INTO endpoints
    (id, environment_id, identifier, integration_id, connection_id, subscriber_id, context_keys,
     kind, address, address_key, created_at, updated_at)
SELECT randomblob(16), environment_id, 'endpoint-' || n, integration_id, id, subscriber_id,
       json_array('tenant:org-' || (n / 10)), 'slack_user', json_object('userId', 'U' || n), 'U' || n,
       at, at
FROM filled WHERE NOT shared;

COMMIT;
