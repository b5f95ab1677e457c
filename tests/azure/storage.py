"""Two storage accounts to hold one contract against: azsim's, and Azurite's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from azsim import call, clock, messages
from azsim.entities import Rows, Tables
from azsim.faults import Status
from azsim.problem import Problem
from azsim.services.blobs import Blobs
from azsim.services.tables import envelope
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from shared.azure.credential import Credential
from shared.azure.dead_letters import DeadLetters
from shared.azure.ledger import Ledger
from shared.azure.table import Table
from shared.wire.live import Live
from shared.wire.message import Request, Response, Send, Unanswered, Unreachable
from tests.azure.azurite import Azurite
from tests.lab import ENGINE, STREAM_DECLARED, SeededChance, door, grant

_NUMBERS = itertools.count(1)


class Jumping(clock.Clock):
    """Time that waiting moves on at once, in any event loop."""

    async def sleep(self, seconds: float) -> None:
        self._start += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@dataclass
class Storage:
    """A storage account with an identity that may do what Riposte asks of it, and nothing else.

    Args:
        world: Its identity, time and chance; with azsim, all of it. Its faults and calls are the account's.
        send: The way to it.
        tables: The table endpoint.
        blobs: The blob endpoint.
    """

    world: World
    send: Send
    tables: str
    blobs: str
    credential: Credential = field(init=False)
    chance: SeededChance = field(init=False)

    def __post_init__(self) -> None:
        self.chance = SeededChance(self.world)
        self.credential = Credential(self.send, self.world.clock, contoso.IDENTITY.client_id)

    async def new_table(self) -> str:
        """Make a table that nobody else uses; its name."""
        name = f"contract{next(_NUMBERS)}"
        await self._create_table(name)
        return name

    def table(self, name: str, wrap: Callable[[Send], Send] = lambda send: send) -> Table:
        """A writer of a table."""
        return Table(wrap(self.send), self.credential, self.world.clock, self.chance, self.tables, name)

    def ledger(self, name: str) -> Ledger:
        """A ledger in a table, as one instance has it."""
        return Ledger(self.table(name), self.world.clock)

    async def new_dead_letters(self) -> DeadLetters:
        """Dead letters with a container that nobody else uses."""
        name = f"contract{next(_NUMBERS)}"
        await self._create_container(name)
        return self.dead_letters(name)

    def dead_letters(self, container: str) -> DeadLetters:
        """Dead letters with a container."""
        where: Any = {"blobs": self.blobs, "container": container, "connection": "", "hub": ""}
        return DeadLetters(self.send, self.credential, self.world.clock, **where)

    async def _create_table(self, name: str) -> None:
        self.world.state(Tables).tables[contoso.STORAGE_ACCOUNT, name] = Rows()

    async def _create_container(self, name: str) -> None:
        self.world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, name] = {}


class _OnAzurite(Storage):
    async def _create_table(self, name: str) -> None:
        from azure.data.tables.aio import TableServiceClient

        options = pipeline(self.send, self.world.clock)
        await TableServiceClient(self.tables, credential=self.credential, **options).create_table(name)

    async def _create_container(self, name: str) -> None:
        from azure.storage.blob.aio import BlobServiceClient

        options = pipeline(self.send, self.world.clock)
        await BlobServiceClient(self.blobs, self.credential, **options).create_container(name)


def _contoso() -> World:
    # Azurite checks the time that is in a token against the machine's.
    world = World(clock=Jumping(datetime.now(UTC)), tenant=contoso.TENANT)  # noqa: TID251
    contoso.build(world, STREAM_DECLARED)
    grant(world, ENGINE)
    return world


def on_azsim() -> Storage:
    """An account in azsim."""
    world, account = _contoso(), contoso.STORAGE_ACCOUNT
    return Storage(
        world, door(world), f"https://{account}.table.core.windows.net", f"https://{account}.blob.core.windows.net"
    )


@asynccontextmanager
async def on_azurite(azurite: Azurite) -> AsyncIterator[Storage]:
    """The account in Azurite; tokens are azsim's, which Azurite takes."""
    world, live = _contoso(), Live()
    identity = door(world)

    async def send(request: Request) -> Response:
        if request.url.startswith("http://localhost"):
            return await identity(request)
        answer = await _faulty(world, request, live.send)
        kept = {name: value for name, value in answer.headers.items() if name != "date"}  # waiting takes no time here
        return Response(answer.status, kept, answer.body)

    try:
        yield _OnAzurite(world, send, azurite.tables, azurite.blobs)
    finally:
        await live.close()


async def _faulty(world: World, request: Request, send: Callable[[Request], Awaitable[Response]]) -> Response:
    """Send a request with what the world's script of faults has for it, as azsim does with its own."""
    asked = messages.Request(request.method, request.url, request.headers, request.body)
    made = call.parse(world, asked, len(world.calls))
    world.calls.append(made)
    effect = world.faults.take(made)
    if isinstance(effect, Status):
        head = {} if effect.retry_after is None else {"retry-after": f"{effect.retry_after:g}"}
        told = envelope(Problem(effect.status, effect.code, effect.message, head))
        return Response(told.status, told.headers, told.body)
    if effect is not None and effect.moment == "before":
        raise Unreachable("connection refused")
    answer = await send(request)
    made.status = answer.status
    if effect is not None:
        raise Unanswered("connection reset")
    return answer
