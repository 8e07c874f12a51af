"""The SDK, pointed at the server under test."""

import json
import os
import sys

from novu_py import Novu, models
from novu_py.basesdk import BaseSDK
from novu_py.utils import BackoffStrategy, RetryConfig

from calls import Calls

URL = os.environ["TIELINE_URL"]

# What the SDK has beside the family is Novu's alone. What is new in it is neither, until somebody
# has looked at it and put it into one of these sets.
FAMILY = ["channel_connections", "channel_endpoints", "contexts", "integrations", "subscribers"]
OTHERS = {
    "activity", "agents", "domains", "environment_variables", "environments", "layouts", "messages",
    "notifications", "topics", "translations", "workflows",
}
OTHERS_OF_SUBSCRIBERS = {
    "credentials", "messages", "notifications", "preferences", "properties", "topics",
}


def caller(key):
    """The SDK holds every answer against its own models by itself. Retries are off: it would repeat
    a 409 for an hour."""
    never = RetryConfig("none", BackoffStrategy(0, 0, 1, 0), False)
    return Novu(secret_key=key, server_url=URL, retry_config=never, timeout_ms=20_000)


def resources(of):
    return {name for name, value in vars(of).items() if isinstance(value, BaseSDK)} - {"parent_ref"}


novu = caller(os.environ["TIELINE_API_KEY"])
calls = Calls(asynchronous="--async" in sys.argv)

assert set(Novu._sub_sdk_map) == {*FAMILY, *OTHERS}, set(Novu._sub_sdk_map)
for name in FAMILY:
    others = OTHERS_OF_SUBSCRIBERS if name == "subscribers" else set()
    assert resources(getattr(novu, name)) == others, resources(getattr(novu, name))

connections, endpoints, contexts, integrations, subscribers = (
    calls.watch(name, getattr(novu, name)) for name in FAMILY
)


def equal(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def refused(status, code, call, kind=models.ErrorDto, **parameters):
    """The error with which a call has to end: one of the SDK's own, read from the body of all
    errors."""
    try:
        answer = call(**parameters)
    except models.NovuError as error:
        assert isinstance(error, kind), f"{type(error).__name__}: {error.body}"
        equal(error.status_code, status)
        equal(json.loads(error.body)["code"], code)
        return error
    raise AssertionError(f"no {status} {code}, but {answer}")


def every(listing, **request):
    """All that a list has, read one by one."""
    found, after = [], None
    while True:
        # The SDK writes it as `limit=1.0`.
        page = listing(request={**request, "limit": 1, "after": after}).result
        assert len(page.data) <= 1
        assert page.total_count_capped is False
        equal(page.previous is None, after is None)
        found += page.data
        if page.next is None:
            equal(len(found), page.total_count)
            return found
        after = page.next
