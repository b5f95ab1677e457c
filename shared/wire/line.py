"""A line of tasks that wait for their turn: the most urgent first, and among equals who came first.

Nothing ages: as long as something more urgent comes, the less urgent waits, and is deferred when its patience ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from itertools import count

from shared.wire.urgency import current


@dataclass(order=True, slots=True)
class _Ticket:
    rank: tuple[int, int]
    last: float = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Line:
    """A line.

    Args:
        passed_up: Called when a turn was given to a task that had just gone: it is somebody else's.
    """

    def __init__(self, passed_up: Callable[[], None]) -> None:
        self._passed_up = passed_up
        self._tickets: list[_Ticket] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._tickets)

    async def stand(self, last: float | None = None) -> None:
        """Wait for a turn.

        Args:
            last: Until when, by the event loop's clock; None: for as long as it takes.

        Raises:
            TimeoutError: None came until then.
        """
        turn = asyncio.get_running_loop().create_future()
        ticket = _Ticket((-current(), next(self._numbers)), float("inf") if last is None else last, turn)
        heappush(self._tickets, ticket)
        try:
            async with asyncio.timeout_at(last):
                await turn
        except BaseException:
            if ticket in self._tickets:
                self._without(lambda other: other is ticket)
            elif turn.done() and not turn.cancelled() and turn.exception() is None:
                self._passed_up()
            raise

    def call(self) -> None:
        """Give the turn to the first."""
        turn = heappop(self._tickets).turn
        if turn.done():  # its task is being cancelled at this moment
            self._passed_up()
        else:
            turn.set_result(None)

    def dismiss(self, until: float) -> None:
        """Send away everybody who would not wait until then."""
        for ticket in self._without(lambda other: other.last < until):
            if not ticket.turn.done():
                ticket.turn.set_exception(TimeoutError())

    def _without(self, gone: Callable[[_Ticket], bool]) -> list[_Ticket]:
        leaving = [ticket for ticket in self._tickets if gone(ticket)]
        self._tickets = [ticket for ticket in self._tickets if not gone(ticket)]
        heapify(self._tickets)
        return leaving
