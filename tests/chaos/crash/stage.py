"""Where a walk is played: one tenant with one playbook, and instances that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml
from azure.keyvault.secrets._shared import http_challenge_cache

from azsim.clock import START, Clock
from azsim.eventhubs import Broker
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.ledger import LEASE
from shared.model.dead_letter import Letter
from shared.model.entity import AnyEntity
from shared.wire.message import Send
from tests import lab
from tests.api.asking import signed_in
from tests.chaos.crash.effects import Effects
from tests.chaos.crash.line import Line, Moment
from tests.lab import Lab
from tests.scenario import RESPONDERS, SCENARIOS

SIGNED_IN = {"RIPOSTE_EASY_AUTH": "true"}
ANN = {"x_ms_client_principal": signed_in("Riposte.Operator")}
BOB = {
    "x_ms_client_principal": signed_in(
        "Riposte.Approver", object_id="11111111-2222-3333-4444-555555555555", name="bob@contoso.example"
    )
}
LETTERS = "dead-letters"
KEY = "ZGVtby1rZXk="
SOURCES = ["defender_for_cloud", "key_vault"]


class WrongClock:
    """A machine's clock that is ahead of Azure's, or behind it.

    Args:
        right: Azure's.
        ahead: By how much.
    """

    def __init__(self, right: Clock, ahead: timedelta) -> None:
        self._right = right
        self._ahead = ahead

    def now(self) -> datetime:
        """What this machine takes for the time."""
        return self._right.now() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """Wait: seconds are as long as anywhere."""
        await self._right.sleep(seconds)


@dataclass
class Stage:
    """A tenant and its playbook.

    Args:
        name: The responder that the playbook calls.
        folder: Where the playbook is.
        settings: Settings of every instance.
        first: The instance that made the tenant and prepared it; it dies of old age.
        effects: What has been done to the tenant since.
        broker: The event hubs that serve.
        lines: The lines of its instances; the last one is in use.
        away: Until when the event hubs take nothing.
        kept: What the preparation left for the walk, by name.
    """

    name: str
    folder: Path
    settings: Mapping[str, str]
    first: Lab
    effects: Effects
    broker: Broker
    lines: list[Line] = field(default_factory=list)
    away: datetime = START
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The tenant."""
        return self.first.world

    @property
    def letters(self) -> dict[str, Letter]:
        """The dead letters in their hub, by id."""
        found = [msgspec.json.decode(event.body, type=Letter) for event in self.broker.events(LETTERS)]
        return {letter.id: letter for letter in found}

    @property
    def entity(self) -> AnyEntity:
        """What the responder is to act on."""
        return SCENARIOS[self.name].entity

    def instance(self, line: Line | None = None, ahead: timedelta = timedelta(0)) -> Lab:
        """One more instance, which knows nothing but what is stored.

        Args:
            line: Its line.
            ahead: By how much its clock is wrong.
        """
        http_challenge_cache.clear()  # Key Vault's SDK keeps it for the whole process
        own = line or Line()
        self.lines.append(own)

        def under(send: Send) -> Send:
            return own.under(self.effects.under(send))

        clock = WrongClock(self.world.clock, ahead)
        return lab.make(playbooks=self.folder, settings=self.settings, world=self.world, under=under, clock=clock)


@asynccontextmanager
async def staged(name: str, folder: Path) -> AsyncIterator[Stage]:
    """Contoso with the playbook in a folder, and event hubs that serve within the block."""
    clock, lines, stages = Clock(), [Line()], list[Stage]()

    def cuts(moment: Moment) -> bool:
        return lines[-1].amqp(moment) or (bool(stages) and clock.now() < stages[0].away)

    broker = Broker({LETTERS: 1}, now=clock.now, key=KEY, cuts=cuts)
    world = World(clock, tenant=contoso.TENANT)
    async with broker.serve():
        settings = SIGNED_IN | {"RIPOSTE_EVENTHUB": broker.connection_string}
        first = lab.make(playbooks=folder, settings=settings, world=world, fresh=True)
        SCENARIOS[name].arrange(world)
        stages.append(Stage(name, folder, settings, first, Effects(world), broker, lines))
        yield stages[0]


def written(folder: Path, name: str, options: Mapping[str, Any], more: Mapping[str, Any]) -> Path:
    """A folder with one playbook, `only`, that calls one responder.

    Args:
        folder: The folder.
        name: The responder.
        options: What the playbook says of the step, parameters aside.
        more: Other fields of the playbook.
    """
    others = [*more.get("first", {}).get("steps", ()), *more.get("lapsed", ())]
    called = [name, *(next(iter(step)) for step in others)]
    accepted = frozenset[str]().union(*(RESPONDERS[each].target.accepts for each in called))
    content = {
        "name": "only",
        "description": "Is killed on its way.",
        "mode": "act",
        "when": {"source": SOURCES, "entity": sorted(accepted)},
        "then": [call(name, options)],
        "tests": [{"recording": "defender_low_severity", "expect": []}],
        **more,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "only.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def call(name: str, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A step of a playbook that calls a responder as its scenario says."""
    return {name: {**SCENARIOS[name].params, **(options or {})}}


async def asked(made: Lab, *entities: AnyEntity, key: str = "first") -> tuple[int, Any]:
    """Ask for a run of the playbook on entities."""
    body = {"entities": msgspec.to_builtins(entities), "reason": "it is killed on its way"}
    return await made.post("/api/playbooks/only/runs", body, idempotency_key=key, **ANN)


async def swept(made: Lab, times: int = 1) -> None:
    """Sweep, each time when every lease there was has ended."""
    for _ in range(times):
        await asyncio.sleep(LEASE.total_seconds() + 1)
        await made.host.timer("sweep")
