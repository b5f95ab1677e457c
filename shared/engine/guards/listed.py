"""Whether the target is on the list of what is never acted on."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.model.resource_id import ResourceId
from shared.model.settings import Settings
from shared.model.target import Target


def listed(target: Target, settings: Settings, said: list[str]) -> No | None:
    """Refuses what RIPOSTE_PROTECTED_IDS names, and what lies below a resource id there."""
    for place in target.ids:
        for protected in settings.protected_ids:
            if place == protected or (protected.startswith("/") and ResourceId(place).within(protected)):
                return No(f"{target.name} is protected by the list ({protected})")
    said.append(f"protected list: none of its {len(settings.protected_ids)}")
    return None
