import os
from urllib.parse import parse_qs, urlsplit

from novu_py import models

from integrations import make_integration
from sdk import URL, caller, equal, integrations, refused

FOR_SUBSCRIBER = {"integration_identifier": "walk", "subscriber_id": "subscriber-123"}


def connect(key=None, **request):
    call = integrations.generate_connect_o_auth_url
    return call(generate_connect_oauth_url_request_dto=request, idempotency_key=key)


def link(**request):
    call = integrations.generate_link_user_o_auth_url
    return call(generate_link_user_oauth_url_request_dto={**FOR_SUBSCRIBER, **request})


def older(**request):
    call = integrations.generate_chat_o_auth_url
    return call(generate_chat_oauth_url_request_dto={**FOR_SUBSCRIBER, **request})


def walk_urls():
    """Two URLs for people to open: the one connects, the other links."""
    make_integration("walk")
    wanted = {**FOR_SUBSCRIBER, "context": {"tenant": "walk"}, "scope": ["chat:write"]}
    first = connect(key="walk-1", **wanted)
    is_slacks(first, "scope", "chat:write")
    again = connect(key="walk-1", **wanted)
    equal(again.result.url, first.result.url)
    equal(again.headers["idempotency-replay"], ["true"])

    linking = link(user_scope=["identity.basic", "identity.email"])
    is_slacks(linking, "user_scope", "identity.basic,identity.email")

    is_slacks(older(scope=["chat:write"]), "scope", "chat:write")
    is_slacks(older(mode="link_user"), "user_scope", "identity.basic")

    refuse()
    return {"connect": first.result.url, "link": linking.result.url}


def is_slacks(answer, parameter, scopes):
    url = urlsplit(answer.result.url)
    assert url.path.endswith("/oauth/v2/authorize"), url
    query = parse_qs(url.query)
    equal(query["client_id"], [os.environ["SLACK_CLIENT_ID"]])
    equal(query[parameter], [scopes])
    equal(query["redirect_uri"], [f"{URL}/v1/integrations/chat/oauth/callback"])
    assert len(query["state"][0]) > 100


def refuse():
    refused(400, "owner_required", connect, integration_identifier="walk")
    unknown = {**FOR_SUBSCRIBER, "integration_identifier": "nothing"}
    refused(404, "integration_not_found", connect, **unknown)
    refused(404, "subscriber_not_found", link, subscriber_id="nobody")

    malformed = {**FOR_SUBSCRIBER, "connection_identifier": "no blanks"}
    kind = models.ValidationErrorDto
    error = refused(422, "validation_failed", connect, kind=kind, **malformed)
    equal(list(error.data.errors), ["connectionIdentifier"])
    equal(len(error.data.errors["connectionIdentifier"].messages), 1)

    stranger = caller("no-key-of-ours").integrations
    denied = refused(401, "unauthorized", stranger.list)
    equal(denied.data.path, "/v1/integrations")
