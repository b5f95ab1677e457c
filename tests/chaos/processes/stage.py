"""What all workers share: one event hub, one Azurite, one Contoso behind HTTPS."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from azsim.chance import Chance
from azsim.doors.https import open_door
from azsim.eventhubs import Broker
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from shared.engine.app import App, compose
from shared.kinds.responder import all_responders
from shared.model.record import TABLE
from shared.wire.chance import SystemChance
from shared.wire.clock import SystemClock
from shared.wire.live import Live
from tests import lab
from tests.azure.azurite import Azurite
from tests.chaos.processes import checkpoints, storage, targets
from tests.chaos.processes.fast_clock import FastClock
from tests.chaos.processes.worker import Place

PARTITIONS = 8
GRACE = "5m"
"""How long the old version of a secret stays: short, so that its second half is part of the proof."""

HEADROOM = {"RIPOSTE_CONCURRENCY": "16", "RIPOSTE_PREVIEW_SECONDS": "60"}
"""Settings that keep limits out of the way; what they do is proved elsewhere."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything there is.

    Args:
        world: The tenant.
        broker: The event hubs.
        app: The app as an onlooker has it: for its ledger.
        place: Where workers work.
    """

    world: World
    broker: Broker
    app: App
    place: Place

    @property
    def records(self) -> list[dict[str, Any]]:
        """What is in Log Analytics, repeats included."""
        return self.world.state(Logs).rows(TABLE)


@asynccontextmanager
async def stage(azurite: Azurite, folder: Path) -> AsyncIterator[Stage]:
    """Set the stage.

    Args:
        azurite: The storage account.
        folder: For certificates, playbooks and what the workers write.
    """
    machine = SystemClock()
    since = machine.now()
    clock = FastClock(since)
    world = World(clock, Chance(), contoso.TENANT, pace=0)
    contoso.build(world, lab.STREAM_DECLARED)
    targets.build(world)
    lab.grant(world, [*lab.ENGINE, *lab.all_permissions(all_responders().values())])
    broker = Broker({"alerts": PARTITIONS, "dead-letters": 1}, now=machine.now, key="Y2hhb3Mta2V5")
    before = dict(os.environ)
    async with open_door(world, folder) as door, broker.serve():
        trusted = folder / "trusted.pem"
        trusted.write_bytes(door.authority.read_bytes() + azurite.authority.read_bytes())
        environment = {
            "PATH": os.environ["PATH"],
            **lab.environment(
                RIPOSTE_PLAYBOOKS=str(_playbooks(folder)), RIPOSTE_LEDGER=storage.TABLES, RIPOSTE_BLOBS=storage.BLOBS
            ),
            "RIPOSTE_EVENTHUB": broker.connection_string,
            **HEADROOM,
            **door.environment,
            "SSL_CERT_FILE": str(trusted),
            "REQUESTS_CA_BUNDLE": str(trusted),
        }
        os.environ |= environment
        live, addresses = Live(), storage.addresses(azurite)
        try:
            send = storage.under_names(live.send, addresses)
            app = compose(environment, lab.ROOT, send=send, clock=clock, chance=SystemChance())
            await _prepare(app)
            place = Place(environment, addresses, since, folder / "delivered", folder / "workers.log")
            yield Stage(world, broker, app, place)
        finally:
            await live.close()
            os.environ.clear()
            os.environ.update(before)


async def _prepare(app: App) -> None:
    """Make the ledger's table and the containers."""
    from azure.data.tables.aio import TableServiceClient
    from azure.storage.blob.aio import BlobServiceClient

    options = pipeline(app.send, app.clock)
    tables = TableServiceClient(app.settings.ledger, credential=app.credential, **options)
    await tables.create_table(app.settings.ledger_table)
    account = BlobServiceClient(app.settings.blobs, app.credential, **options)
    for container in (app.settings.blob_container, checkpoints.CONTAINER):
        await account.create_container(container)


def _playbooks(folder: Path) -> Path:
    """The playbooks as they are shipped, but that they act, that grace is short, and that nothing is undone by itself."""
    switched = folder / "playbooks"
    switched.mkdir()
    for file in lab.PLAYBOOKS.glob("*.yaml"):
        content = yaml.safe_load(file.read_text()) | {"mode": "act"}
        for given in [params for step in content["then"] for params in step.values() if params]:
            given.pop("expires", None)
            given.update({"grace": GRACE} if "grace" in given else {})
        (switched / file.name).write_text(yaml.safe_dump(content, sort_keys=False))
    return switched
