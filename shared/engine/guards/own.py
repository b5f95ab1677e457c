"""Whether the target is Riposte itself, or something that it runs on."""

from __future__ import annotations

from collections.abc import Iterator

from shared.engine.guards.no import No
from shared.model.resource_id import ResourceId
from shared.model.settings import Settings
from shared.model.target import Target


def own(target: Target, settings: Settings, said: list[str]) -> No | None:
    """Refuses Riposte's own identity, and what it runs on: own scopes, and resources that its settings name."""
    scopes = [*settings.own_scopes, *filter(None, [settings.sentinel_workspace])]
    for place in target.ids:
        if place in (settings.identity_object_id, settings.identity_client_id):
            return No(f"{target.name} is Riposte's own identity")
        scope = next((scope for scope in scopes if ResourceId(place).within(scope)), "")
        if scope:
            return No(f"{target.name} is part of what Riposte itself runs on ({scope})")
        named = next((part for part in _parts(place) if part in settings.own_resources), None)
        if named:
            return No(f"{target.name} is part of what Riposte itself runs on ({'/'.join(named)})")
    said.append("own: not what Riposte itself runs on")
    return None


def _parts(place: str) -> Iterator[tuple[str, str]]:
    """Type and name of every resource in an id that others are within, in lower case: names of accounts are unique in Azure."""
    parts = place.lower().split("/")
    for at, part in enumerate(parts[:-3]):
        if part == "providers":
            yield f"{parts[at + 1]}/{parts[at + 2]}", parts[at + 3]
