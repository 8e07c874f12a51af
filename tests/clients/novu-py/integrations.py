import os

from novu_py import models

from sdk import equal, integrations, refused


def make_integration(identifier):
    """Makes an integration with which people can connect."""
    credentials = {
        "client_id": os.environ["SLACK_CLIENT_ID"],
        "secret_key": os.environ["SLACK_CLIENT_SECRET"],
    }
    request = {
        "provider_id": "slack",
        "channel": "chat",
        "kind": "delivery",
        "identifier": identifier,
        "name": "Walk",
        "credentials": credentials,
        "active": True,
        "check": False,
        "conditions": [],
        "configurations": {},
    }
    return integrations.create(create_integration_request_dto=request).result


def walk_integrations():
    before = integrations.list().result
    equal([it.identifier for it in before], ["slack", "msteams"])
    equal([it.provider_id for it in before], ["slack", "msteams"])

    made = make_integration("spare")
    equal((made.identifier, made.name, made.channel), ("spare", "Walk", "chat"))
    equal((made.active, made.deleted, made.primary), (True, False, False))
    equal(made.credentials, None)
    equal(made.environment_id, before[0].environment_id)
    equal(made.organization_id, before[0].organization_id)
    refused(409, "already_exists", make_integration, identifier="spare")

    update(made.id)
    refuse_what_is_novus_alone(made.id)

    left = integrations.delete(integration_id=made.id).result
    equal([it.identifier for it in left], ["slack", "msteams"])
    refused(404, "not_found", integrations.delete, integration_id=made.id)
    # These two know no body for a 404: the SDK hands it on as it came.
    gone = {"integration_id": made.id, "kind": models.APIError}
    change = {"update_integration_request_dto": {"name": "Gone"}}
    refused(404, "not_found", integrations.update, **gone, **change)
    refused(404, "not_found", integrations.set_as_primary, **gone)


def update(id):
    def active():
        return [it.identifier for it in integrations.list_active().result]

    equal(active(), ["slack", "msteams", "spare"])
    change = {"name": "Resting", "active": False}
    changed = integrations.update(integration_id=id, update_integration_request_dto=change).result
    equal((changed.id, changed.name, changed.active), (id, "Resting", False))
    equal(active(), ["slack", "msteams"])
    # Primary ones exist for mail and text messages only, at Novu as well.
    refused(400, "primary_not_supported", integrations.set_as_primary, integration_id=id)


def refuse_what_is_novus_alone(id):
    """What only Novu has: webhooks for what comes in, and Telegram, which is not connected by OAuth.
    A caller that asks for it gets the body of all errors, which the SDK can read."""

    def nothing(call, **parameters):
        return refused(404, "route_not_found", call, **parameters)

    telegram = {"integration_identifier": "spare", "subscriber_id": "subscriber-123"}
    link = integrations.link_channel_endpoint
    error = nothing(link, link_channel_endpoint_request_dto=telegram)
    equal(error.data.path, "/v1/integrations/channel-endpoints/link")
    equal(error.data.message, "There is nothing at this address.")
    mobile = {"integration_identifier": "spare", "issue_integration_mobile_link_request_dto": {}}
    nothing(integrations.create_mobile_link, **mobile)
    webhook = integrations.integrations_controller_configure_integration_webhook
    nothing(webhook, integration_identifier="spare")
    configure = integrations.integrations_controller_auto_configure_integration
    nothing(configure, integration_id=id, kind=models.APIError)
