"""The door that a whole program comes through: real host names, TLS, a proxy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.data.tables.aio import TableClient
from azure.monitor.ingestion.aio import LogsIngestionClient
from azure.storage.blob.aio import BlobClient

from azsim.doors.https import Door
from azsim.faults import Cut, Status
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.clients import pipeline
from shared.model.record import STREAM
from shared.wire.azure_core import AzureCoreTransport
from shared.wire.live import Live
from shared.wire.message import Request
from tests.azsim.caller import API, token
from tests.azsim.doors.caller import azure, get

pytestmark = pytest.mark.real_time


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
    rows: list[MutableMapping[str, Any]] = [{"TimeGenerated": "2026-03-02T09:00:00Z", "Reason": "x" * 1000}] * 20
    client = LogsIngestionClient(f"https://{contoso.LOGS_HOST}", clients.credential, **options)
    await client.upload(contoso.RULE_ID, STREAM, rows)
    assert list(world.state(Logs).snapshot().values()) == [rows]


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
