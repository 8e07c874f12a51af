"""Calls every operation that the SDK has for integrations, subscribers, contexts, channel
connections, channel endpoints and OAuth URLs, and looks at what comes back: with `--async` those
that are awaited, else the plain ones. The last line that is printed has the URLs that people are to
open."""

import json

from connections import walk_connections, walk_endpoints
from contexts import walk_contexts
from integrations import walk_integrations
from sdk import calls, equal
from subscribers import walk_subscribers
from urls import walk_urls

walk_integrations()
walk_subscribers()
walk_contexts()
walk_connections()
walk_endpoints()
urls = walk_urls()

equal(calls.missing(), [])
print(f"{calls.count()} operations were called")
print(json.dumps(urls))
