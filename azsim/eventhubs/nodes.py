"""What a link can be attached to, as one connection may use it."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.frames import ClientLeft
from azsim.eventhubs.management import put_token, read_entity
from azsim.eventhubs.message import Message, read
from azsim.eventhubs.namespace import CBS, MANAGEMENT, Moment, Namespace, not_found
from azsim.eventhubs.readers import Reader
from azsim.eventhubs.tokens import covers
from azsim.eventhubs.values import Described, Symbol

# Takes the message format and the octets of a message, or raises an AmqpError to reject it.
Sink = Callable[[int, bytes], None]

_EPOCH = Symbol("com.microsoft:epoch")
_FILTER = Symbol("apache.org:selector-filter:string")


class Feed(Protocol):
    """Where the messages of a link to a client come from."""

    def take(self) -> bytes | None:
        """The next message, or None while there is none."""

    def close(self) -> None:
        """The link is gone."""


class Mailbox:
    """The responses of a request-response node, until a receiving link of the same session takes them."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._messages: deque[bytes] = deque()

    def request(self, answer: Callable[[Message], bytes], _message_format: int, octets: bytes) -> None:
        """Answer a request; a `Sink` but for its first argument."""
        self._messages.append(answer(read(octets)))
        self._wake()

    def take(self) -> bytes | None:
        """The oldest response, or None while there is none."""
        return self._messages.popleft() if self._messages else None

    def close(self) -> None:
        """Nothing: another link may take what is left."""


class Nodes:
    """The nodes of a namespace, and what the tokens of one connection open.

    Paths are lower case, as `path_of` makes them.
    """

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._grants: set[str] = set()

    def answerer(self, path: str) -> Callable[[Message], bytes] | None:
        """What answers requests to `path`, or None if it is not a request-response node.

        Raises:
            AmqpError: `amqp:unauthorized-access`, for `$management` before any token was put.
        """
        if path == CBS:
            return partial(put_token, namespace=self._namespace, grants=self._grants)
        if path == MANAGEMENT or path.endswith(f"/{MANAGEMENT}"):
            if not self._grants:
                raise _unauthorized("Manage", path)
            return partial(read_entity, namespace=self._namespace, allowed=self._allowed)
        return None

    def publisher(self, path: str) -> Sink:
        """What takes the events sent to an event hub or to one of its partitions.

        Raises:
            AmqpError: `amqp:unauthorized-access`, `amqp:not-found` or `com.microsoft:argument-out-of-range`.
        """
        if not self._allowed(path):
            raise _unauthorized("Send", path)
        entity = self._namespace.entity(path)
        hub = self._namespace.hub(entity.hub)
        if entity.group is not None:
            raise not_found(path)
        target = None if entity.partition is None else hub.partition(entity.partition)

        def publish(message_format: int, octets: bytes) -> None:
            self._cut("before")
            hub.publish(octets, self._namespace.now(), message_format=message_format, partition=target)
            self._cut("after")

        return publish

    def _cut(self, moment: Moment) -> None:
        if self._namespace.cuts(moment):
            raise ClientLeft

    def reader(
        self,
        path: str,
        *,
        filters: Mapping[Any, Any],
        properties: Mapping[Any, Any],
        wake: Callable[[], None],
        cut: Callable[[AmqpError], None],
    ) -> Reader:
        """A consumer of a partition, in its place among the others.

        Args:
            path: of the partition in a consumer group.
            filters: the filter set of the source.
            properties: those of the link; the epoch is one.
            wake: is called when there are events to take.
            cut: is called when another consumer takes the partition over.

        Raises:
            AmqpError: as `publisher`, `Partition.seek` and `Reader.open` do.
        """
        if not self._allowed(path):
            raise _unauthorized("Listen", path)
        entity = self._namespace.entity(path)
        if entity.group is None or entity.partition is None:
            raise not_found(path)
        partition = self._namespace.hub(entity.hub).partition(entity.partition)
        selector = filters.get(_FILTER)
        if isinstance(selector, Described):
            selector = selector.value
        epoch = properties.get(_EPOCH)
        if not isinstance(selector, str | None) or not isinstance(epoch, int | None):
            raise AmqpError(Condition.ARGUMENT_ERROR, "The filter is a string, and the epoch an integer.")
        reader = Reader(partition, entity.group, epoch, partition.seek(selector), wake, cut)
        reader.open()
        return reader

    def _allowed(self, path: str) -> bool:
        return any(covers(grant, path) for grant in self._grants)


def _unauthorized(claim: str, path: str) -> AmqpError:
    return AmqpError(
        Condition.UNAUTHORIZED_ACCESS,
        f"Unauthorized access. '{claim}' claim(s) are required to perform this operation. Resource: '{path}'.",
    )
