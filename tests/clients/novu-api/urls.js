import assert from 'node:assert/strict';
import { ValidationErrorDto } from '@novu/api/models/errors/index.js';
import { makeIntegration } from './integrations.js';
import { caller, integrations, refused } from './novu.js';

const { SLACK_CLIENT_ID, TIELINE_URL } = process.env;
const FOR_SUBSCRIBER = { integrationIdentifier: 'walk', subscriberId: 'subscriber-123' };

/** Two URLs for people to open: the one connects, the other links. */
export async function walkUrls() {
  await makeIntegration('walk');
  const connect = { ...FOR_SUBSCRIBER, context: { tenant: 'walk' }, scope: ['chat:write'] };
  const first = await integrations.generateConnectOAuthUrl(connect, 'walk-1');
  isSlacks(first.result.url, 'scope', 'chat:write');
  const again = await integrations.generateConnectOAuthUrl(connect, 'walk-1');
  assert.equal(again.result.url, first.result.url);
  assert.deepEqual(again.headers['idempotency-replay'], ['true']);

  const link = { ...FOR_SUBSCRIBER, userScope: ['identity.basic', 'identity.email'] };
  const { url } = (await integrations.generateLinkUserOAuthUrl(link)).result;
  isSlacks(url, 'user_scope', 'identity.basic,identity.email');

  const older = (request) => integrations.generateChatOAuthUrl({ ...FOR_SUBSCRIBER, ...request });
  isSlacks((await older({ scope: ['chat:write'] })).result.url, 'scope', 'chat:write');
  isSlacks((await older({ mode: 'link_user' })).result.url, 'user_scope', 'identity.basic');

  await refuse();
  return { connect: first.result.url, link: url };
}

function isSlacks(text, parameter, scopes) {
  const { pathname, searchParams } = new URL(text);
  assert.ok(pathname.endsWith('/oauth/v2/authorize'), text);
  assert.equal(searchParams.get('client_id'), SLACK_CLIENT_ID);
  assert.equal(searchParams.get(parameter), scopes);
  const callback = `${TIELINE_URL}/v1/integrations/chat/oauth/callback`;
  assert.equal(searchParams.get('redirect_uri'), callback);
  assert.ok(searchParams.get('state').length > 100);
}

async function refuse() {
  const connect = (request) => integrations.generateConnectOAuthUrl(request);
  await refused(400, 'owner_required', connect({ integrationIdentifier: 'walk' }));
  const unknown = { ...FOR_SUBSCRIBER, integrationIdentifier: 'nothing' };
  await refused(404, 'integration_not_found', connect(unknown));
  const link = integrations.generateLinkUserOAuthUrl({ ...FOR_SUBSCRIBER, subscriberId: 'nobody' });
  await refused(404, 'subscriber_not_found', link);

  const malformed = connect({ ...FOR_SUBSCRIBER, connectionIdentifier: 'no blanks' });
  const error = await refused(422, 'validation_failed', malformed, ValidationErrorDto);
  assert.deepEqual(Object.keys(error.errors), ['connectionIdentifier']);
  assert.equal(error.errors.connectionIdentifier.messages.length, 1);

  const stranger = caller('no-key-of-ours').integrations;
  const denied = await refused(401, 'unauthorized', stranger.list());
  assert.equal(denied.path, '/v1/integrations');
}
