"""What a step would do, remembered for a little while.

On a bad day thousands of alerts speak of the same few machines. The look at each is shared by all of them, so that dry
runs do not eat the request budget that real containment needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from shared.engine.outcome import Outcome
from shared.model.change import Change
from shared.model.target import Target
from shared.wire.clock import Clock
from shared.wire.dry_run import KeptBack
from shared.wire.journal import Exchange

MOST = 2000
"""Previews kept at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a step would do to one target.

    Args:
        target: The target; None if none was found.
        end: Why it would not be done, or cannot be foreseen, or would wait; None if it would be done.
        waits: Whether it would be done all the same, later or if somebody approves.
        said: What the guards said.
        change: What would differ; None if it is not known.
        would_send: The writes that were kept back; none if the target is as wanted.
        journal: The reads it took.
    """

    target: Target | None
    end: Outcome | None
    waits: bool = False
    said: tuple[str, ...] = ()
    change: Change[Struct] | None = None
    would_send: tuple[KeptBack, ...] = ()
    journal: tuple[Exchange, ...] = ()


class Previews:
    """Remembers previews.

    Args:
        clock: Tells their age.
        fresh: How old one may be.
    """

    def __init__(self, clock: Clock, fresh: timedelta) -> None:
        self._clock = clock
        self._fresh = fresh
        self._kept: dict[Hashable, tuple[datetime, asyncio.Future[list[Preview]]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[list[Preview]]]) -> list[Preview]:
        """The previews kept under `key`, made now if there are none or they are too old; made once for all who ask."""
        now = self._clock.now()
        kept = self._kept.get(key)
        if kept is None or kept[0] + self._fresh <= now:
            self._make_room(now)
            kept = self._kept[key] = (now, asyncio.ensure_future(make()))
        return await asyncio.shield(kept[1])

    def _make_room(self, now: datetime) -> None:
        if len(self._kept) >= MOST:
            done = {key: made for key, (made, work) in self._kept.items() if work.done()}
            old = [key for key, made in done.items() if made + self._fresh <= now]
            for key in old or done:
                del self._kept[key]
