"""What is delivered: recordings of real deliveries, by the two ways that events come in."""

from __future__ import annotations

import asyncio
import json

from azsim.functions.host import FunctionsHost
from shared.model.ids import content_digest
from tests import lab
from tests.demo.story import say

BATCH = ["defender_vm_bruteforce", "graph_alert_token_theft", "defender_low_severity", "defender_protected_vm"]
BROKEN = b'{"records": [{"time": "2026-03-02T09:00:00Z", '
EVENT = "keyvault_secret_near_expiry"


async def deliver(host: FunctionsHost) -> list[str]:
    """A batch from the event hub, with one body that breaks off, and an event from Event Grid; the order of them all."""
    bodies = [*(lab.recording(name) for name in BATCH), BROKEN]
    say(f"The event hub delivers a batch of {len(bodies)} to the function `alerts`:")
    say(f"  {', '.join(BATCH[:2])},")
    say(f"  {', '.join(BATCH[2:])}, and a body that breaks off in the middle.")
    say(f"Event Grid delivers one event to the function `events`: {EVENT}.")
    say("(They are files in tests/recordings. What follows is told from the audit records alone.)")
    event = json.loads(lab.recording(EVENT))[0]
    for done in await asyncio.gather(host.event_hub("alerts", bodies), host.event_grid("events", event)):
        if done.error is not None:
            raise done.error
    return [content_digest(body) for body in bodies]


async def again(host: FunctionsHost, name: str) -> None:
    """One more delivery from the event hub."""
    done = await host.event_hub("alerts", [lab.recording(name)])
    if done.error is not None:
        raise done.error
