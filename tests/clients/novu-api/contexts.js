import assert from 'node:assert/strict';
import { all, contexts, refused } from './novu.js';

export async function walkContexts() {
  const acme = { type: 'tenant', id: 'acme', data: { plan: 'pro', seats: [1, 2] } };
  const made = (await contexts.create(acme)).result;
  assert.equal(`${made.type}:${made.id}`, 'tenant:acme');
  assert.deepEqual(made.data, { plan: 'pro', seats: [1, 2] });
  assert.ok(Date.parse(made.createdAt) <= Date.parse(made.updatedAt));
  await refused(409, 'already_exists', contexts.create(acme));

  await contexts.create({ type: 'tenant', id: 'globex' });
  const list = (request) => contexts.list(request);
  assert.deepEqual((await all(list)).map((it) => it.id), ['globex', 'acme']);
  assert.deepEqual((await all(list, { search: 'acm' })).map((it) => it.id), ['acme']);
  assert.deepEqual((await all(list, { id: 'globex' })).map((it) => it.data), [{}]);

  const named = { type: 'tenant', id: 'acme' };
  const updateContextRequestDto = { data: { plan: 'free' } };
  const changed = (await contexts.update({ ...named, updateContextRequestDto })).result;
  assert.deepEqual(changed.data, { plan: 'free' });
  assert.deepEqual((await contexts.retrieve('acme', 'tenant')).result.data, { plan: 'free' });

  assert.equal((await contexts.delete('acme', 'tenant'))?.result, undefined);
  const gone = (call) => refused(404, 'not_found', call);
  await gone(contexts.retrieve('acme', 'tenant'));
  await gone(contexts.update({ ...named, updateContextRequestDto }));
  await gone(contexts.delete('acme', 'tenant'));
}
