"""Whether the target, or anything above it, carries a management lock."""

from __future__ import annotations

from shared.azure.clients import Azure
from shared.azure.locks import locks_over
from shared.engine.guards.no import No
from shared.model.target import Target


async def locks(target: Target, levels: tuple[str, ...], azure: Azure, said: list[str]) -> No | None:
    """Refuses what has a lock of one of the levels in RIPOSTE_PROTECTED_LOCKS, its own or inherited, as it is now.

    Raises:
        HttpResponseError: If Azure does not say.
    """
    places = [place for place in target.ids if place.startswith("/")]
    if not places or not levels:
        return None
    for lock in await locks_over(places, azure):
        if lock.level in levels:
            return No(f"{target.name} is protected by the {lock.level} lock {lock.name} on {lock.scope}")
    said.append(f"resource locks: none that is {' or '.join(levels)}")
    return None
