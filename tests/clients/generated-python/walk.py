"""The main job with a client that is generated from openapi.yaml. It raises on a status that the
document does not declare, and where a body lacks what its schema requires. The last line that is
printed has the URLs that people are to open."""

import json
import os
from urllib.parse import parse_qs, urlsplit

from generated import AuthenticatedClient
from generated.api.channel_connections import get_channel_connection, list_channel_connections
from generated.api.connecting import generate_connect_o_auth_url, generate_link_user_o_auth_url
from generated.api.integrations import create_integration, list_integrations
from generated.api.subscribers import create_subscriber, get_subscriber
from generated.models import (
    CreateIntegrationBody,
    CreateSubscriberBody,
    ErrorBody,
    GenerateConnectOAuthUrlBody,
    GenerateLinkUserOAuthUrlBody,
    ListChannelConnectionsOrderDirection,
    ValidationErrorBody,
)
from generated.types import UNSET

FOR_SUBSCRIBER = {"integrationIdentifier": "walk", "subscriberId": "ada"}


def caller(key):
    return AuthenticatedClient(
        base_url=os.environ["TIELINE_URL"],
        token=key,
        prefix="ApiKey",
        raise_on_unexpected_status=True,
    )


tieline = caller(os.environ["TIELINE_API_KEY"])


def equal(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def answered(status, operation, client=tieline, **parameters):
    """What an operation answers, in the type that the document declares for this status."""
    response = operation.sync_detailed(client=client, **parameters)
    equal(response.status_code, status)
    return response.parsed


def set_up():
    credentials = {
        "clientId": os.environ["SLACK_CLIENT_ID"],
        "secretKey": os.environ["SLACK_CLIENT_SECRET"],
    }
    wanted = {"providerId": "slack", "identifier": "walk", "active": True}
    wanted = CreateIntegrationBody.from_dict({**wanted, "credentials": credentials})
    made = answered(201, create_integration, body=wanted)
    equal((made.identifier, made.active), ("walk", True))
    listed = answered(200, list_integrations)
    equal([it.identifier for it in listed], ["slack", "msteams", "walk"])
    equal(listed[-1].field_id, made.field_id)

    ada = {"subscriberId": "ada", "firstName": "Ada", "phone": None, "data": {"plan": "pro"}}
    ada = answered(201, create_subscriber, body=CreateSubscriberBody.from_dict(ada))
    equal((ada.first_name, ada.phone, ada.data["plan"]), ("Ada", None, "pro"))
    equal(answered(200, get_subscriber, subscriber_id="ada"), ada)


def list_and_read():
    connections, after = [], UNSET
    while after is not None:
        oldest = ListChannelConnectionsOrderDirection.ASC
        request = {"limit": 1, "order_direction": oldest, "after": after}
        page = answered(200, list_channel_connections, **request)
        equal(page.total_count, 2)
        connections += page.data
        after = page.next_
    slack, teams = connections
    equal((slack.workspace.name, slack.auth.access_token), ("Harbour Lane Bakery", "********"))
    equal((teams.workspace.name, teams.auth.access_token), ("Fennel & Rye", "app-only"))
    read = answered(200, get_channel_connection, identifier=slack.identifier)
    equal(read.to_dict(), slack.to_dict())


def fail():
    unknown = answered(404, get_channel_connection, identifier="nothing")
    assert isinstance(unknown, ErrorBody)
    equal((unknown.code, unknown.path), ("not_found", "/v1/channel-connections/nothing"))

    stranger = answered(401, list_integrations, client=caller("no-key-of-ours"))
    assert isinstance(stranger, ErrorBody)
    equal(stranger.code, "unauthorized")

    malformed = answered(422, create_subscriber, body=CreateSubscriberBody(subscriber_id=" "))
    assert isinstance(malformed, ValidationErrorBody)
    equal(malformed.code, "validation_failed")
    equal(malformed.errors.additional_keys, ["subscriberId"])
    equal(len(malformed.errors["subscriberId"].messages), 1)


def mint():
    context = {"tenant": {"id": "walk", "data": {"plan": "pro"}}}
    wanted = GenerateConnectOAuthUrlBody.from_dict({**FOR_SUBSCRIBER, "context": context})
    connect = answered(201, generate_connect_o_auth_url, body=wanted)
    query = parse_qs(urlsplit(connect.url).query)
    equal(query["client_id"], [os.environ["SLACK_CLIENT_ID"]])
    wanted = GenerateLinkUserOAuthUrlBody.from_dict(FOR_SUBSCRIBER)
    link = answered(201, generate_link_user_o_auth_url, body=wanted)
    return {"connect": connect.url, "link": link.url}


set_up()
list_and_read()
fail()
print(json.dumps(mint()))
