// The main job with a client whose types are generated from openapi.yaml: what does not fit them
// does not compile. The last line that is printed has the URLs that people are to open.

import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated.js';

type Connection = components['schemas']['ChannelConnectionResponse'];

function told(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is told in the environment`);
  return value;
}

const caller = (key: string) =>
  createClient<paths>({ baseUrl: told('TIELINE_URL'), headers: { Authorization: `ApiKey ${key}` } });

const tieline = caller(told('TIELINE_API_KEY'));
const forSubscriber = { integrationIdentifier: 'walk', subscriberId: 'ada' };

async function setUp() {
  const { data: made, response } = await tieline.POST('/v1/integrations', {
    body: {
      providerId: 'slack',
      identifier: 'walk',
      active: true,
      credentials: { clientId: told('SLACK_CLIENT_ID'), secretKey: told('SLACK_CLIENT_SECRET') },
    },
  });
  assert.equal(response.status, 201);
  assert.equal(made?.identifier, 'walk');
  const { data: listed } = await tieline.GET('/v1/integrations');
  assert.deepEqual(listed?.map((it) => it.identifier), ['slack', 'msteams', 'walk']);
  // As at Novu, lists have empty credentials where a single one has none.
  assert.deepEqual(listed?.at(-1), { ...made, credentials: {} });

  const { data: ada } = await tieline.POST('/v2/subscribers', {
    body: { subscriberId: 'ada', firstName: 'Ada', phone: null, data: { plan: 'pro' } },
  });
  assert.equal(ada?.firstName, 'Ada');
  const path = { subscriberId: 'ada' };
  const { data: read } = await tieline.GET('/v2/subscribers/{subscriberId}', { params: { path } });
  assert.deepEqual(read, ada);
}

async function mint() {
  const { data: connect, response } = await tieline.POST('/v1/integrations/channel-connections/oauth', {
    body: { ...forSubscriber, context: { tenant: { id: 'walk', data: { plan: 'pro' } } } },
  });
  assert.equal(response.status, 201);
  assert.ok(connect);
  const url = new URL(connect.url);
  assert.equal(url.searchParams.get('client_id'), told('SLACK_CLIENT_ID'));
  assert.match(response.headers.get('connect-attempt-id') ?? '', /^[0-9a-f-]{36}$/);
  const { data: link } = await tieline.POST('/v1/integrations/channel-endpoints/oauth', {
    body: forSubscriber,
  });
  assert.ok(link);
  return { connect: connect.url, link: link.url };
}

async function list() {
  const connections: Connection[] = [];
  for (let after: string | undefined; ; ) {
    const query = { limit: 1, orderDirection: 'ASC' as const, ...(after && { after }) };
    const { data: page } = await tieline.GET('/v1/channel-connections', { params: { query } });
    assert.equal(page?.totalCount, 2);
    connections.push(...page.data);
    if (page.next === null) {
      break;
    }
    after = page.next;
  }
  const [slack, teams] = connections;
  assert.equal(slack?.workspace.name, 'Harbour Lane Bakery');
  assert.equal(slack?.auth.accessToken, '********');
  assert.equal(teams?.auth.accessToken, 'app-only');
  const path = { identifier: slack?.identifier ?? '' };
  const { data: read } = await tieline.GET('/v1/channel-connections/{identifier}', { params: { path } });
  assert.deepEqual(read, slack);
}

async function fail() {
  const path = { identifier: 'nothing' };
  const { error: unknown } = await tieline.GET('/v1/channel-connections/{identifier}', { params: { path } });
  assert.equal(unknown?.statusCode, 404);
  assert.equal(unknown?.code, 'not_found');
  assert.equal(unknown?.path, '/v1/channel-connections/nothing');

  const { error: stranger } = await caller('no-key-of-ours').GET('/v1/integrations');
  assert.equal(stranger?.code, 'unauthorized');

  const { error: malformed, response } = await tieline.POST('/v2/subscribers', {
    body: { subscriberId: ' ' },
  });
  assert.equal(response.status, 422);
  assert.ok(malformed && 'errors' in malformed);
  assert.deepEqual(Object.keys(malformed.errors), ['subscriberId']);
  assert.equal(malformed.errors['subscriberId']?.messages.length, 1);
}

await setUp();
await list();
await fail();
console.log(JSON.stringify(await mint()));
