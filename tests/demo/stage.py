"""The stage: Contoso behind HTTPS, an Event Hubs broker, and the function app run whole and unchanged against both."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azsim.chance import Chance
from azsim.clock import Clock
from azsim.doors.https import open_door
from azsim.eventhubs import Broker
from azsim.functions.host import FunctionsHost
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from azsim.world import World
from function_app import create
from shared.engine.app import App, compose
from shared.kinds.responder import all_responders
from shared.model.record import TABLE
from shared.wire.chance import SystemChance
from shared.wire.clock import SystemClock
from shared.wire.live import Live
from tests import lab


@dataclass
class Stage:
    """What the demo plays on.

    Args:
        world: The tenant.
        broker: The event hubs.
        host: The Functions host that has the app.
    """

    world: World
    broker: Broker
    host: FunctionsHost

    @property
    def records(self) -> list[dict[str, Any]]:
        """The audit records, as they are stored in Log Analytics."""
        return self.world.state(Logs).rows(TABLE)


@asynccontextmanager
async def stage(*, act: bool, denied: Collection[str] = ()) -> AsyncIterator[Stage]:
    """Set the stage. Nothing of the app is replaced: it is told by its environment where Azure is.

    Args:
        act: Whether the playbooks are switched to `mode: act`; as they are shipped they only say what they would do.
        denied: Permissions of the responders that the identity is not given.
    """
    world = World(Clock(SystemClock().now()), Chance(), contoso.TENANT, pace=0)
    contoso.build(world, lab.STREAM_DECLARED)
    wanted = lab.all_permissions(all_responders().values())
    lab.grant(world, [*lab.ENGINE, *(permission for permission in wanted if permission.name not in denied)])
    broker = Broker({"alerts": 4, "dead-letters": 1}, now=world.clock.now, key="ZGVtby1rZXk=")
    with tempfile.TemporaryDirectory(prefix="riposte-demo-") as scratch:
        folder = Path(scratch)
        async with open_door(world, folder) as door, broker.serve(port=0):
            before = dict(os.environ)
            os.environ |= {
                **lab.environment(RIPOSTE_PLAYBOOKS=str(_playbooks(folder, act=act))),
                "RIPOSTE_EVENTHUB": broker.connection_string,
                **door.environment,
            }
            live = Live()
            try:
                settings = {"RIPOSTE_ALERTS_HUB": "alerts"}
                app = create(_started(live))
                yield Stage(world, broker, FunctionsHost(app, world.clock, world.chance, settings=settings))
            finally:
                await live.close()
                os.environ.clear()
                os.environ.update(before)


def _started(live: Live) -> Callable[[], Awaitable[App]]:
    """What function_app.py does itself, with connections that can be closed at the end."""
    made: list[App] = []

    async def start() -> App:
        if not made:
            made.append(compose(os.environ, lab.ROOT, send=live.send, clock=SystemClock(), chance=SystemChance()))
        return made[0]

    return start


def _playbooks(folder: Path, *, act: bool) -> Path:
    if not act:
        return lab.PLAYBOOKS
    switched = folder / "playbooks"
    switched.mkdir()
    for file in lab.PLAYBOOKS.glob("*.yaml"):
        (switched / file.name).write_text(file.read_text().replace("mode: dry_run", "mode: act"))
    return switched
