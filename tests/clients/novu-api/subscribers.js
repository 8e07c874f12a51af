import assert from 'node:assert/strict';
import { SubscriberResponseDto } from '@novu/api/models/errors/index.js';
import { all, refused, subscribers } from './novu.js';

export async function walkSubscribers() {
  const made = (
    await subscribers.create({
      subscriberId: 'ada',
      firstName: 'Ada',
      email: 'ada@example.com',
      phone: null,
      data: { seats: 3, plan: 'pro' },
    })
  ).result;
  assert.equal(made.subscriberId, 'ada');
  assert.equal(made.firstName, 'Ada');
  assert.equal(made.phone, null);
  assert.deepEqual(made.data, { seats: 3, plan: 'pro' });
  assert.equal(made.deleted, false);

  const again = (await subscribers.create({ subscriberId: 'ada', lastName: 'Byron' })).result;
  assert.equal(again.id, made.id);
  assert.equal(`${again.firstName} ${again.lastName}`, 'Ada Byron');
  // The one 409 whose body the SDK wants to be a subscriber: it is one, beside what all errors have.
  const twice = subscribers.create({ subscriberId: 'ada' }, true);
  const there = await refused(409, 'already_exists', twice, SubscriberResponseDto);
  assert.equal(there.subscriberId, 'ada');

  const changed = (await subscribers.patch({ lastName: 'Lovelace', email: null }, 'ada')).result;
  assert.equal(changed.lastName, 'Lovelace');
  assert.equal(changed.email, null);
  const read = (await subscribers.retrieve('ada')).result;
  assert.equal(read.lastName, 'Lovelace');
  assert.equal(read.id, made.id);

  await search();

  const gone = (await subscribers.delete('ada')).result;
  assert.deepEqual({ ...gone }, { acknowledged: true, status: 'deleted' });
  await refused(404, 'subscriber_not_found', subscribers.retrieve('ada'));
  await refused(404, 'subscriber_not_found', subscribers.delete('ada'));
  await refused(404, 'subscriber_not_found', subscribers.patch({ lastName: 'Nobody' }, 'ada'));
  // Novu's alone. The address would be that of a subscriber called `bulk`.
  const bulk = { subscribers: [{ subscriberId: 'bob' }] };
  await refused(405, 'method_not_allowed', subscribers.createBulk(bulk));
}

async function search() {
  const search = (request) => subscribers.search(request);
  const everybody = await all(search);
  assert.deepEqual(everybody.map((it) => it.subscriberId), ['ada', 'subscriber-123']);
  const oldest = (await search({ orderDirection: 'ASC', limit: 1 })).result.data;
  assert.deepEqual(oldest.map((it) => it.subscriberId), ['subscriber-123']);
  const named = (await search({ name: 'Ada Lovelace', subscriberId: 'ada' })).result.data;
  assert.deepEqual(named.map((it) => it.subscriberId), ['ada']);
  assert.deepEqual((await search({ email: 'nobody@example.com' })).result.data, []);
}
