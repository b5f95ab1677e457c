"""An Event Hubs namespace: its hubs, its rules, and the addresses of its entities."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from urllib.parse import unquote

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.hub import Hub

CBS = "$cbs"
MANAGEMENT = "$management"

Moment = Literal["before", "after"]

_HOST = re.compile(r"^[a-z]+://[^/]*")
_ENTITY = re.compile(r"([^/]+)(?:/consumergroups/([^/]+))?(?:/partitions/([^/]+))?")


class Entity(NamedTuple):
    """What an address names, lower case: a hub and, as far as it goes, a consumer group and a partition."""

    hub: str
    group: str | None
    partition: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Namespace:
    """A namespace.

    Attributes:
        hubs: by lower-case name.
        consumer_groups: of every hub, lower case.
        now: the time, aware.
        key: the shared access key.
        authorize: decides about JWTs; without it all are refused.
        max_message_size: in octets.
        idle_time_out: of connections, in seconds.
        cuts: whether a connection ends, without a word, before what came over it is stored, or after.
    """

    hubs: Mapping[str, Hub]
    consumer_groups: frozenset[str]
    now: Callable[[], datetime]
    key: str
    authorize: Callable[[str], bool] | None
    max_message_size: int
    idle_time_out: float
    cuts: Callable[[Moment], bool] = lambda _: False

    def hub(self, name: str) -> Hub:
        """The event hub of that name, in any case.

        Raises:
            AmqpError: `amqp:not-found`.
        """
        hub = self.hubs.get(name.lower())
        if hub is None:
            raise not_found(name)
        return hub

    def entity(self, path: str) -> Entity:
        """What `path` names; whether it exists is known for the consumer group only.

        Raises:
            AmqpError: `amqp:not-found`, if it has another form or another consumer group.
        """
        parts = _ENTITY.fullmatch(path)
        if parts is None:
            raise not_found(path)
        entity = Entity(*parts.groups())
        if entity.group is not None and entity.group not in self.consumer_groups:
            raise not_found(path)
        return entity


def not_found(path: str) -> AmqpError:
    """The error for an entity that does not exist."""
    return AmqpError(Condition.NOT_FOUND, f"The messaging entity '{path}' could not be found.")


def path_of(address: str) -> str:
    """The path of an address or URI, lower case: `amqps://host/Alerts/Partitions/0` is `alerts/partitions/0`.

    Clients may leave out the host, and may escape; names are the same in any case.
    """
    return unquote(_HOST.sub("", address.lower(), count=1)).strip("/")
