"""Who trusts the door, and who comes through it."""

from __future__ import annotations

import asyncio
import os
import ssl
from typing import Any

import pytest

from azsim.doors.https import Door
from azsim.tenants import contoso
from azsim.world import World
from shared.wire.live import Live
from shared.wire.message import Unreachable
from tests.azsim.doors.caller import get

pytestmark = pytest.mark.real_time


async def certificate(door: Door, name: str, context: ssl.SSLContext) -> Any:
    """What a client that asks the proxy for a name is shown."""
    host, _, port = door.proxy.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"CONNECT {name}:443 HTTP/1.1\r\nHost: {name}:443\r\n\r\n".encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"
    try:
        await writer.start_tls(context, server_hostname=name)
        return writer.get_extra_info("peercert")
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_every_name_has_a_certificate_of_its_own(door: Door) -> None:
    trusting = ssl.create_default_context(cafile=str(door.authority))
    for name in ("management.azure.com", contoso.VAULT_HOST, "management.azure.com"):
        shown = await certificate(door, name, trusting)
        assert shown["subjectAltName"] == (("DNS", name),)


async def test_who_does_not_know_the_authority_does_not_trust_the_door(world: World, door: Door) -> None:
    del os.environ["SSL_CERT_FILE"]
    with pytest.raises(ssl.SSLCertVerificationError):
        await certificate(door, "management.azure.com", ssl.create_default_context())
    suspicious = Live()
    with pytest.raises(Unreachable):
        await get(world, suspicious)
    await suspicious.close()
    assert world.calls == []


async def test_without_the_proxy_nothing_is_reached(world: World, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(door.environment) == {
        "HTTPS_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
    }
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    live = Live()
    with pytest.raises(Unreachable):
        await get(world, live)
    await live.close()
