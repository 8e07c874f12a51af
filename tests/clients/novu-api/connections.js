import assert from 'node:assert/strict';
import { all, connections, endpoints, refused } from './novu.js';

const list = (request) => connections.list(request);
const identifiers = (found) => found.map((it) => it.identifier);

export async function walkConnections() {
  await readWhatPeopleConnected();
  const imported = {
    identifier: 'imported',
    integrationIdentifier: 'slack',
    subscriberId: 'subscriber-123',
    context: { tenant: { id: 'initech', data: { plan: 'pro' } }, region: 'eu' },
    connectionMode: 'subscriber',
    workspace: { id: 'T9', name: 'Initech' },
    auth: { accessToken: 'issued-elsewhere' },
  };
  const made = (await connections.create(imported)).result;
  assert.equal(made.identifier, 'imported');
  assert.equal(made.channel, 'chat');
  assert.equal(made.providerId, 'slack');
  assert.equal(made.integrationIdentifier, 'slack');
  assert.equal(made.subscriberId, 'subscriber-123');
  assert.deepEqual([...made.contextKeys].sort(), ['region:eu', 'tenant:initech']);
  assert.deepEqual({ ...made.workspace }, { id: 'T9', name: 'Initech' });
  assert.equal(made.auth.accessToken, '********');
  await refused(409, 'already_exists', connections.create(imported));
  await filter();

  const moved = { workspace: { id: 'T9', name: 'Initrode' }, auth: { accessToken: 'another' } };
  const changed = (await connections.update(moved, 'imported')).result;
  assert.equal(changed.workspace.name, 'Initrode');
  assert.deepEqual((await connections.retrieve('imported')).result, changed);

  assert.equal((await connections.delete('imported'))?.result, undefined);
  const gone = (call) => refused(404, 'not_found', call);
  await gone(connections.retrieve('imported'));
  await gone(connections.update(moved, 'imported'));
  await gone(connections.delete('imported'));
}

async function readWhatPeopleConnected() {
  const [teams, slack] = await all(list);
  assert.equal(slack.workspace.name, 'Harbour Lane Bakery');
  assert.equal(slack.auth.accessToken, '********');
  assert.equal(teams.providerId, 'msteams');
  assert.equal(teams.workspace.name, 'Fennel & Rye');
  assert.equal(teams.auth.accessToken, 'app-only');
  for (const it of [teams, slack]) {
    assert.deepEqual((await connections.retrieve(it.identifier)).result, it);
  }
}

async function filter() {
  const contextKeys = ['tenant:initech', 'region:eu'];
  assert.deepEqual(identifiers(await all(list, { contextKeys })), ['imported']);
  assert.deepEqual(await all(list, { contextKeys: ['tenant:initech'] }), []);
  assert.equal((await all(list, { connectionMode: 'subscriber', channel: 'chat' })).length, 3);
  assert.equal((await all(list, { connectionMode: 'shared' })).length, 0);
  assert.equal((await all(list, { providerId: 'msteams' })).length, 1);
  assert.equal((await all(list, { integrationIdentifier: 'slack', subscriberId: 'subscriber-123' })).length, 2);
  const oldest = await all(list, { orderDirection: 'ASC', orderBy: 'createdAt' });
  assert.equal(oldest.at(-1).identifier, 'imported');
  await refused(400, 'cursor_conflict', connections.list({ after: 'a', before: 'b' }));
}

export async function walkEndpoints() {
  const listed = await all((request) => endpoints.list(request));
  assert.deepEqual(listed.map((it) => it.type), ['ms_teams_user', 'slack_user']);
  const [{ identifier: bakery }] = (await list({ providerId: 'slack' })).result.data;
  assert.equal(listed[1].connectionIdentifier, bakery);

  const wanted = {
    identifier: 'general',
    subscriberId: 'subscriber-123',
    integrationIdentifier: 'slack',
    connectionIdentifier: bakery,
    type: 'slack_channel',
    endpoint: { channelId: 'C1' },
    createSubscriberIfMissing: false,
  };
  const made = (await endpoints.create(wanted)).result;
  assert.equal(made.identifier, 'general');
  assert.equal(made.type, 'slack_channel');
  assert.deepEqual({ ...made.endpoint }, { channelId: 'C1' });
  assert.equal(made.connectionIdentifier, bakery);
  assert.deepEqual(made.contextKeys, []);
  const elsewhere = { ...wanted, endpoint: { channelId: 'C2' } };
  await refused(409, 'already_exists', endpoints.create(elsewhere));
  const unknown = { ...wanted, identifier: 'other', subscriberId: 'nobody' };
  await refused(404, 'subscriber_not_found', endpoints.create(unknown));

  const found = (await endpoints.list({ connectionIdentifier: bakery })).result;
  assert.deepEqual(identifiers(found.data), ['general', listed[1].identifier]);

  const change = { endpoint: { channelId: 'C3' } };
  const changed = (await endpoints.update(change, 'general')).result;
  assert.deepEqual({ ...changed.endpoint }, { channelId: 'C3' });
  assert.deepEqual((await endpoints.retrieve('general')).result, changed);

  assert.equal((await endpoints.delete('general'))?.result, undefined);
  const gone = (call) => refused(404, 'not_found', call);
  await gone(endpoints.retrieve('general'));
  await gone(endpoints.update(change, 'general'));
  await gone(endpoints.delete('general'));
}
