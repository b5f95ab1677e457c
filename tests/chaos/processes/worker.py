"""A worker: a process with a Functions host that has the app, and reads the event hub as the Functions runtime does.

Partitions are owned, and their checkpoints kept, in blobs, by the SDK's own store. Whoever finds a partition whose owner
has not renewed its claim takes it over and begins at its last checkpoint: every event comes at least once.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from azsim.chance import Chance
from azsim.functions.host import FunctionsHost
from function_app import create
from shared.engine.app import App, compose
from shared.model.settings import EVENT_HUB
from shared.wire.chance import SystemChance
from shared.wire.live import Live
from tests import lab
from tests.chaos.processes import checkpoints, storage
from tests.chaos.processes.fast_clock import FastClock

if TYPE_CHECKING:
    from azure.eventhub import EventData
    from azure.eventhub.aio import PartitionContext

BATCH = 25
"""Events in a batch at the most: small, so that a batch is over within the life of a worker."""

BALANCING, EXPIRY = 0.5, 3.0
"""Seconds between claims of partitions, and after which one that was not renewed is anybody's; in Azure 10 and 60."""

SWEEP = 2.0
"""Seconds between two ticks of the timer: 24 of the fast clock, where Azure's are 60. Every worker has its own; in Azure
one instance of all has it."""

ENDLESS = 500
"""Attempts of a batch that cannot be stored: the app's own retry policy has no end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker works.

    Args:
        environment: Its environment, the app's settings included.
        addresses: Where the storage account's names lead.
        since: When the fast clock was set.
        delivered: A file to which it adds a line for each batch, before the app has it.
        log: A file for warnings.
    """

    environment: Mapping[str, str]
    addresses: Mapping[str, str]
    since: datetime
    delivered: Path
    log: Path


def work(number: int, place: Place) -> None:
    """Be a worker, until killed.

    Args:
        number: Its own, for the ids of its invocations.
        place: Where to work.
    """
    os.environ.clear()
    os.environ.update(place.environment)
    line = f"%(asctime)s {number:4} %(name)s %(message)s"
    logging.basicConfig(filename=place.log, level=logging.WARNING, format=line)
    logging.getLogger("azsim.functions.host").setLevel(logging.INFO)  # what failed, attempt by attempt
    asyncio.run(_work(number, place))


async def _work(number: int, place: Place) -> None:
    parent = parent_process()
    assert parent is not None
    asyncio.get_running_loop().add_reader(parent.sentinel, os._exit, 1)  # nobody is left to kill it
    clock, live = FastClock(place.since), Live()
    send = storage.under_names(live.send, place.addresses)
    app = compose(os.environ, lab.ROOT, send=send, clock=clock, chance=SystemChance())
    settings = {"RIPOSTE_ALERTS_HUB": "alerts"}
    host = FunctionsHost(create(_started(app)), clock, Chance(number), settings=settings, most_attempts=ENDLESS)
    await asyncio.gather(_read(host, app, place), _tick(host))


def _started(app: App) -> Callable[[], Awaitable[App]]:
    async def start() -> App:
        return app

    return start


async def _tick(host: FunctionsHost) -> None:
    while True:
        await asyncio.sleep(SWEEP)
        await host.timer("sweep")


async def _read(host: FunctionsHost, app: App, place: Place) -> None:
    """Read the hub, batch by batch: deliver, then move the checkpoint on."""
    from azure.eventhub.aio import EventHubConsumerClient

    async def deliver(context: PartitionContext, events: Sequence[EventData]) -> None:
        _note(place.delivered, context.partition_id, events)
        bodies = [b"".join(cast("Iterable[bytes]", event.body)) for event in events]
        done = await host.event_hub("alerts", bodies, context.partition_id)
        if done.error is not None:
            raise done.error
        await context.update_checkpoint(events[-1])

    client = EventHubConsumerClient.from_connection_string(
        os.environ[EVENT_HUB],
        "$Default",
        eventhub_name="alerts",
        checkpoint_store=checkpoints.store(app),
        load_balancing_interval=BALANCING,
        partition_ownership_expiration_interval=EXPIRY,
    )
    async with client:
        await client.receive_batch(cast("Any", deliver), max_batch_size=BATCH, starting_position="-1")


def _note(file: Path, partition: str, events: Sequence[EventData]) -> None:
    """Add a line in one write: it is there whole, or not at all."""
    with file.open("ab", buffering=0) as lines:
        lines.write(f"{partition} {events[0].sequence_number} {len(events)}\n".encode())
