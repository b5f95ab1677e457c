"""The door that a whole program comes through: real host names, TLS, a proxy."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.data.tables.aio import TableClient
from azure.monitor.ingestion.aio import LogsIngestionClient
from azure.storage.blob.aio import BlobClient

from azsim.clock import Clock
from azsim.doors.https import Door, open_door
from azsim.faults import Cut, Hang, Moment, Status
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import Azure, pipeline
from shared.azure.credential import Credential
from shared.model.cloud import CLOUDS
from shared.model.record import STREAM
from shared.wire.azure_core import AzureCoreTransport
from shared.wire.clock import SystemClock
from shared.wire.live import Live
from shared.wire.message import Request, Response, Unanswered, Unreachable
from tests.azsim.caller import API, ARM, allow, allow_data, allow_graph, make_world, token
from tests.azsim.eventhubs.raw_client import until
from tests.lab import SeededChance

pytestmark = pytest.mark.real_time

SECONDS = 60
"""After which a test that waits for something has failed."""


@pytest.fixture
def world() -> World:
    world = make_world(clock=Clock(SystemClock().now()), pace=0.01)
    allow(world, "*")
    allow_data(world, "*")
    allow_graph(world, "User.Read.All")
    return world


@pytest.fixture
async def door(world: World, tmp_path: Path) -> AsyncIterator[Door]:
    before = dict(os.environ)
    async with asyncio.timeout(SECONDS), open_door(world, tmp_path) as door:
        os.environ |= door.environment
        yield door
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
async def live(door: Door) -> AsyncIterator[Live]:
    assert door.proxy.startswith("http://127.0.0.1:")
    live = Live()
    async with asyncio.timeout(SECONDS):
        yield live
    await live.close()


def azure(world: World, live: Live) -> Azure:
    credential = Credential(live.send, world.clock, contoso.IDENTITY.client_id)
    return Azure(live.send, credential, world.clock, SeededChance(world), CLOUDS["AzureCloud"])


async def get(world: World, live: Live, path: str = contoso.WEB_VM, **headers: str) -> Response:
    head = {"authorization": f"Bearer {token(world, ARM)}", **headers}
    return await live.send(Request("GET", f"{ARM}{path}?{API}", head))


async def test_the_sdks_reach_every_service_under_its_real_name(world: World, live: Live) -> None:
    clients = azure(world, live)
    network = await clients.network(contoso.SUBSCRIPTION.rpartition("/")[2])
    nic = await network.network_interfaces.get("rg-shop", "nic-web-01")
    poller = await network.network_interfaces.begin_create_or_update("rg-shop", "nic-web-01", nic)
    assert (await poller.result()).provisioning_state == "Succeeded"
    secrets = await clients.secrets(f"https://{contoso.VAULT_HOST}")
    assert (await secrets.get_secret(contoso.SECRET)).name == contoso.SECRET
    user = await (await clients.graph()).users.by_user_id(contoso.ADELE).get()
    assert user is not None
    options = pipeline(live.send, world.clock)
    account = f"https://{contoso.STORAGE_ACCOUNT}"
    table = TableClient(f"{account}.table.core.windows.net", "riposte", credential=clients.credential, **options)
    await table.create_entity({"PartitionKey": "it's", "RowKey": "ü %"})
    assert (await table.get_entity("it's", "ü %"))["RowKey"] == "ü %"
    assert {call.host for call in world.calls} == {
        "127.0.0.1",
        "management.azure.com",
        contoso.VAULT_HOST,
        "graph.microsoft.com",
        f"{contoso.STORAGE_ACCOUNT}.table.core.windows.net",
    }


async def test_a_compressed_body_arrives_unpacked(world: World, live: Live) -> None:
    clients = azure(world, live)
    options = pipeline(live.send, world.clock)
    rows = [{"TimeGenerated": "2026-03-02T09:00:00Z", "Reason": "x" * 1000}] * 20
    client = LogsIngestionClient(f"https://{contoso.LOGS_HOST}", clients.credential, **options)
    await client.upload(contoso.RULE_ID, STREAM, rows)
    assert [table for table in world.state(Logs).tables.values() if table] == [rows]


async def test_a_large_body_passes_both_ways_and_its_size_is_told(world: World, live: Live) -> None:
    clients = azure(world, live)
    blob = BlobClient(
        f"https://{contoso.STORAGE_ACCOUNT}.blob.core.windows.net",
        contoso.CONTAINER,
        "large",
        credential=clients.credential,
        transport=AzureCoreTransport(live.send, world.clock),
        retry_total=0,
    )
    content = bytes(range(256)) * 8000
    await blob.upload_blob(content)
    assert (await blob.get_blob_properties()).size == len(content)
    url = f"https://{contoso.STORAGE_ACCOUNT}.blob.core.windows.net/{contoso.CONTAINER}/large"
    head = {"authorization": f"Bearer {token(world, 'https://storage.azure.com')}"}
    assert (await live.send(Request("GET", url, head))).body == content


async def test_status_headers_and_body_pass_unchanged(world: World, live: Live) -> None:
    world.faults.on("GET", "vm-web", Status(429, "TooManyRequests", "Slöw down.", retry_after=3))
    refused = await get(world, live, **{"If-Match": 'W/"x"', "x-own": "a, b"})
    assert refused.status == 429
    assert refused.headers["retry-after"] == "3"
    assert json.loads(refused.body)["error"]["message"] == "Slöw down."
    call = world.calls[-1]
    assert (call.method, call.path, call.query) == ("GET", contoso.WEB_VM, dict([API.split("=")]))
    assert (call.headers["if-match"], call.headers["x-own"]) == ('W/"x"', "a, b")


async def test_a_path_arrives_as_it_was_encoded(world: World, live: Live) -> None:
    world.faults.always("*", "", Status(418))
    await live.send(Request("GET", "https://graph.microsoft.com/v1.0/users/a%2Fb%20%25?x=%2B+%26"))
    assert world.calls[-1].path == "/v1.0/users/a/b %"
    assert world.calls[-1].query == {"x": "+ &"}


async def test_many_requests_at_once_are_answered(world: World, live: Live) -> None:
    answers = await asyncio.gather(*(get(world, live) for _ in range(60)))
    assert [answer.status for answer in answers] == [200] * 60


# Identity


async def test_the_identity_endpoint_answers_over_plain_http(world: World, door: Door, live: Live) -> None:
    url = (
        f"{door.environment['IDENTITY_ENDPOINT']}?resource=https%3A%2F%2Fvault.azure.net&api-version=2019-08-01"
        f"&client_id={contoso.IDENTITY.client_id}"
    )
    answer = await live.send(Request("GET", url, {"X-IDENTITY-HEADER": door.environment["IDENTITY_HEADER"]}))
    assert answer.status == 200
    assert contoso.IDENTITY.client_id.encode() in answer.body
    assert (await live.send(Request("GET", url, {"X-Empty": ""}))).status == 401
    assert world.calls[-1].headers["x-empty"] == ""


async def test_the_identity_endpoint_can_be_cut_off_too(world: World, live: Live) -> None:
    world.faults.always("GET", "/msi/token", Cut("after"))
    with pytest.raises(ServiceResponseError):
        await azure(world, live).credential.get_token("https://vault.azure.net/.default")


# What goes wrong


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_cut_connection_is_an_error_and_no_hang(world: World, live: Live, moment: Moment) -> None:
    world.faults.on("GET", "vm-web", Cut(moment))
    with pytest.raises(Unanswered):
        await get(world, live)
    assert (await get(world, live)).status == 200


async def test_a_host_that_no_service_has_is_an_error(live: Live) -> None:
    with pytest.raises(Unanswered):
        await live.send(Request("GET", "https://example.com/"))


async def test_the_door_closes_though_a_request_hangs(world: World, tmp_path: Path) -> None:
    world.faults.on("GET", "vm-web", Hang())
    others = asyncio.all_tasks()
    async with asyncio.timeout(SECONDS):
        async with open_door(world, tmp_path) as door:
            os.environ |= door.environment
            live = Live()
            hanging = asyncio.create_task(get(world, live))
            await until(lambda: world.calls)
            assert not hanging.done()
        with pytest.raises(Unanswered):
            await hanging
        await live.close()
        await until(lambda: asyncio.all_tasks() == others)


async def test_a_client_that_gives_up_takes_its_request_along(world: World, live: Live) -> None:
    world.faults.on("GET", "vm-web", Hang())
    others = len(asyncio.all_tasks())
    hanging = asyncio.create_task(get(world, live))
    await until(lambda: world.calls)
    hanging.cancel()
    await asyncio.wait([hanging])
    await until(lambda: len(asyncio.all_tasks()) == others)


@pytest.mark.parametrize("said", [b"", b"CONNECT management.azure.com:443 HTTP/1.1\r\n", b"\x16\x03\x01"])
async def test_a_client_that_goes_away_at_once_does_no_harm(world: World, door: Door, live: Live, said: bytes) -> None:
    host, _, port = door.proxy.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(said)
    writer.close()
    await writer.wait_closed()
    assert (await get(world, live)).status == 200


# Certificates


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


# Its end


async def test_a_closed_door_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    others = asyncio.all_tasks()
    live = Live()
    async with asyncio.timeout(SECONDS):
        async with open_door(world, tmp_path) as door:
            os.environ |= door.environment
            assert (await get(world, live)).status == 200
        with pytest.raises((Unanswered, Unreachable)):
            await get(world, live)
        await live.close()
        await until(lambda: asyncio.all_tasks() == others)


async def test_two_doors_can_be_open_at_once(world: World, tmp_path: Path) -> None:
    async with asyncio.timeout(SECONDS), open_door(world, tmp_path) as one, open_door(world, tmp_path) as other:
        assert one.proxy != other.proxy
