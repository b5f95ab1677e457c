"""How many steps an instance works on at once; who waits for a slot gets it in order of urgency."""

from __future__ import annotations

from types import TracebackType

from shared.wire.line import Line


class Slots:
    """A semaphore that knows urgency: `async with slots:`.

    Args:
        free: How many there are.
    """

    def __init__(self, free: int) -> None:
        self._free = free
        self._line = Line(self._give_back)

    async def __aenter__(self) -> None:
        if self._free > 0:  # then nobody waits
            self._free -= 1
        else:
            await self._line.stand()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._line:
            self._line.call()
        else:
            self._free += 1
