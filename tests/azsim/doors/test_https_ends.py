"""What ends badly at the door, and how the door itself ends."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from azsim.doors.https import Door, open_door
from azsim.faults import Cut, Hang, Moment
from azsim.world import World
from shared.wire.live import Live
from shared.wire.message import Request, Unanswered, Unreachable
from tests.azsim.doors.caller import SECONDS, get
from tests.azsim.eventhubs.raw_client import until

pytestmark = pytest.mark.real_time


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_cut_connection_is_an_error_and_no_hang(world: World, live: Live, moment: Moment) -> None:
    world.faults.on("GET", "vm-web", Cut(moment))
    with pytest.raises(Unanswered):
        await get(world, live)
    assert (await get(world, live)).status == 200


async def test_a_host_that_no_service_has_is_an_error(live: Live) -> None:
    with pytest.raises(Unanswered):
        await live.send(Request("GET", "https://example.com/"))


async def test_the_door_closes_though_a_request_hangs(world: World, tmp_path: Path) -> None:
    world.faults.on("GET", "vm-web", Hang())
    others = asyncio.all_tasks()
    async with asyncio.timeout(SECONDS):
        async with open_door(world, tmp_path) as door:
            os.environ |= door.environment
            live = Live()
            hanging = asyncio.create_task(get(world, live))
            await until(lambda: world.calls)
            assert not hanging.done()
        with pytest.raises(Unanswered):
            await hanging
        await live.close()
        await until(lambda: asyncio.all_tasks() == others)


async def test_a_client_that_gives_up_takes_its_request_along(world: World, live: Live) -> None:
    world.faults.on("GET", "vm-web", Hang())
    others = len(asyncio.all_tasks())
    hanging = asyncio.create_task(get(world, live))
    await until(lambda: world.calls)
    hanging.cancel()
    await asyncio.wait([hanging])
    await until(lambda: len(asyncio.all_tasks()) == others)


@pytest.mark.parametrize("said", [b"", b"CONNECT management.azure.com:443 HTTP/1.1\r\n", b"\x16\x03\x01"])
async def test_a_client_that_goes_away_at_once_does_no_harm(world: World, door: Door, live: Live, said: bytes) -> None:
    host, _, port = door.proxy.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(said)
    writer.close()
    await writer.wait_closed()
    assert (await get(world, live)).status == 200


async def test_a_closed_door_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    others = asyncio.all_tasks()
    live = Live()
    async with asyncio.timeout(SECONDS):
        async with open_door(world, tmp_path) as door:
            os.environ |= door.environment
            assert (await get(world, live)).status == 200
        with pytest.raises((Unanswered, Unreachable)):
            await get(world, live)
        await live.close()
        await until(lambda: asyncio.all_tasks() == others)


async def test_two_doors_can_be_open_at_once(world: World, tmp_path: Path) -> None:
    async with asyncio.timeout(SECONDS), open_door(world, tmp_path) as one, open_door(world, tmp_path) as other:
        assert one.proxy != other.proxy
