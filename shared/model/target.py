"""What a responder acts on: an object that was looked up in Azure, not a name from an alert."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

Tags = tuple[tuple[str, str], ...]
"""Names and values. A name may be there more than once, for two objects that differ in its value."""


class Target(Struct, frozen=True, kw_only=True):
    """One object.

    Args:
        id: What it is known by in the ledger: equal for every way to find it, in lower case.
        kind: Its type, as Azure names it.
        name: For people.
        ids: Every id by which it, or what it is part of, may be protected.
        tags: Its Azure tags, and those of what it is part of: each of them counts.
    """

    id: str
    kind: str
    name: str
    ids: tuple[str, ...] = ()
    tags: Tags = ()


def tags_of(*objects: Mapping[str, str | None] | None) -> Tags:
    """The tags of several objects, as Azure shows each object's; none of them hides another's."""
    return tuple((name, value or "") for tags in objects for name, value in (tags or {}).items())
