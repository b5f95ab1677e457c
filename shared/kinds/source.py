"""What an event source is: how it knows its bodies, and how it reads one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
        unless: Names of which none may be there.
        when: A further test, for values.
    """

    keys: tuple[str, ...]
    unless: tuple[str, ...] = ()
    when: Callable[[Fields], bool] = always

    def fits(self, body: Fields) -> bool:
        """Whether a body bears this mark."""
        return all(key in body for key in self.keys) and not any(key in body for key in self.unless) and self.when(body)


@dataclass(frozen=True, slots=True)
class Source:
    """An event source. A file in `shared/sources` holds one, as `source`; its name is the file's.

    Args:
        marks: A body that bears any of them is this source's.
        read: Its events, without source and digest, which the walk adds. Raises `Unreadable`.
        carried_by: How its bodies come, for the documentation: the export, topic or rule to set up.
    """

    marks: tuple[Mark, ...]
    read: Callable[[Fields], Iterable[Event]]
    carried_by: tuple[str, ...]


def all_sources() -> dict[str, Source]:
    """Every source there is, by name.

    Raises:
        Mistakes: For files that hold none.
    """
    return discover("shared.sources", "source", Source)
