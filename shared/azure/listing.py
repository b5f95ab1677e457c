"""What a provider lists: its incidents or alerts that changed since a time, to be compared with what was delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.azure.clients import Azure
from shared.model.permission import Permission
from shared.model.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One incident or alert as its provider lists it.

    Args:
        id: What the provider knows it by.
        created: When the provider made it.
        changed: When it was changed last.
        body: As it is listed.
    """

    id: str
    created: datetime
    changed: datetime
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A provider. A file in `shared/azure/listings` holds one, as `listing`; its name is the file's.

    Args:
        channel: How its events should come, for the records.
        permissions: What `changed` and `whole` ask for.
        places: Where to look, by the settings, such as the ids of subscriptions; none: the provider is not asked.
        changed: What changed in a place since a time, in any order. May give more than that.
        whole: One of them in the form in which its source reads it.
    """

    channel: str
    permissions: tuple[Permission, ...]
    places: Callable[[Settings], tuple[str, ...]]
    changed: Callable[[str, datetime, Azure], Awaitable[list[Listed]]]
    whole: Callable[[str, Listed, Azure], Awaitable[dict[str, Any]]]


async def as_listed(_place: str, listed: Listed, _azure: Azure) -> dict[str, Any]:
    """What is listed is whole already."""
    return listed.body


def first_time(facts: Mapping[str, Any], *names: str) -> datetime:
    """The first of these times that is given.

    Raises:
        ValueError: If none is.
    """
    for name in names:
        if facts.get(name):
            found = datetime.fromisoformat(str(facts[name]))
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    raise ValueError(f"what is listed has no time: none of {', '.join(names)}")


def told(time: datetime) -> str:
    """A time as the filters of Azure and Graph take it, to the second below."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
