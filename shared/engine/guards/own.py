"""Whether the target is Riposte itself, or something that it runs on."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.model.resource_id import ResourceId
from shared.model.settings import Settings
from shared.model.target import Target


def own(target: Target, settings: Settings, said: list[str]) -> No | None:
    """Refuses Riposte's own identity, and all that lies within its own scopes."""
    for place in target.ids:
        if place == settings.identity_object_id:
            return No(f"{target.name} is Riposte's own identity")
        scope = next((scope for scope in settings.own_scopes if ResourceId(place).within(scope)), "")
        if scope:
            return No(f"{target.name} is part of what Riposte itself runs on ({scope})")
    said.append("own: not what Riposte itself runs on")
    return None
