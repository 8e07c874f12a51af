from novu_py import models

from sdk import equal, every, refused, subscribers


def create(**request):
    return subscribers.create(create_subscriber_request_dto=request).result


def walk_subscribers():
    data = {"seats": 3, "plan": "pro"}
    made = create(subscriber_id="ada", first_name="Ada", email="ada@example.com", phone=None, data=data)
    equal((made.subscriber_id, made.first_name, made.phone), ("ada", "Ada", None))
    equal((made.data, made.deleted), (data, False))

    again = create(subscriber_id="ada", last_name="Byron")
    equal((again.id, again.first_name, again.last_name), (made.id, "Ada", "Byron"))
    # The one 409 whose body the SDK wants to be a subscriber: it is one, beside what all errors
    # have.
    twice = {"create_subscriber_request_dto": {"subscriber_id": "ada"}, "fail_if_exists": True}
    kind = models.SubscriberResponseDtoError
    there = refused(409, "already_exists", subscribers.create, kind=kind, **twice)
    equal(there.data.subscriber_id, "ada")

    change = {"last_name": "Lovelace", "email": None}
    changed = subscribers.patch(subscriber_id="ada", patch_subscriber_request_dto=change).result
    equal((changed.last_name, changed.email), ("Lovelace", None))
    read = subscribers.retrieve(subscriber_id="ada").result
    equal((read.id, read.last_name), (made.id, "Lovelace"))

    search()

    gone = subscribers.delete(subscriber_id="ada").result
    equal((gone.acknowledged, gone.status), (True, "deleted"))
    nobody = {"subscriber_id": "ada"}
    refused(404, "subscriber_not_found", subscribers.retrieve, **nobody)
    refused(404, "subscriber_not_found", subscribers.delete, **nobody)
    change = {"patch_subscriber_request_dto": {"last_name": "Nobody"}}
    refused(404, "subscriber_not_found", subscribers.patch, **nobody, **change)
    # Novu's alone. The address would be that of a subscriber called `bulk`.
    bulk = {"subscribers": [{"subscriber_id": "bob"}]}
    create_bulk = subscribers.create_bulk
    refused(405, "method_not_allowed", create_bulk, bulk_subscriber_create_dto=bulk)


def search():
    def names(**request):
        return [it.subscriber_id for it in subscribers.search(request=request).result.data]

    equal([it.subscriber_id for it in every(subscribers.search)], ["ada", "subscriber-123"])
    equal(names(order_direction="ASC", limit=1), ["subscriber-123"])
    equal(names(name="Ada Lovelace", subscriber_id="ada"), ["ada"])
    equal(names(email="nobody@example.com"), [])
