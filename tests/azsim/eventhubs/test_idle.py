"""Quiet connections."""

import asyncio
from datetime import timedelta

import pytest

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from azsim.eventhubs.errors import Condition
from azsim.eventhubs.frames import HEARTBEAT
from azsim.eventhubs.performatives import Open
from azsim.eventhubs.values import UInt
from tests.azsim.eventhubs.given import KEY, Clock
from tests.azsim.eventhubs.raw_client import connected
from tests.azsim.eventhubs.sdk import consumer, receiving

pytestmark = pytest.mark.real_time


@pytest.fixture
def impatient(clock: Clock) -> Broker:
    return Broker({"alerts": 1}, now=clock, key=KEY, idle_time_out=timedelta(milliseconds=300))


async def test_a_connection_that_stays_silent_past_the_announced_time_is_closed(impatient: Broker) -> None:
    clock = asyncio.get_running_loop().time
    async with impatient.serve() as address, connected(address) as client:
        opened = await client.open()
        assert opened.idle_time_out == 300
        silent_since = clock()
        await client.expect_close(Condition.CONNECTION_FORCED)
        assert 0.25 < clock() - silent_since < 2
    assert "inactive for more than the allowed 300 milliseconds" in str(impatient.failures[0])


async def test_a_connection_that_never_says_anything_is_closed_too(impatient: Broker) -> None:
    async with impatient.serve() as address, connected(address) as client:
        await asyncio.sleep(0.6)
        client._writer.write_eof()
        await client.expect_end()
    assert len(impatient.failures) == 1


async def test_heartbeats_keep_a_connection_open(clock: Clock) -> None:
    broker = Broker({"alerts": 1}, now=clock, key=KEY, idle_time_out=timedelta(seconds=1))
    async with broker.serve() as address, connected(address) as client:
        await client.open()
        for _ in range(7):
            await asyncio.sleep(0.2)
            client.write(HEARTBEAT)
        await client.expect_silence(0.05)
    assert broker.failures == []


async def test_the_broker_sends_heartbeats_as_often_as_the_client_needs_them(address: Address) -> None:
    async with connected(address) as client:
        await client.open(Open("anxious", idle_time_out=UInt(400)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.3):
                await client.receive()
        # At half the time, give or take a busy machine: one each time is the least.
        assert 3 <= client.heartbeats <= 7


async def test_the_sdk_stays_connected_while_nothing_happens(clock: Clock) -> None:
    broker = Broker({"alerts": 1}, now=clock, key=KEY, idle_time_out=timedelta(seconds=1.5))
    broker.publish("alerts", b"first")
    async with broker.serve(), receiving(consumer(broker, "alerts")) as received:
        await received.until(lambda got: got.events)
        await asyncio.sleep(2)
        broker.publish("alerts", b"second")
        await received.until(lambda got: len(got.events) == 2)
    assert broker.failures == []
    assert received.errors == []
