"""Azure's time, and an event loop in which waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """Time that starts at `start` and runs with the event loop it is used in.

    In a `SimulatedLoop` it jumps over every wait; in any other loop it runs as real time does.
    """

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._origin: float | None = None
        self._last = start

    def now(self) -> datetime:
        """The current time, in UTC."""
        try:
            elapsed = asyncio.get_running_loop().time()
        except RuntimeError:  # no loop runs: time stands still
            return self._last
        if self._origin is None:
            self._origin = elapsed
        self._last = self._start + timedelta(seconds=elapsed - self._origin)
        return self._last

    async def sleep(self, seconds: float) -> None:
        """Wait; in a `SimulatedLoop` this takes no real time."""
        await asyncio.sleep(seconds)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer as soon as nothing is left to run.

    Only for work inside one process: it does not wait for sockets unless it is told to. While a thread works for the
    loop, time stands still, so a slow import cannot look like a time-out.

    Args:
        sockets: Whether it may have connections. While one is open, waiting takes as long as in any other loop.
    """

    def __init__(self, *, sockets: bool = False) -> None:
        self.sockets = sockets
        self._now = 0.0
        self._threads = 0
        super().__init__(_Jump(self))

    def time(self) -> float:
        """Seconds since the loop was made, as the simulation counts them."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self._now += seconds

    @property
    def waits_for_threads(self) -> bool:
        """Whether a thread still works for this loop."""
        return self._threads > 0

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """As in asyncio; counts what is under way."""
        self._threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncio's own
        """As in asyncio, but without the time-out: from Python 3.13 on it would strike in simulated time, so at once."""
        del timeout
        await super().shutdown_default_executor()

    def _thread_done(self, _: asyncio.Future[Any] | Future[Any]) -> None:
        self._threads -= 1


class _Jump(selectors.DefaultSelector):
    """A selector that advances the loop's time instead of sleeping."""

    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self._loop.waits_for_threads:
            return super().select(timeout if timeout is None else 0.01)
        if self._loop.sockets and len(self.get_map()) > 1:  # besides the one the loop wakes itself with
            begin = time.perf_counter()
            ready = super().select(timeout)
            self._loop.advance(min(timeout, time.perf_counter() - begin) if ready else timeout)
            return ready
        self._loop.advance(timeout)
        return []
