"""What an event source is: how it knows its bodies, and how it reads one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.kinds.carrier import Carrier
from shared.kinds.discover import discover
from shared.kinds.fields import Fields
from shared.model.event import Event


def always(_: Fields) -> bool:
    """The keys alone decide."""
    return True


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells a source's bodies from all others, by the body alone.

    Args:
        keys: Names that must all be there, in lower case; the first is the most telling one, by which bodies are
            dispatched.
        values: What the first of them holds, one of these, in lower case; `microsoft.keyvault.*` stands for all that
            begins so, up to a dot, a slash or a dash. Without any, that it is there is enough.
        unless: Names of which none may be there.
        when: A further test, for values.
        rest: Claim only what no other source claims.
    """

    keys: tuple[str, ...]
    values: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    when: Callable[[Fields], bool] = always
    rest: bool = False

    def fits(self, body: Fields) -> bool:
        """Whether a body that was dispatched to it bears this mark."""
        for key in self.keys:
            if key not in body:
                return False
        for key in self.unless:
            if key in body:
                return False
        return self.when(body)


@dataclass(frozen=True, slots=True)
class Source:
    """An event source. A file in `shared/sources` holds one, as `source`; its name is the file's.

    Args:
        marks: A body that bears any of them is this source's.
        read: Its events, without source and digest, which the walk adds. Raises `Unreadable`.
        carried_by: How its bodies come, and how to set that up, for the documentation.
        joins: Whether records that come together and have the same case are one event, in pieces.
    """

    marks: tuple[Mark, ...]
    read: Callable[[Fields], Iterable[Event]]
    carried_by: tuple[Carrier, ...]
    joins: bool = False


def all_sources() -> dict[str, Source]:
    """Every source there is, by name.

    Raises:
        Mistakes: For files that hold none.
    """
    return discover("shared.sources", "source", Source)
