"""Many plays, on every processor of the machine; waiting takes no time in them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

from azsim.clock import SimulatedLoop
from tests import lab

Job = TypeVar("Job")
End = TypeVar("End")


def in_processes(play: Callable[[Job], End], jobs: Sequence[Job]) -> Iterator[tuple[Job, End]]:
    """What came of each job, in their order."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=_begin) as pool:
        yield from zip(jobs, pool.map(play, jobs), strict=True)


def in_simulated_time(work: Callable[[], Coroutine[Any, Any, End]]) -> End:
    """What some work gives, in an event loop of its own."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(work())


def _begin() -> None:
    os.environ |= lab.IDENTITY
    logging.disable(logging.CRITICAL)  # what went wrong on the way is meant to; what is wrong in the end is told
