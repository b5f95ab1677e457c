"""A lab with a dead-letter hub that serves, for the tests of what is put back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from azsim.clock import Clock
from azsim.eventhubs import Broker
from shared.engine import outbox
from shared.engine.read import DeadLetter
from shared.engine.redrive.letters import Kept, Look, Wanted, look
from shared.model.dead_letter import Letter
from tests import lab
from tests.engine.cases import delivery
from tests.lab import Lab

HUB = "dead-letters"


def hub() -> Broker:
    return Broker({HUB: 2}, now=Clock().now, key="ZGVtby1rZXk=")


@asynccontextmanager
async def served(broker: Broker, **given: Any) -> AsyncIterator[Lab]:
    """A lab whose dead letters go to this hub."""
    async with broker.serve():
        yield connected(broker, **given)


def connected(broker: Broker, **given: Any) -> Lab:
    """A lab whose dead letters go to a hub that serves."""
    settings = {"RIPOSTE_EVENTHUB": broker.connection_string, **given.pop("settings", {})}
    return lab.make(settings=settings, **given)


def in_hub(broker: Broker) -> list[Letter]:
    """What lies in the hub."""
    return [msgspec.json.decode(event.body, type=Letter) for event in broker.events(HUB)]


async def looked(made: Lab, **wanted: Any) -> Look:
    return await look(Wanted(**wanted), made.app)


async def one(made: Lab, letter_id: str = "") -> Kept:
    """The only letter, or the one with this id; with its body."""
    wanted = Wanted(ids=frozenset({letter_id})) if letter_id else Wanted()
    (found,) = (await look(wanted, made.app, bodies=True)).letters
    return found


async def posted(made: Lab, *bodies: bytes, reason: str = "not JSON", source: str = "") -> list[Letter]:
    """Letters that were just written, each a moment after the one before it."""
    found = []
    for body in bodies:
        found.append(await outbox.letter(DeadLetter(reason, "byte 1", body, source), delivery(made, body), made.app))
        await asyncio.sleep(0.02)
    await outbox.post((), found, made.app)
    return found
