"""What a responder acts on: an object that was looked up in Azure, not a name from an alert."""

from __future__ import annotations

from msgspec import Struct, field


class Target(Struct, frozen=True, kw_only=True):
    """One object.

    Args:
        id: What it is known by in the ledger: equal for every way to find it, in lower case.
        kind: Its type, as Azure names it.
        name: For people.
        ids: Every id by which it, or what it is part of, may be protected.
        tags: Its Azure tags, and those of what it is part of.
    """

    id: str
    kind: str
    name: str
    ids: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
