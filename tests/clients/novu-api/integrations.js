import assert from 'node:assert/strict';
import { SDKError } from '@novu/api/models/errors/index.js';
import { integrations, refused } from './novu.js';

const { SLACK_CLIENT_ID, SLACK_CLIENT_SECRET } = process.env;

/** Makes an integration with which people can connect. */
export async function makeIntegration(identifier) {
  const { result } = await integrations.create({
    providerId: 'slack',
    channel: 'chat',
    kind: 'delivery',
    identifier,
    name: 'Walk',
    credentials: { clientId: SLACK_CLIENT_ID, secretKey: SLACK_CLIENT_SECRET },
    active: true,
    check: false,
    conditions: [],
    configurations: {},
  });
  return result;
}

export async function walkIntegrations() {
  const before = (await integrations.list()).result;
  assert.deepEqual(before.map((it) => it.identifier), ['slack', 'msteams']);
  assert.deepEqual(before.map((it) => it.providerId), ['slack', 'msteams']);

  const made = await makeIntegration('spare');
  assert.equal(made.identifier, 'spare');
  assert.equal(made.name, 'Walk');
  assert.equal(made.channel, 'chat');
  assert.equal(made.active, true);
  assert.equal(made.deleted, false);
  assert.equal(made.primary, false);
  assert.equal(made.credentials, undefined);
  assert.equal(made.environmentId, before[0].environmentId);
  assert.equal(made.organizationId, before[0].organizationId);
  await refused(409, 'already_exists', makeIntegration('spare'));

  await update(made.id);
  await refuseWhatIsNovusAlone(made.id);

  const left = (await integrations.delete(made.id)).result;
  assert.deepEqual(left.map((it) => it.identifier), ['slack', 'msteams']);
  await refused(404, 'not_found', integrations.delete(made.id));
  // These two know no body for a 404: the SDK hands it on as it came.
  const opaque = (call) => refused(404, 'not_found', call, SDKError);
  await opaque(integrations.update({ name: 'Gone' }, made.id));
  await opaque(integrations.setAsPrimary(made.id));
}

async function update(id) {
  const active = async () => (await integrations.listActive()).result.map((it) => it.identifier);
  assert.deepEqual(await active(), ['slack', 'msteams', 'spare']);
  const changed = (await integrations.update({ name: 'Resting', active: false }, id)).result;
  assert.equal(changed.id, id);
  assert.equal(changed.name, 'Resting');
  assert.equal(changed.active, false);
  assert.deepEqual(await active(), ['slack', 'msteams']);
  // Primary ones exist for mail and text messages only, at Novu as well.
  await refused(400, 'primary_not_supported', integrations.setAsPrimary(id));
}

/**
 * What only Novu has: webhooks for what comes in, and Telegram, which is not connected by OAuth. A
 * caller that asks for it gets the body of all errors, which the SDK can read.
 */
async function refuseWhatIsNovusAlone(id) {
  const nothing = (call) => refused(404, 'route_not_found', call);
  const telegram = { integrationIdentifier: 'spare', subscriberId: 'subscriber-123' };
  const error = await nothing(integrations.linkChannelEndpoint(telegram));
  assert.equal(error.path, '/v1/integrations/channel-endpoints/link');
  assert.equal(error.message, 'There is nothing at this address.');
  await nothing(integrations.createMobileLink({}, 'spare'));
  await nothing(integrations.integrationsControllerConfigureIntegrationWebhook('spare'));
  const configured = integrations.integrationsControllerAutoConfigureIntegration(id);
  await refused(404, 'route_not_found', configured, SDKError);
}
