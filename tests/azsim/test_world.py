"""The tenant and its one entrance."""

from __future__ import annotations

import asyncio

import pytest

from azsim.arm import Arm
from azsim.messages import Request, Unreachable
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World, request_id, service_at
from tests.azsim.caller import allow, arm, make_world


@pytest.mark.parametrize("host", ["example.com", "management.azure.com.example.com", "azure.com", "vault.azure.net"])
async def test_nothing_answers_at_an_unknown_host(world: World, host: str) -> None:
    with pytest.raises(Unreachable, match=f"nothing answers at {host}"):
        await world.send(Request("GET", f"https://{host}/"))
    assert service_at(host) is None
    assert world.calls[-1].status is None


@pytest.mark.parametrize(
    "host",
    [
        "management.azure.com",
        "graph.microsoft.com",
        "kv-any.vault.azure.net",
        "any.table.core.windows.net",
        "any.blob.core.windows.net",
        "dce-any-x1y2.westeurope-1.ingest.monitor.azure.com",
        "localhost",
        "127.0.0.1",
    ],
)
def test_every_service_answers_at_its_host_with_or_without_a_port(host: str) -> None:
    assert service_at(host) is not None
    assert service_at(f"{host}:443") is service_at(host)


async def test_requests_are_numbered_and_remembered(world: World) -> None:
    allow(world, "*/read")
    answer = await arm(world, "GET", contoso.WEB_VM)
    await arm(world, "GET", contoso.DC_VM)
    assert [call.number for call in world.calls] == [0, 1]
    assert answer.headers["x-ms-request-id"] == answer.headers["request-id"] == request_id(world.calls[0])
    assert request_id(world.calls[1]) != request_id(world.calls[0])
    assert world.calls[0].line == f"GET management.azure.com{contoso.WEB_VM}"
    assert world.calls[0].permissions == [("Microsoft.Compute/virtualMachines/read", contoso.WEB_VM)]


async def test_every_request_takes_the_latency() -> None:
    world = make_world(latency=0.4)
    allow(world, "*/read")
    before = world.clock.now()
    for _ in range(5):
        await arm(world, "GET", contoso.WEB_VM)
    assert (world.clock.now() - before).total_seconds() == pytest.approx(2.0)
    assert (world.calls[-1].at - before).total_seconds() == pytest.approx(1.6)


async def test_requests_under_way_at_once_wait_at_the_same_time() -> None:
    world = make_world(latency=1.0)
    allow(world, "*/read")
    before = world.clock.now()
    await asyncio.gather(*(arm(world, "GET", contoso.WEB_VM) for _ in range(10)))
    assert (world.clock.now() - before).total_seconds() == pytest.approx(1.0)


def test_a_part_of_the_state_is_made_when_it_is_first_asked_for() -> None:
    world = World()
    directory = world.state(Directory)
    assert directory.users == {}
    assert world.state(Directory) is directory


def test_worlds_share_nothing() -> None:
    one, other = make_world(), make_world()
    one.state(Directory).users.clear()
    one.state(Arm).resources.clear()
    one.state(Vaults).secrets[contoso.VAULT_HOST].clear()
    assert other.state(Directory).users
    assert other.state(Arm).resources
    assert other.state(Vaults).secrets[contoso.VAULT_HOST]


def test_a_snapshot_is_a_copy_of_the_parts_asked_for(world: World) -> None:
    before = world.snapshot(Directory, Arm)
    assert set(before) == {"Directory", "Arm"}
    world.state(Directory).users[contoso.ADELE]["displayName"] = "Another"
    assert before["Directory"][contoso.ADELE]["displayName"] == "Adele Vance"
    assert world.snapshot(Directory) != {"Directory": before["Directory"]}


def test_a_tenant_has_an_id_if_none_is_given() -> None:
    assert World().tenant == World().tenant
    assert World(tenant="t").tenant == "t"
