import os

import requests
import schemathesis

URL = os.environ["TIELINE_URL"]
KEY = {"Authorization": f"ApiKey {os.environ['TIELINE_API_KEY']}"}


def listed(path, name):
    answer = requests.get(URL + path, headers=KEY, timeout=20).json()
    return {it[name] for it in (answer["data"] if isinstance(answer, dict) else answer)}


# What was there before stays: the API key that is used here, and what most requests name.
KEPT = {
    "revokeApiKey": ("id", listed("/v1/api-keys", "id")),
    "rotateApiKey": ("id", listed("/v1/api-keys", "id")),
    "deleteIntegration": ("integrationId", listed("/v1/integrations", "_id")),
    "updateIntegration": ("integrationId", listed("/v1/integrations", "_id")),
    "deleteSubscriber": ("subscriberId", listed("/v2/subscribers", "subscriberId")),
}


@schemathesis.hook
def filter_case(context, case):
    name, kept = KEPT.get(case.operation.definition.raw["operationId"], (None, ()))
    ends_it = (case.path_parameters or {}).get(name) in kept
    # A parameter without a value is as good as none, whatever its type: a schema has no word for it.
    has_empty = any(value == "" for value in (case.query or {}).values())
    return not ends_it and not has_empty
