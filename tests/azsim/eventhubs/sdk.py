"""The unmodified SDK, set up for tests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext

from azsim.eventhubs import Broker

PATIENCE = 10.0


def producer(broker: Broker, hub: str, **options: Any) -> EventHubProducerClient:
    # Without retries an error shows at once; the SDK pauses before it shows one all the same.
    settings = {"retry_total": 0, "retry_backoff_factor": 0, **options}
    return EventHubProducerClient.from_connection_string(broker.connection_string, eventhub_name=hub, **settings)


def consumer(broker: Broker, hub: str, **options: Any) -> EventHubConsumerClient:
    settings = {"load_balancing_interval": 0.1, "retry_total": 0, "retry_backoff_factor": 0, **options}
    return EventHubConsumerClient.from_connection_string(
        broker.connection_string, "$Default", eventhub_name=hub, **settings
    )


def body_of(event: EventData) -> bytes:
    return b"".join(cast("Iterable[bytes]", event.body))


class Received:
    """What a consumer got so far."""

    def __init__(self, *, checkpoint: bool = False) -> None:
        self._checkpoint = checkpoint
        self.events: list[EventData] = []
        self.partitions: list[str] = []
        self.errors: list[Exception] = []
        self._changed = asyncio.Event()

    async def on_event_batch(self, context: PartitionContext, events: list[EventData]) -> None:
        self.events += events
        self.partitions += [context.partition_id] * len(events)
        if self._checkpoint:
            await context.update_checkpoint(events[-1])
        self._changed.set()

    async def on_error(self, _context: PartitionContext | None, error: Exception) -> None:
        self.errors.append(error)
        self._changed.set()

    @property
    def bodies(self) -> list[bytes]:
        return [body_of(event) for event in self.events]

    async def until(self, condition: Callable[["Received"], object]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def receiving(
    client: EventHubConsumerClient, *, checkpoint: bool = False, **options: Any
) -> AsyncIterator[Received]:
    """Receive in the background, from the start unless `options` of `receive_batch` say otherwise."""
    received = Received(checkpoint=checkpoint)
    settings = {"starting_position": "-1", "on_error": received.on_error, **options}
    async with client:
        task = asyncio.create_task(client.receive_batch(received.on_event_batch, **settings))
        try:
            yield received
        finally:
            await client.close()
            await task
