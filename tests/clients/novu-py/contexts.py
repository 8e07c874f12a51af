from datetime import datetime

from sdk import contexts, equal, every, refused

ACME = {"type_": "tenant", "id": "acme"}


def walk_contexts():
    acme = {"type": "tenant", "id": "acme", "data": {"plan": "pro", "seats": [1, 2]}}
    made = contexts.create(create_context_request_dto=acme).result
    equal((made.type, made.id), ("tenant", "acme"))
    equal(made.data, {"plan": "pro", "seats": [1, 2]})
    assert datetime.fromisoformat(made.created_at) <= datetime.fromisoformat(made.updated_at)
    refused(409, "already_exists", contexts.create, create_context_request_dto=acme)

    contexts.create(create_context_request_dto={"type": "tenant", "id": "globex"})
    equal([it.id for it in every(contexts.list)], ["globex", "acme"])
    equal([it.id for it in every(contexts.list, search="acm")], ["acme"])
    equal([it.data for it in every(contexts.list, id="globex")], [{}])

    change = {"update_context_request_dto": {"data": {"plan": "free"}}}
    equal(contexts.update(**ACME, **change).result.data, {"plan": "free"})
    equal(contexts.retrieve(**ACME).result.data, {"plan": "free"})

    contexts.delete(**ACME)
    refused(404, "not_found", contexts.retrieve, **ACME)
    refused(404, "not_found", contexts.update, **ACME, **change)
    refused(404, "not_found", contexts.delete, **ACME)
