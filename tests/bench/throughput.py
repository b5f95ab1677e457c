"""Events per second of the Event Hub function, against a function that only decodes the same batches."""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import time
from typing import List  # noqa: UP035 - the Functions worker does not know list[...]

import azure.functions as func

from azsim.clock import SimulatedLoop
from azsim.functions.host import FunctionsHost
from tests import lab
from tests.bench.measure import Measure

BATCH = 100
BATCHES = 100
SIZE = 3 * 1024
MATCHING = 4  # one in so many


def measure() -> list[Measure]:
    """Both in turn, batch by batch over the same host, so that a slow moment of the machine is one of both."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(_measure())


async def _measure() -> list[Measure]:
    logging.disable(logging.WARNING)
    made = lab.make()
    settings = {"RIPOSTE_ALERTS_HUB": "alerts"}
    floor = FunctionsHost(_decoding(), made.world.clock, made.world.chance, settings=settings)
    for host in (made.host, floor):
        await _rate(host, _batch(0))
    pairs = []
    for number in range(1, BATCHES + 1):
        batch = _batch(number)
        pairs.append((await _rate(made.host, batch), await _rate(floor, batch)))
    logging.disable(logging.NOTSET)
    decided = [row["Decision"] for row in made.records]
    assert decided.count("no_match") == (BATCHES + 1) * BATCH * (MATCHING - 1) // MATCHING
    assert "dry_run" in decided
    value, least = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    return [
        Measure(
            name="events per second, against decoding alone",
            unit="/s",
            value=value,
            floor=least,
            ratio=statistics.median(rate / most for rate, most in pairs),
            wanted="at least 0.5",
        )
    ]


async def _rate(host: FunctionsHost, batch: list[bytes]) -> float:
    begin = time.perf_counter()
    done = await host.event_hub("alerts", batch)
    assert done.error is None
    return len(batch) / (time.perf_counter() - begin)


def _batch(number: int) -> list[bytes]:
    return [_alert(f"{number}-{i}", matching=i % MATCHING == 0) for i in range(BATCH)]


def _alert(name: str, *, matching: bool) -> bytes:
    alert = json.loads(lab.recording("defender_vm_bruteforce"))
    alert |= {"SystemAlertId": f"2518110443559999999_{name}", "Severity": "High" if matching else "Low"}
    body = json.dumps(alert)
    alert["Description"] += "." * (SIZE - len(body))
    return json.dumps(alert).encode()


def _decoding() -> func.FunctionApp:
    app = func.FunctionApp()

    @app.function_name("alerts")
    @app.event_hub_message_trigger(
        arg_name="events",
        event_hub_name="%RIPOSTE_ALERTS_HUB%",
        connection="RIPOSTE_EVENTHUB",
        cardinality=func.Cardinality.MANY,
        data_type=func.DataType.BINARY,
    )
    async def alerts(events: List[func.EventHubEvent]) -> None:  # noqa: UP006
        for event in events:
            json.loads(event.get_body())

    return app
