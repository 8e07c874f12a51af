// The SDK, pointed at the server under test.

import assert from 'node:assert/strict';
import { Novu } from '@novu/api';
import { ErrorDto } from '@novu/api/models/errors/index.js';
import { Calls, members } from './calls.js';

const { TIELINE_URL, TIELINE_API_KEY } = process.env;
assert.ok(TIELINE_URL && TIELINE_API_KEY, 'the server under test is told in the environment');

// What the SDK has beside the family is Novu's alone. What is new in it is neither, until somebody
// has looked at it and put it into one of these lists.
const FAMILY = ['channelConnections', 'channelEndpoints', 'contexts', 'integrations', 'subscribers'];
const OTHERS = [
  'activity', 'agents', 'domains', 'environmentVariables', 'environments', 'layouts', 'messages',
  'notifications', 'topics', 'translations', 'workflows',
];
const OTHERS_OF_SUBSCRIBERS = [
  'credentials', 'messages', 'notifications', 'preferences', 'properties', 'topics',
];

/**
 * A caller. The SDK holds every answer against its own schemas by itself. Retries are off: it would
 * repeat a 409 for an hour.
 */
export const caller = (secretKey) =>
  new Novu({
    secretKey,
    serverURL: TIELINE_URL,
    retryConfig: { strategy: 'none' },
    timeoutMs: 20_000,
  });

export const calls = new Calls();

const novu = caller(TIELINE_API_KEY);
assert.deepEqual(members(novu).resources.sort(), [...FAMILY, ...OTHERS].sort());
for (const name of FAMILY) {
  const others = name === 'subscribers' ? OTHERS_OF_SUBSCRIBERS : [];
  assert.deepEqual(members(novu[name]).resources.sort(), others, name);
}

export const [connections, endpoints, contexts, integrations, subscribers] = FAMILY.map((name) =>
  calls.watch(name, novu[name]),
);

/** The error with which a call has to end: one of the SDK's own, read from the body of all errors. */
export async function refused(status, code, call, kind = ErrorDto) {
  const error = await call.then(
    (answer) => assert.fail(`no ${status} ${code}, but ${JSON.stringify(answer.result)}`),
    (error) => error,
  );
  assert.ok(error instanceof kind, `${error.name}, ${error.message}: ${error.body}`);
  assert.equal(error.statusCode, status, error.body);
  assert.equal(JSON.parse(error.body).code, code);
  return error;
}

/** All that a list has, read one by one. */
export async function all(list, request = {}) {
  const found = [];
  for (let after; ; ) {
    const { result } = await list({ ...request, limit: 1, after });
    assert.ok(result.data.length <= 1);
    assert.equal(result.totalCountCapped, false);
    assert.equal(result.previous === null, after === undefined);
    found.push(...result.data);
    if (result.next === null) {
      assert.equal(found.length, result.totalCount);
      return found;
    }
    after = result.next;
  }
}
