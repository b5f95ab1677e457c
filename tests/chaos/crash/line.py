"""The line between one instance and Azure, which is cut when the instance is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

from shared.wire.message import Request, Response, Send

Moment = Literal["before", "after"]

SENT = "AMQP transfer"
"""A message to an event hub, among the requests."""


@dataclass(frozen=True, slots=True)
class Point:
    """When an instance is killed.

    Args:
        number: At which of its requests, counted from 0.
        moment: `before`: it never leaves; `after`: it takes effect, and its answer never comes.
    """

    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} request {self.number}"


class Line:
    """What one instance sends, in order, until its point. From then on nothing leaves, whoever tries, and nothing comes.

    Args:
        point: When the instance is killed; never if it is not given.
        instead: What happens at that point, while the instance waits and knows nothing, instead of its being killed.
    """

    def __init__(self, point: Point | None = None, instead: Callable[[], Awaitable[None]] | None = None) -> None:
        self.requests: list[str] = []
        self.cut = asyncio.Event()
        self._point = point
        self._instead = instead

    def under(self, send: Send) -> Send:
        """The transport that this line ends in."""

        async def send_until_cut(request: Request) -> Response:
            if self.cut.is_set():
                await self._never()
            number = len(self.requests)
            self.requests.append(f"{request.method} {urlsplit(request.url).netloc}{urlsplit(request.url).path}")
            if self._point == Point(number, "before"):
                await self._strike()
            response = await send(request)
            if self._point == Point(number, "after"):
                await self._strike()
            return response

        return send_until_cut

    def amqp(self, moment: Moment) -> bool:
        """Whether the line is cut at a message to an event hub; it counts as a request."""
        if self.cut.is_set():
            return True
        if moment == "before":
            self.requests.append(SENT)
        if self._point == Point(len(self.requests) - 1, moment) and self._instead is None:
            self.cut.set()
        return self.cut.is_set()

    async def _strike(self) -> None:
        if self._instead is not None:
            await self._instead()
            return
        self.cut.set()
        await self._never()

    async def _never(self) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError("nothing sets it")


async def lived(work: Coroutine[Any, Any, Any], begun: set[asyncio.Task[None]], line: Line) -> bool:
    """Let an instance work until it is done with all of it, or killed; whether it lived.

    Args:
        work: What it does.
        begun: What it goes on with afterwards.
        line: Its line.
    """
    others = asyncio.all_tasks()
    task, cut = asyncio.create_task(work), asyncio.create_task(line.cut.wait())
    while not cut.done() and (left := {task, *begun} - _over({task, *begun})):
        await asyncio.wait({*left, cut}, return_when=asyncio.FIRST_COMPLETED)
    if not cut.done():
        cut.cancel()
        await task
        return True
    while left := asyncio.all_tasks() - others:  # again: what cleans up would wait for the line for ever
        for each in left:
            each.cancel()
        await asyncio.sleep(0)
    return False


def _over(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    return {task for task in tasks if task.done()}
