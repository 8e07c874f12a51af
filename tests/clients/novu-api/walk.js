// Calls every operation that the SDK has for integrations, subscribers, contexts, channel
// connections, channel endpoints and OAuth URLs, and looks at what comes back. The last line that
// is printed has the URLs that people are to open.

import assert from 'node:assert/strict';
import { walkConnections, walkEndpoints } from './connections.js';
import { walkContexts } from './contexts.js';
import { walkIntegrations } from './integrations.js';
import { calls } from './novu.js';
import { walkSubscribers } from './subscribers.js';
import { walkUrls } from './urls.js';

await walkIntegrations();
await walkSubscribers();
await walkContexts();
await walkConnections();
await walkEndpoints();
const urls = await walkUrls();

assert.deepEqual(calls.missing(), [], 'the SDK has operations that the walk does not call');
console.log(`${calls.count()} operations were called`);
console.log(JSON.stringify(urls));
