"""The dead letters there are: those in their hub, those on the way to it, and what is noted of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from shared.engine.app import App
from shared.engine.outbox import waiting_letters
from shared.model.dead_letter import Letter, PutBack, PutBacks
from shared.model.errors import AzureError

MOST = 1000
"""Letters that one look gives: the newest."""

SETTLED = ("handled", "dead_letter")
"""Ends of a put-back that was one; what came of it may be another letter."""

SKEW = timedelta(minutes=10)
"""Between the clocks of whoever wrote a letter and of the hub, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters.

    Args:
        ids: Their ids; empty for any.
        reason: Is in the reason, in letters of any case.
        source: The source that tried.
        since: They came in then or later.
        until: They came in before.
        unsettled: Not those that were put back already, unless that could not be done or broke off.
    """

    ids: frozenset[str] = frozenset()
    reason: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None
    unsettled: bool = False

    def fits(self, letter: Letter) -> bool:
        """Whether a letter is wanted."""
        return (
            (not self.ids or letter.id in self.ids)
            and self.reason.casefold() in letter.reason.casefold()
            and (not self.source or letter.source == self.source)
            and (self.since is None or letter.time >= self.since)
            and (self.until is None or letter.time < self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A letter as it lies there.

    Args:
        letter: The letter, without its body unless that was asked for.
        waiting: Whether it is in the ledger still, because its hub has not taken it.
        put_back: When it was put back, the last times; the newest last.
        count: How often.
    """

    letter: Letter
    waiting: bool = False
    put_back: tuple[PutBack, ...] = ()
    count: int = 0

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place among others."""
        return self.letter.time, self.letter.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the dead letters found.

    Args:
        letters: The letters, newest first.
        missing: What could not be looked at, in words: then there may be more.
        settled: How many more fit, but were put back already.
    """

    letters: list[Kept] = field(default_factory=list)
    settled: int = 0
    missing: list[str] = field(default_factory=list)


class _Found:
    """Letters that fit, each once, and of more than `MOST` the newest."""

    def __init__(self, wanted: Wanted, settled: frozenset[str], *, bodies: bool) -> None:
        self._wanted = wanted
        self._settled = settled
        self._bodies = bodies
        self.left: set[str] = set()
        self.letters: dict[str, Letter] = {}
        self.dropped = 0

    def take(self, letter: Letter) -> bool:
        """Keep it if it fits; whether more are wanted."""
        if not self._wanted.fits(letter):
            return True
        if letter.id in self._settled:
            self.left.add(letter.id)
        elif letter.id not in self.letters:
            self.letters[letter.id] = letter if self._bodies else replace(letter, body=b"")
            if len(self.letters) > 2 * MOST:
                self._cut()
        return not self._wanted.ids or not self._wanted.ids <= self.letters.keys()

    def newest(self) -> list[Letter]:
        """The letters, newest first."""
        self._cut()
        return sorted(self.letters.values(), key=lambda letter: (letter.time, letter.id), reverse=True)

    def _cut(self) -> None:
        oldest = sorted(self.letters.values(), key=lambda letter: (letter.time, letter.id))[:-MOST]
        self.dropped += len(oldest)
        for letter in oldest:
            del self.letters[letter.id]


async def look(wanted: Wanted, app: App, *, bodies: bool = False) -> Look:
    """Look for dead letters in their hub and in the ledger. A hub that cannot be read keeps none of the others back.

    Args:
        wanted: Which.
        app: Everything else.
        bodies: Whether to keep their bodies, those that are in the letters.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    waiting = await waiting_letters(app)  # first: what is delivered meanwhile is in the hub then
    noted = await app.ledger.put_backs()
    settled = (name for name, each in noted.items() if wanted.unsettled and each.times[-1].state in SETTLED)
    found = _Found(wanted, frozenset(settled), bodies=bodies)
    missing = await _from_hub(found, wanted, app)
    known = set(found.letters)
    for letter in waiting:
        found.take(letter)
    waits = {letter.id for letter in waiting} - known
    letters = [_kept(letter, noted.get(letter.id), waits=letter.id in waits) for letter in found.newest()]
    if found.dropped:
        missing.append(f"{found.dropped} older letters that fit, too; ask for a time or a source")
    return Look(letters=letters, missing=missing, settled=len(found.left))


async def _from_hub(found: _Found, wanted: Wanted, app: App) -> list[str]:
    """Take what is in the hub; what of it could not be looked at."""
    since = None if wanted.since is None else wanted.since - SKEW
    try:
        reading = await app.dead_letters.read(found.take, since)
    except AzureError as error:
        return [str(error)]
    strangers = f"{reading.foreign} messages in the hub are no dead letters of Riposte"
    return [*reading.left, *([strangers] if reading.foreign else [])]


def _kept(letter: Letter, noted: PutBacks | None, *, waits: bool) -> Kept:
    if noted is None:
        return Kept(letter=letter, waiting=waits)
    return Kept(letter=letter, waiting=waits, put_back=noted.times, count=noted.count)


def after(letters: Iterable[Kept], place: tuple[datetime, str] | None) -> list[Kept]:
    """Those of a list, newest first, that stand behind a place in it."""
    return [kept for kept in letters if place is None or kept.order < place]
