"""Management locks: what keeps a resource from being changed or deleted, whoever asks.

https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.azure.clients import Azure
from shared.model.permission import arm
from shared.model.resource_id import ResourceId
from shared.wire.side_by_side import side_by_side

API = "2016-09-01"
READ = arm("Microsoft.Authorization/locks/read")
_LOCKS = "/providers/Microsoft.Authorization/locks"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock.

    Args:
        scope: The resource, group or subscription that it is on, in lower case.
        name: Its name.
        level: `CanNotDelete` or `ReadOnly`.
    """

    scope: str
    name: str
    level: str


async def locks_over(places: Iterable[str], azure: Azure) -> tuple[Lock, ...]:
    """The locks that these resources are under: their own, and those of everything above them.

    Azure lists the locks at, above and below a resource together, so a part is looked up with its whole.
    https://learn.microsoft.com/rest/api/resources/management-locks/list-by-scope

    Args:
        places: Resource ids.
        azure: Azure, with `READ`.

    Raises:
        azure.core.exceptions.HttpResponseError: If they cannot be read.
    """
    ids = sorted({ResourceId(place).key for place in places})
    wholes = [place for place in ids if not any(ResourceId(place).within(other) for other in ids if other != place)]
    client = await azure.arm()
    listed = await side_by_side(*(client.list(place + _LOCKS, API) for place in wholes))
    locks = {_lock(item) for items in listed for item in items}
    over = [lock for lock in locks if any(ResourceId(place).within(lock.scope) for place in ids)]
    return tuple(sorted(over, key=lambda lock: (lock.scope, lock.name)))


def _lock(item: dict[str, Any]) -> Lock:
    place = ResourceId(item["id"])
    return Lock(place.key[: place.key.rindex(_LOCKS.lower())], place.name, item["properties"]["level"])
