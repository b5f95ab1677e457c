"""Brokers that come, go and come back."""

import asyncio
import contextlib
import socket

import pytest
from azure.eventhub import EventData
from azure.eventhub.exceptions import EventHubError

from azsim.eventhubs import Broker
from azsim.eventhubs.broker import Address
from tests.azsim.eventhubs.raw_client import RawClient, connected, opened, until
from tests.azsim.eventhubs.sdk import consumer, producer, receiving

pytestmark = pytest.mark.real_time


async def test_an_outage_cuts_connections_without_a_word_and_refuses_new_ones(broker: Broker, address: Address) -> None:
    async with opened(address) as client, connected(address) as newcomer:
        async with broker.outage():
            await client.expect_end()
            await newcomer.expect_end()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*address)
        async with opened(address) as again:
            await again.attach_sender("alerts")
    assert broker.failures == []
    await until(lambda: not broker.connected)


@pytest.mark.parametrize("turns", range(6))
async def test_a_connection_that_was_on_its_way_in_is_cut_too(broker: Broker, address: Address, turns: int) -> None:
    with socket.create_connection(address, timeout=5) as client:
        # After so many turns of the event loop the broker has heard of it, or has not yet.
        for _ in range(turns):
            await asyncio.sleep(0)
        async with broker.outage():
            await asyncio.sleep(0.01)
            assert broker._connections == set()
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(8) == b""


@pytest.mark.usefixtures("sdk")
async def test_the_sdk_fails_during_an_outage_and_works_again_after_it(broker: Broker, address: Address) -> None:
    # Without retries the consumer would start from the beginning again: it has no checkpoints here.
    listener = consumer(broker, "dead-letters", retry_total=5, retry_backoff_factor=0.1)
    async with producer(broker, "dead-letters") as client, receiving(listener) as received:
        await client.send_event(EventData(b"before"))
        await received.until(lambda got: got.events)
        async with broker.outage():
            with pytest.raises(EventHubError):
                await client.send_event(EventData(b"during"))
            broker.publish("dead-letters", b"from Python")
        await client.send_event(EventData(b"after"))
        await received.until(lambda got: len(got.events) == 3)
    assert received.bodies == [b"before", b"from Python", b"after"]
    assert broker.connection_string.startswith(f"Endpoint=sb://127.0.0.1:{address.port};")


async def test_what_is_stored_outlives_the_server(broker: Broker) -> None:
    async with broker.serve() as first:
        broker.publish("alerts", b"event")
    async with broker.serve(first.port) as second:
        assert second == first
        assert [event.body for event in broker.events("alerts")] == [b"event"]


async def test_the_end_of_the_server_cuts_connections_and_leaves_nothing_behind(broker: Broker) -> None:
    tasks = asyncio.all_tasks()
    async with broker.serve() as address:
        reader, writer = await asyncio.open_connection(*address)
        client = RawClient(reader, writer)
        await client.open()
        assert asyncio.all_tasks() > tasks
    await client.expect_end()
    writer.close()
    assert asyncio.all_tasks() == tasks
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(*address)


async def test_a_broker_serves_at_one_place_at_a_time(broker: Broker) -> None:
    async with broker.serve():
        with pytest.raises(RuntimeError, match="already"):
            await broker.serve().__aenter__()


async def test_a_port_that_is_taken_is_an_error_and_the_broker_can_still_serve(broker: Broker) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await broker.serve(taken.getsockname()[1]).__aenter__()
    async with broker.serve():
        assert "UseDevelopmentEmulator=true;" in broker.connection_string


async def test_a_broker_that_does_not_serve_has_no_connection_string_and_no_outage(broker: Broker) -> None:
    with pytest.raises(RuntimeError, match="not serving"):
        _ = broker.connection_string
    with pytest.raises(RuntimeError, match="not serving"):
        await broker.outage().__aenter__()
