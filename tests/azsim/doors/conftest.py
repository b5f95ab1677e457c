"""An open door for each test, and a program on the other side."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from azsim.clock import Clock
from azsim.doors.https import Door, open_door
from azsim.world import World
from shared.wire.clock import SystemClock
from shared.wire.live import Live
from tests.azsim.caller import allow, allow_data, allow_graph, make_world
from tests.azsim.doors.caller import SECONDS


@pytest.fixture
def world() -> World:
    world = make_world(clock=Clock(SystemClock().now()), pace=0.01)
    allow(world, "*")
    allow_data(world, "*")
    allow_graph(world, "User.Read.All")
    return world


@pytest.fixture
async def door(world: World, tmp_path: Path) -> AsyncIterator[Door]:
    before = dict(os.environ)
    async with asyncio.timeout(SECONDS), open_door(world, tmp_path) as door:
        os.environ |= door.environment
        yield door
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
async def live(door: Door) -> AsyncIterator[Live]:
    assert door.proxy.startswith("http://127.0.0.1:")
    live = Live()
    async with asyncio.timeout(SECONDS):
        yield live
    await live.close()
