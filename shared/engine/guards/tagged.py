"""Whether the target, or what it is part of, carries the tag of what is never acted on."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.model.settings import Settings
from shared.model.target import Target


def tagged(target: Target, settings: Settings, said: list[str]) -> No | None:
    """Refuses what carries RIPOSTE_PROTECTED_TAG: the name in any letter case, the value exactly."""
    name, value = settings.protected_tag
    for tag, held in target.tags:
        if tag.lower() == name.lower() and value in ("*", held):
            return No(f"{target.name} is protected by its tag {tag}={held}")
    said.append(f"protected tag: no {name}={value}")
    return None
