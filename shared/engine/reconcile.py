"""Reconciliation: what the providers list is compared with the ledger, and what was not delivered is handled now.

Only playbooks that act count: a dry run leaves nothing in the ledger to compare with.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from shared.azure.clients import Azure
from shared.azure.listing import Listed, Listing
from shared.engine.app import App
from shared.engine.fault import described, log_fault
from shared.engine.loss import Found, handle_missed
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds.discover import discover
from shared.model import ids
from shared.model.errors import AzureError, Changed, Forbidden, NotFound, Permanent
from shared.model.mark import Mark
from shared.wire.scope import scope

log = logging.getLogger(__name__)

Got = TypeVar("Got")

GRACE = timedelta(minutes=10)
"""How long a delivery may take before it counts as lost."""

OVERLAP = timedelta(minutes=10)
"""How far behind the mark a list begins: clocks differ, and a change may be listed late."""

LONGEST = timedelta(days=7)
"""What is older is not taken up any more, nor is what the ledger may have forgotten since."""

MOST = 100
"""Incidents or alerts of one place that are read in one go; the others follow in the next."""

BUDGET = timedelta(minutes=4)
"""After which nothing more is begun in this go."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Watched:
    """A place whose list is compared."""

    provider: str
    place: str
    listing: Listing


@dataclass(slots=True)
class _Go:
    """One comparison of one list, and what it has come to so far.

    Args:
        one: What is compared.
        mark: How far it was compared before.
        began: When this comparison began.
        turn: Held by whoever handles something.
        app: Everything else.
    """

    one: Watched
    mark: Mark
    began: datetime
    turn: asyncio.Lock
    app: App
    until: datetime = field(init=False)
    seen: set[str] = field(default_factory=set)
    losses: int = 0
    error: str = ""

    def __post_init__(self) -> None:
        self.until = self.began - GRACE

    def stop(self, at: datetime, why: str = "") -> None:
        """The mark must not move past this time."""
        self.until = min(self.until, at)
        self.error = self.error or why

    def moved(self) -> Mark:
        """The mark after all that."""
        lost = [time for time in self.mark.losses if time > self.began - DAY]
        return replace(
            self.mark,
            until=max(self.mark.until, self.until),
            seen=tuple(sorted(self.seen)),
            losses=(*lost, *[self.began] * self.losses),
            last=self.mark.last if self.error else self.began,
            error=self.error,
        )


def listings() -> dict[str, Listing]:
    """Every provider whose list can be compared, by name.

    Raises:
        Mistakes: For files that hold none.
    """
    return discover("shared.azure.listings", "listing", Listing)


def watched(app: App) -> list[Watched]:
    """The places whose lists are compared, by the settings; none while no playbook acts."""
    if not any(_acting(app)):
        return []
    found = listings().items()
    return [Watched(name, place, listing) for name, listing in found for place in listing.places(app.settings)]


async def reconcile(app: App) -> str:
    """Compare every list with the ledger; returns a line for the log.

    What another instance compares at the same time is harmless: handling something twice does nothing twice.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    places = watched(app)
    turn = asyncio.Lock()
    ends = await asyncio.gather(*(_place(one, turn, app) for one in places), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return f"reconciled {len(places)} lists, missed={sum(end for end in ends if isinstance(end, int))}"


async def _place(one: Watched, turn: asyncio.Lock, app: App) -> int:
    """Compare one list; how many losses there were. A list that cannot be read is said so in its mark."""
    now = app.clock.now()
    with scope(f"reconcile:{one.provider}:{ids.digest(one.place)[:16]}"):
        there = await app.ledger.mark(one.provider, one.place)
        acting = dict.fromkeys(_acting(app), now)
        if there is None:
            first = Mark(provider=one.provider, place=one.place, since=now, until=now, acting=acting)
            with suppress(Changed):  # another instance has begun
                await app.ledger.begin_mark(first)
            return 0
        mark, row = there
        kept = {name: mark.acting.get(name, since) for name, since in acting.items()}
        go = _Go(one, replace(mark, acting=kept, until=max(mark.until, now - LONGEST)), now, turn, app)
        try:
            await _compare(go)
        except Exception as error:  # noqa: BLE001 - a provider that cannot be listed must not stop the others
            log_fault(log, f"{one.provider} of {one.place} cannot be listed", error)
            go.seen |= set(mark.seen)
            go.stop(mark.until, described(error))
        try:
            await app.ledger.move_mark(row, go.moved())
        except Changed:
            log.info("%s of %s was compared by another instance, too", one.provider, one.place)
        return go.losses


async def _compare(go: _Go) -> None:
    """Compare one list, oldest change first.

    Raises:
        AzureError: If it cannot be listed.
    """
    one, app = go.one, go.app
    azure = app.azure(one.listing.permissions, [], deadline=go.began + BUDGET)
    listed = await _asked(lambda: one.listing.changed(one.place, go.mark.until - OVERLAP, azure), app)
    read = 0
    for each in sorted(listed, key=lambda each: (each.changed, each.id)):
        known = ids.digest(each.id, each.changed.isoformat())[:16]
        if known in go.mark.seen:
            go.seen.add(known)
        elif read >= MOST or app.clock.now() > go.began + BUDGET:
            go.stop(each.changed)
            return
        elif each.created <= go.began - GRACE:  # else its delivery may be on the way
            read += 1
            with scope(known):
                if not await _one(each, known, azure, go):
                    return


async def _one(each: Listed, known: str, azure: Azure, go: _Go) -> bool:
    """Compare one incident or alert; whether the next one is worth trying."""
    one, app = go.one, go.app
    try:
        body = await _asked(lambda: one.listing.whole(one.place, each, azure), app)
        found = Found(provider=one.provider, channel=one.listing.channel, listed=each, body=body, mark=go.mark)
        async with go.turn:  # the same alert may be on several lists: whoever comes second finds it handled
            oldest = go.began - min(LONGEST, app.settings.retention)
            end = await handle_missed(found, go.began - GRACE, oldest, app)
    except NotFound:
        end = "known"  # it was deleted meanwhile
    except Exception as error:  # noqa: BLE001 - whatever it is, the mark stays before it, and the list goes on
        log_fault(log, f"{each.id} of {one.provider} could not be compared", error)
        go.stop(each.changed, described(error))
        return not isinstance(error, AzureError) or (isinstance(error, Permanent) and not isinstance(error, Forbidden))
    go.losses += end == "missed"
    if end != "waits":
        go.seen.add(known)
    return True


async def _asked(work: Callable[[], Awaitable[Got]], app: App) -> Got:
    return await with_fresh_token(lambda: in_our_words(work(), wrote=False), app.credential)


def _acting(app: App) -> Iterator[str]:
    return (playbook.name for playbook in app.playbooks.all if playbook.mode == "act")
