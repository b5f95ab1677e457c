"""Pieces of one event that came in several records, put together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from msgspec.structs import replace

from shared.kinds.entities import distinct
from shared.model import ids
from shared.model.event import Event

T = TypeVar("T")
_TEXTS = (
    *("provider", "product", "id", "kind", "title", "severity_word"),
    *("time", "start", "end", "tenant", "subscription", "workspace"),
)
_LISTS = ("products", "same", "tactics", "techniques", "links")


def joined(found: Iterable[tuple[Event, T]], joins: Collection[str]) -> list[tuple[Event, T]]:
    """The events, with those of one case that come from a source whose records are pieces made one, where the first was.

    Two pieces that bear different titles are not of one event, whatever their ids say.

    Args:
        found: Events, each with what belongs to it.
        joins: The names of the sources whose records are pieces.
    """
    groups: dict[tuple[str, str], int] = {}
    whole: list[tuple[list[Event], T]] = []
    titles: dict[int, str] = {}
    for event, with_it in found:
        if event.source in joins:
            at = groups.setdefault((event.source, event.case), len(whole))
            title = titles.get(at, "")
            if not title or not event.title or title == event.title:
                titles[at] = title or event.title
                if at < len(whole):
                    whole[at][0].append(event)
                    continue
        whole.append(([event], with_it))
    return [(pieces[0] if len(pieces) == 1 else _one(pieces), with_it) for pieces, with_it in whole]


def _one(pieces: list[Event]) -> Event:
    """What the pieces say together: the first text of each kind, everything that they list, and the last status."""
    texts = {name: next(filter(None, (getattr(piece, name) for piece in pieces)), "") for name in _TEXTS}
    lists = {name: tuple(dict.fromkeys(value for piece in pieces for value in getattr(piece, name))) for name in _LISTS}
    return replace(
        pieces[0],
        **texts,
        **lists,
        status=next((piece.status for piece in reversed(pieces) if piece.status), ""),
        severity=next((piece.severity for piece in pieces if piece.severity is not None), None),
        entities=distinct(entity for piece in pieces for entity in piece.entities),
        digest=ids.digest(*(piece.digest for piece in pieces)),
    )
