"""The dead-letter hub, in a process of its own: what it remembers is not the app's memory, nor its work the app's time.

Run as a program it serves until its input ends, then says how many letters it got.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from azsim.eventhubs import Broker
from shared.wire.clock import SystemClock
from tests.lab import ROOT

NAME = "dead-letters"


class Hub:
    """The hub while it serves.

    Attributes:
        connection_string: For the SDK's clients.
        letters: How many it got; known when it has ended.
    """

    def __init__(self, output: IO[str]) -> None:
        self.connection_string = output.readline().strip()
        self.letters = 0


@contextmanager
def hub() -> Iterator[Hub]:
    """The hub, within the block."""
    command = [sys.executable, "-m", "tests.chaos.soak.hub"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        served = Hub(process.stdout)
        try:
            yield served
        finally:
            process.stdin.close()
            served.letters = int(process.stdout.read() or 0)


async def _serve() -> None:
    broker = Broker({NAME: 1}, now=SystemClock().now, key="c29hay1rZXk=")
    async with broker.serve():
        print(broker.connection_string, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(len(broker.events(NAME)))


if __name__ == "__main__":
    asyncio.run(_serve())
