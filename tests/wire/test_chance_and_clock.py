from __future__ import annotations

import asyncio
import re
from datetime import UTC

from shared.wire.chance import SystemChance
from shared.wire.clock import SystemClock


def test_ids_are_long_and_never_the_same() -> None:
    drawn = {SystemChance().id() for _ in range(100)}

    assert len(drawn) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", one) for one in drawn)


def test_a_secret_has_the_length_it_should() -> None:
    for length in (24, 48, 1024):
        assert re.fullmatch(r"[A-Za-z0-9_-]+", SystemChance().secret(length))
        assert len(SystemChance().secret(length)) == length


def test_a_fraction_is_one() -> None:
    assert all(0 <= SystemChance().fraction() <= 1 for _ in range(100))


async def test_the_machines_clock_is_in_utc_and_waits() -> None:
    before = asyncio.get_running_loop().time()

    await SystemClock().sleep(3)

    assert SystemClock().now().tzinfo is UTC
    assert asyncio.get_running_loop().time() - before == 3
