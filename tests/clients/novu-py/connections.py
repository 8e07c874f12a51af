from sdk import connections, endpoints, equal, every, refused

IMPORTED = {
    "identifier": "imported",
    "integration_identifier": "slack",
    "subscriber_id": "subscriber-123",
    "context": {"tenant": {"id": "initech", "data": {"plan": "pro"}}, "region": "eu"},
    "connection_mode": "subscriber",
    "workspace": {"id": "T9", "name": "Initech"},
    "auth": {"access_token": "issued-elsewhere"},
}


def walk_connections():
    read_what_people_connected()
    wanted = {"create_channel_connection_request_dto": IMPORTED}
    made = connections.create(**wanted).result
    equal((made.identifier, made.channel, made.provider_id), ("imported", "chat", "slack"))
    equal((made.integration_identifier, made.subscriber_id), ("slack", "subscriber-123"))
    equal(sorted(made.context_keys), ["region:eu", "tenant:initech"])
    equal((made.workspace.id, made.workspace.name), ("T9", "Initech"))
    equal(made.auth.access_token, "********")
    refused(409, "already_exists", connections.create, **wanted)
    narrow_down()

    imported = {"identifier": "imported"}
    change = {"workspace": {"id": "T9", "name": "Initrode"}, "auth": {"access_token": "another"}}
    change = {"update_channel_connection_request_dto": change}
    changed = connections.update(**imported, **change).result
    equal(changed.workspace.name, "Initrode")
    equal(connections.retrieve(**imported).result, changed)

    connections.delete(**imported)
    refused(404, "not_found", connections.retrieve, **imported)
    refused(404, "not_found", connections.update, **imported, **change)
    refused(404, "not_found", connections.delete, **imported)


def read_what_people_connected():
    teams, slack = every(connections.list)
    equal((slack.workspace.name, slack.auth.access_token), ("Harbour Lane Bakery", "********"))
    equal((teams.workspace.name, teams.auth.access_token), ("Fennel & Rye", "app-only"))
    equal(teams.provider_id, "msteams")
    for it in (teams, slack):
        equal(connections.retrieve(identifier=it.identifier).result, it)


def narrow_down():
    def found(**request):
        return [it.identifier for it in every(connections.list, **request)]

    equal(found(context_keys=["tenant:initech", "region:eu"]), ["imported"])
    equal(found(context_keys=["tenant:initech"]), [])
    equal(len(found(connection_mode="subscriber", channel="chat")), 3)
    equal(len(found(connection_mode="shared")), 0)
    equal(len(found(provider_id="msteams")), 1)
    equal(len(found(integration_identifier="slack", subscriber_id="subscriber-123")), 2)
    equal(found(order_direction="ASC", order_by="createdAt")[-1], "imported")
    both = {"after": "a", "before": "b"}
    refused(400, "cursor_conflict", connections.list, request=both)


def walk_endpoints():
    teams, slack = every(endpoints.list)
    equal((teams.type, slack.type), ("ms_teams_user", "slack_user"))
    (bakery,) = connections.list(request={"provider_id": "slack"}).result.data
    equal(slack.connection_identifier, bakery.identifier)

    wanted = {
        "identifier": "general",
        "subscriber_id": "subscriber-123",
        "integration_identifier": "slack",
        "connection_identifier": bakery.identifier,
        "type": "slack_channel",
        "endpoint": {"channel_id": "C1"},
        "create_subscriber_if_missing": False,
    }
    made = endpoints.create(request_body=wanted).result
    equal((made.identifier, made.type, made.endpoint.channel_id), ("general", "slack_channel", "C1"))
    equal((made.connection_identifier, made.context_keys), (bakery.identifier, []))
    elsewhere = {**wanted, "endpoint": {"channel_id": "C2"}}
    refused(409, "already_exists", endpoints.create, request_body=elsewhere)
    unknown = {**wanted, "identifier": "other", "subscriber_id": "nobody"}
    refused(404, "subscriber_not_found", endpoints.create, request_body=unknown)

    inside = endpoints.list(request={"connection_identifier": bakery.identifier}).result.data
    equal([it.identifier for it in inside], ["general", slack.identifier])

    general = {"identifier": "general"}
    change = {"update_channel_endpoint_request_dto": {"endpoint": {"channel_id": "C3"}}}
    changed = endpoints.update(**general, **change).result
    equal(changed.endpoint.channel_id, "C3")
    equal(endpoints.retrieve(**general).result, changed)

    endpoints.delete(**general)
    refused(404, "not_found", endpoints.retrieve, **general)
    refused(404, "not_found", endpoints.update, **general, **change)
    refused(404, "not_found", endpoints.delete, **general)
