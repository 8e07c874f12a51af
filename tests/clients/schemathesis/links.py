"""Walks from what is made to what can be done with it, along the links of the document, and fails on
a link that was not followed. Every walk begins with the same things on the server."""

import os
from collections import Counter
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.stateful import run_state_machine_as_test

URL = os.environ["TIELINE_URL"]
CREDENTIALS = {"clientId": "1.2", "secretKey": "a-secret"}
# What the schemas leave open, and what has to be there.
FOR_SUBSCRIBER = {"integrationIdentifier": "slack", "subscriberId": "subscriber-123"}
DEMANDED = {
    "createIntegration": {"channel": "chat", "credentials": CREDENTIALS, "_environmentId": None},
    "createChannelConnection": {**FOR_SUBSCRIBER, "connectionMode": "subscriber"},
    "createChannelEndpoint": {
        **FOR_SUBSCRIBER,
        "type": "phone",
        "endpoint": {"phoneNumber": "+442079460000"},
    },
}
SETTINGS = settings(
    max_examples=30,
    stateful_step_count=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

server = requests.Session()
server.headers["Authorization"] = f"ApiKey {os.environ['TIELINE_API_KEY']}"
document = server.get(f"{URL}/openapi.json").json()
followed = Counter()


def links(paths):
    """Every link in the document: the path at which it begins, and what schemathesis calls it."""
    names = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    return [
        (path, f"{names[operation['operationId']]} -> [{status}] {name} -> {names[link['operationId']]}")
        for path, operations in paths.items()
        for operation in operations.values()
        for status, response in operation["responses"].items()
        for name, link in response.get("links", {}).items()
    ]


def items(path):
    answer = server.get(URL + path, params={"limit": 100}).json()
    return answer["data"] if isinstance(answer, dict) else answer


def delete(path, *names):
    server.delete("/".join([URL + path, *(quote(name, safe="") for name in names)]))


def make(path, body):
    made = server.post(URL + path, json=body)
    assert made.status_code == 201, made.text


def begin_anew():
    for it in items("/v1/integrations"):
        delete("/v1/integrations", it["_id"])
    for it in items("/v2/subscribers"):
        delete("/v2/subscribers", it["subscriberId"])
    for it in items("/v2/contexts"):
        delete("/v2/contexts", it["type"], it["id"])
    for provider in ["slack", "msteams"]:
        integration = {"providerId": provider, "identifier": provider, "active": True}
        make("/v1/integrations", {**integration, "credentials": CREDENTIALS})
    make("/v2/subscribers", {"subscriberId": "subscriber-123"})


def walk_along(paths):
    config = SchemathesisConfig.discover()
    config.projects.default.update(base_url=URL)
    schema = schemathesis.openapi.from_dict({**document, "paths": paths}, config=config)

    class Walk(schema.as_state_machine()):
        def setup(self):
            begin_anew()

        def before_call(self, case):
            demanded = DEMANDED.get(case.operation.definition.raw["operationId"])
            if demanded and isinstance(case.body, dict):
                case.body.update(demanded)
            # A key of an earlier walk would bring back what was made then, and is gone since.
            case.headers.pop("idempotency-key", None)

        def step(self, input):
            if input.transition is not None and input.is_applied:
                followed[input.transition.id] += 1
            return super().step(input)

    run_state_machine_as_test(Walk, settings=SETTINGS)


# One kind of thing after the other, so that none is left out for another's sake.
paths = document["paths"]
for collection in dict.fromkeys(path for path, _ in links(paths)):
    walk_along({path: paths[path] for path in paths if path.startswith(collection)})

for link, times in sorted(followed.items()):
    print(f"{times:4} times {link}")
missing = [link for _, link in links(paths) if link not in followed]
assert followed and not missing, f"no walk led along {missing}"
