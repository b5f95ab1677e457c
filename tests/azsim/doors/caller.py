"""Requests through the door."""

from __future__ import annotations

from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure
from shared.azure.credential import Credential
from shared.model.cloud import CLOUDS
from shared.wire.live import Live
from shared.wire.message import Request, Response
from tests.azsim.caller import API, ARM, token
from tests.lab import SeededChance

SECONDS = 60
"""After which a test that waits for something has failed."""


def azure(world: World, live: Live) -> Azure:
    credential = Credential(live.send, world.clock, contoso.IDENTITY.client_id)
    return Azure(live.send, credential, world.clock, SeededChance(world), CLOUDS["AzureCloud"])


async def get(world: World, live: Live, path: str = contoso.WEB_VM, **headers: str) -> Response:
    head = {"authorization": f"Bearer {token(world, ARM)}", **headers}
    return await live.send(Request("GET", f"{ARM}{path}?{API}", head))
