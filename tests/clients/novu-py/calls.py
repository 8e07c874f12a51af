"""Which operations the SDK has, by reflection, and which of them were called."""

import asyncio
import inspect

ASYNC = "_async"


def operations(resource, asynchronous):
    """The names of a resource's operations; each is there twice, plain and asynchronous."""
    own = inspect.getmembers(type(resource), inspect.isfunction)
    names = {name for name, function in own if name in vars(type(resource))}
    names = {name for name in names if not name.startswith("_")}
    twins = {name.removesuffix(ASYNC) for name in names if name.endswith(ASYNC)}
    plain = {name for name in names if not name.endswith(ASYNC)}
    assert plain == twins, f"not each is there twice: {plain ^ twins}"
    return {name + ASYNC for name in plain} if asynchronous else plain


class Calls:
    """Hands on calls to the plain operations of the SDK, or all of them to the asynchronous."""

    def __init__(self, asynchronous):
        self.asynchronous = asynchronous
        self.loop = asyncio.new_event_loop()
        self.watched = []

    def watch(self, name, resource):
        watched = Watched(name, resource, self)
        self.watched.append(watched)
        return watched

    def missing(self):
        """The operations that nobody called."""
        return sorted(
            f"{watched.name}.{operation}"
            for watched in self.watched
            for operation in watched.operations - watched.called
        )

    def count(self):
        return sum(len(watched.called) for watched in self.watched)


class Watched:
    """A resource; a call of an operation counts once it was answered, well or not."""

    def __init__(self, name, resource, calls):
        self.name = name
        self.resource = resource
        self.calls = calls
        self.operations = operations(resource, calls.asynchronous)
        self.called = set()

    def __getattr__(self, operation):
        if self.calls.asynchronous:
            operation += ASYNC
        function = getattr(self.resource, operation)

        def call(**parameters):
            try:
                answer = function(**parameters)
                if inspect.isawaitable(answer):
                    answer = self.calls.loop.run_until_complete(answer)
                return answer
            finally:
                self.called.add(operation)

        return call
