"""Pieces of one event that came in several records, put together. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

from msgspec.structs import replace

from shared.kinds.entities import distinct
from shared.model import ids
from shared.model.event import Event

T = TypeVar("T")
_TEXTS = ("provider", "product", "id", "kind", "title", "time", "start", "end", "tenant", "subscription")
_LISTS = ("products", "same", "tactics", "techniques", "links")


def joined(found: Iterable[tuple[Event, T]], joins: Collection[str]) -> list[tuple[Event, T]]:
    """The events, with those of one case that come from a source whose records are pieces made one, where the first was.

    Two pieces that bear different titles are not of one event, whatever their ids say.

    Args:
        found: Events, each with what belongs to it.
        joins: The names of the sources whose records are pieces.
    """
    places: dict[tuple[str, str], int] = {}
    whole: list[tuple[Event, T]] = []
    for event, with_it in found:
        if event.source in joins:
            at = places.setdefault((event.source, event.case), len(whole))
            if at < len(whole) and _agree(whole[at][0], event):
                whole[at] = (_one(whole[at][0], event), whole[at][1])
                continue
        whole.append((event, with_it))
    return whole


def _agree(first: Event, second: Event) -> bool:
    return not first.title or not second.title or first.title == second.title


def _one(first: Event, second: Event) -> Event:
    texts = {name: getattr(first, name) or getattr(second, name) for name in _TEXTS}
    lists = {name: tuple(dict.fromkeys((*getattr(first, name), *getattr(second, name)))) for name in _LISTS}
    rated = first if first.severity is not None else second
    return replace(
        first,
        **texts,
        **lists,
        status=second.status or first.status,
        severity=rated.severity,
        severity_word=first.severity_word or second.severity_word,
        workspace=first.workspace or second.workspace,
        entities=distinct((*first.entities, *second.entities)),
        digest=ids.digest(first.digest, second.digest),
    )
