"""Two walks that take turns: at each request to Azure it is decided who goes on. Nothing is left to the event loop."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from shared.wire.message import Request, Response, Send


@dataclass(frozen=True, slots=True)
class Turn:
    """A walk goes on.

    Args:
        who: Which one.
        until: It stops when it has sent this many requests in all; at its end if not given.
    """

    who: str
    until: float = math.inf

    def __str__(self) -> str:
        return f"{self.who} to its end" if self.until == math.inf else f"{self.who} up to request {self.until:g}"


class Turns:
    """Lets requests through in turn.

    Args:
        order: Whose turn it is, one after the other. Whoever is not named any more goes on at the end.
        patience: Seconds for which the one whose turn it is may wait for something else than Azure, such as a lock; then
            the other one may send a request meanwhile.
        between: Seconds that pass whenever somebody else gets a turn.
    """

    def __init__(self, order: Sequence[Turn], patience: float, between: float = 0.0) -> None:
        self.sent: dict[str, list[str]] = {}
        self.switched = 0
        self._order = list(order)
        self._patience = patience
        self._between = between
        self._over: set[str] = set()
        self._next = asyncio.Event()

    def under(self, who: str, send: Send) -> Send:
        """The transport of one walk."""
        sent = self.sent.setdefault(who, [])

        async def send_in_turn(request: Request) -> Response:
            await self._wait(who)
            sent.append(request.method)
            return await send(request)

        return send_in_turn

    async def go(self, walks: dict[str, Coroutine[Any, Any, Any]]) -> None:
        """Let the walks go, each in its turn, to their ends.

        Raises:
            Exception: What one of them raised.
        """
        tasks = [asyncio.create_task(self._one(who, walk)) for who, walk in walks.items()]
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(end, BaseException):
                raise end

    async def _one(self, who: str, walk: Coroutine[Any, Any, Any]) -> None:
        try:
            await walk
        finally:
            self._over.add(who)
            await self._advance()

    async def _wait(self, who: str) -> None:
        await self._advance()
        while self._order and self._order[0].who != who:
            try:
                await asyncio.wait_for(self._next.wait(), self._patience)
            except TimeoutError:  # whose turn it is waits for this one
                return

    async def _advance(self) -> None:
        """End the turns that are over."""
        while self._order and self._ended(self._order[0]):
            turn = self._order.pop(0)
            if turn.who not in self._over:
                self.switched += 1
                await asyncio.sleep(self._between)
            self._next.set()
            self._next = asyncio.Event()

    def _ended(self, turn: Turn) -> bool:
        return turn.who in self._over or len(self.sent.get(turn.who, ())) >= turn.until
