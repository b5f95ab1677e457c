"""An app that works for hours of simulated time, as fast as this machine can."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from azsim.clock import Clock, SimulatedLoop
from azsim.functions.host import FunctionsHost
from azsim.tenants import contoso
from azsim.world import World
from function_app import create
from shared.engine.app import App
from tests import lab
from tests.chaos.processes import targets
from tests.chaos.soak.hub import Hub, hub
from tests.chaos.soak.meter import Meter, Sample
from tests.chaos.soak.traffic import RATE, STOLEN, WATCHED, Sent, traffic

PARTITIONS, BATCH = 4, 64
LATENCY = 0.02
"""Seconds that a request to Azure takes."""

BUDGETS = "*=2000/1h"
"""Beyond what is acted on, so that what is spent is kept, and nothing is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done.

    Args:
        minutes: For how long, in simulated time.
        every: Minutes between two samples.
        rate: Events a second.
        retention: How long the ledger remembers; may be shorter than the setting allows, so that it is over soon.
        expires: How long a machine is cut off.
        grace: How long the old version of a secret stays.
    """

    minutes: int = 60
    every: int = 5
    rate: float = RATE
    retention: timedelta = timedelta(minutes=10)
    expires: str = "10m"
    grace: str = "5m"


def soak(plan: Plan, tell: Callable[[Sample], None]) -> tuple[Meter, Hub]:
    """Have an app work; what was measured, and its dead-letter hub.

    Args:
        plan: What it does.
        tell: Is told each sample.
    """
    before = dict(os.environ)
    os.environ |= lab.IDENTITY
    logging.disable(logging.WARNING)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            hub() as letters,
            asyncio.Runner(loop_factory=lambda: SimulatedLoop(sockets=True)) as runner,
        ):
            meter = runner.run(_soak(plan, tell, Path(folder), letters))
    finally:
        logging.disable(logging.NOTSET)
        os.environ.clear()
        os.environ.update(before)
    return meter, letters


async def _soak(plan: Plan, tell: Callable[[Sample], None], folder: Path, letters: Hub) -> Meter:
    world = World(Clock(), tenant=contoso.TENANT, latency=LATENCY, pace=0)
    contoso.build(world, lab.STREAM_DECLARED)
    targets.build(world)
    settings = {"RIPOSTE_EVENTHUB": letters.connection_string, "RIPOSTE_BUDGETS": BUDGETS}
    made = lab.make(playbooks=_playbooks(folder, plan), settings=settings, world=world)
    lab.grant(world, [*lab.ENGINE, *lab.all_permissions(made.app.responders.values())])
    app = dataclasses.replace(made.app, settings=dataclasses.replace(made.app.settings, retention=plan.retention))

    async def start() -> App:
        return app

    host = FunctionsHost(create(start), world.clock, world.chance, settings={"RIPOSTE_ALERTS_HUB": "alerts"})
    meter = Meter(dataclasses.replace(made, app=app, host=host))
    events = traffic(world)
    async with asyncio.TaskGroup() as tasks:
        for number in range(PARTITIONS):
            tasks.create_task(_partition(number, plan, events, meter))
        tasks.create_task(_tick(plan, meter, tell))
    return meter


async def _partition(number: int, plan: Plan, events: Iterator[Sent], meter: Meter) -> None:
    """Deliver batch after batch, the next one when the last one is handled and enough has come together."""
    loop = asyncio.get_running_loop()
    begin, pause = loop.time(), PARTITIONS * BATCH / plan.rate
    due = begin + pause * (1 + number / PARTITIONS)
    while due < begin + plan.minutes * 60:
        await asyncio.sleep(due - loop.time())
        sent = list(islice(events, BATCH))
        meter.delivers([one.target for one in sent], len(sent))
        done = await meter.lab.host.event_hub("alerts", [one.body for one in sent], str(number))
        if done.error is not None:
            raise done.error
        due += pause


async def _tick(plan: Plan, meter: Meter, tell: Callable[[Sample], None]) -> None:
    """Let the timers tick, and measure."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for minute in range(1, plan.minutes + 1):
        await asyncio.sleep(begin + minute * 60 - loop.time())
        for timer in ("sweep", *(("reconcile",) if minute % 5 == 0 else ())):
            done = await meter.lab.host.timer(timer)
            if done.error is not None:
                raise done.error
        meter.empty()
        if minute % plan.every == 0:
            tell(meter.sample(minute))


def _playbooks(folder: Path, plan: Plan) -> Path:
    """Playbooks that act on machines, people and secrets, and one that says what it would do."""
    machines, people = ["defender_for_cloud", "sentinel_incident"], ["defender_for_cloud"]
    isolate: dict[str, Any] = {"network.isolate_nic": {"expires": plan.expires}}
    rotate: dict[str, Any] = {"keyvault.rotate_secret": {"grace": plan.grace}}
    for name, mode, when, step in (
        ("cut_off", "act", {"source": machines, "severity": ">= high", "entity": "virtual_machine"}, isolate),
        ("sign_out", "act", {"source": people, "kind": STOLEN, "entity": "account"}, "entra.revoke_user_sessions"),
        ("renew", "act", {"source": "key_vault", "entity": "secret"}, rotate),
        ("watch", "dry_run", {"source": people, "kind": WATCHED, "entity": "virtual_machine"}, isolate),
    ):
        content = {
            "name": name,
            "description": "For hours on end.",
            "mode": mode,
            "when": when,
            "then": [step if isinstance(step, dict) else {step: None}],
            "tests": [{"recording": "defender_low_severity", "expect": []}],
        }
        folder.joinpath(f"{name}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder
