"""Two walks at one network interface meet in every order: switched once at each request, and twice at some of them.

In every order the state ends right: cut off while a case holds it, afterwards as it was before the first, nothing lost.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from azsim.clock import SimulatedLoop
from tests import lab
from tests.chaos.races.orders import alone, with_one_switch, with_two_switches, wrong
from tests.chaos.races.pairs import PAIRS, Pair

EVERY = 3
"""Of two switches, only at every so many requests of either."""

SHOWN = 5
"""Mistakes of a pair that are told one by one."""

Say = Callable[[str], None]
T = TypeVar("T")


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    os.environ |= lab.IDENTITY
    logging.disable(logging.WARNING)  # whoever is slower says so each time
    found: list[str] = []
    orders = 0
    with tempfile.TemporaryDirectory(prefix="riposte-races-") as folder:
        for pair in PAIRS:
            count, mistakes = _each(pair, Path(folder))
            say(f"  {pair.title}: {count} orders, {len(mistakes)} of them wrong")
            orders += count
            found += mistakes[:SHOWN]
    logging.disable(logging.NOTSET)
    say(f"  {orders} orders in all")
    return found


def _each(pair: Pair, folder: Path) -> tuple[int, list[str]]:
    """Every order of a pair, each in a time of its own."""
    sent = _in_its_own_time(alone(pair, folder))
    orders = [*with_one_switch(sent), *with_two_switches(sent, EVERY)]
    return len(orders), [text for order in orders for text in _in_its_own_time(wrong(pair, order, folder))]


def _in_its_own_time(work: Coroutine[Any, Any, T]) -> T:
    loop = SimulatedLoop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
