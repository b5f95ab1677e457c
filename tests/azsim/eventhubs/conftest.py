"""A broker for each test, with a clock that the test sets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from tests.azsim.eventhubs.given import KEY, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def broker(clock: Clock) -> Broker:
    return Broker({"alerts": 4, "dead-letters": 1}, now=clock, key=KEY, authorize=lambda _: True)


@pytest.fixture
async def address(broker: Broker) -> AsyncIterator[Address]:
    async with broker.serve() as address:
        yield address


@pytest.fixture
async def sdk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Takes two things off the SDK that are not what is tested: long pauses, and sockets that it leaves open.

    It polls 20 times a second, and takes a second to close a consumer, all by `asyncio.sleep`. When a connection breaks,
    or a consumer is closed while it connects, it drops the connection without closing its socket.
    """
    writers: list[asyncio.StreamWriter] = []
    connect, sleep = asyncio.open_connection, asyncio.sleep

    async def remember(*args: Any, **options: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await connect(*args, **options)
        writers.append(writer)
        return reader, writer

    monkeypatch.setattr(asyncio, "open_connection", remember)
    monkeypatch.setattr(asyncio, "sleep", lambda delay: sleep(delay / 10))
    yield
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
