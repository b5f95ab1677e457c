"""Whether a run has more targets than one run may have."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.model.settings import Settings


def cap(count: int | None, settings: Settings, said: list[str]) -> No | None:
    """Refuses every step of a run with too many targets.

    Args:
        count: How many it has; None if that is judged elsewhere.
        settings: How many it may have.
        said: Told what was looked at.
    """
    if count is None:
        return None
    if count > settings.max_targets:
        return No(too_many(count, settings))
    said.append(f"targets of this run: {count} of at most {settings.max_targets}")
    return None


def too_many(count: int, settings: Settings) -> str:
    """Why a run with so many targets is refused."""
    return f"{count} targets are more than the {settings.max_targets} that one run may have (RIPOSTE_MAX_TARGETS)"
