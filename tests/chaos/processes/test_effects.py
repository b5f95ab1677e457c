"""What counts as an effect, and as one too many."""

from __future__ import annotations

import json
from typing import Any

import pytest

from azsim.messages import Request
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import API, ARM, allow, allow_data, allow_graph, make_world, token
from tests.chaos.processes import targets
from tests.chaos.processes.effects import QUARANTINED, REPEATED, RETIRED, REVOKED, ROTATED, doubled, effects, missing

NIC = f"{contoso.NETWORK}/networkInterfaces/nic-shop-000"
PERSON = targets.TARGETS[targets.MACHINES].name
SECRET = targets.TARGETS[-1].name
VAULT = f"https://{contoso.VAULT_HOST}/secrets/{SECRET}"


@pytest.fixture
def world() -> World:
    world = make_world(pace=0)
    targets.build(world)
    allow(world, "*")
    allow_data(world, "*")
    allow_graph(world, "User.RevokeSessions.All")
    return world


async def send(world: World, method: str, url: str, body: Any = None, audience: str = ARM) -> Any:
    head = {"authorization": f"Bearer {token(world, audience)}", "content-type": "application/json"}
    answer = await world.send(Request(method, url, head, b"" if body is None else json.dumps(body).encode()))
    assert answer.status < 300, answer.body
    return json.loads(answer.body or b"null")


async def group_on_nic(world: World, name: str) -> None:
    nic = await send(world, "GET", f"{ARM}{NIC}?{API}")
    nic["properties"]["networkSecurityGroup"] = {"id": f"{contoso.NETWORK}/networkSecurityGroups/{name}"}
    await send(world, "PUT", f"{ARM}{NIC}?{API}", nic)


async def quarantine(world: World) -> None:
    rules = {"location": contoso.LOCATION, "properties": {"securityRules": []}}
    path = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-{contoso.LOCATION}"
    await send(world, "PUT", f"{ARM}{path}?{API}", rules)
    await group_on_nic(world, f"nsg-riposte-quarantine-{contoso.LOCATION}")


async def test_a_group_put_on_twice_is_one_effect_and_put_on_again_after_another_is_two(world: World) -> None:
    await quarantine(world)
    await group_on_nic(world, f"nsg-riposte-quarantine-{contoso.LOCATION}")
    assert effects(world)[QUARANTINED, "nic-shop-000"] == 1
    assert effects(world)[REPEATED, "nic-shop-000"] == 1
    assert doubled(effects(world)) == []
    await group_on_nic(world, "nsg-web")
    await group_on_nic(world, f"nsg-riposte-quarantine-{contoso.LOCATION}")
    assert doubled(effects(world)) == [
        "not asked for: interface given another group: nic-shop-000",
        "2 times: interface put into quarantine: nic-shop-000",
    ]


async def test_every_revocation_is_an_effect(world: World) -> None:
    for _ in range(2):
        url = f"https://graph.microsoft.com/v1.0/users/{PERSON}/revokeSignInSessions"
        await send(world, "POST", url, audience="https://graph.microsoft.com")
    assert doubled(effects(world)) == [f"2 times: {REVOKED}: {PERSON}"]


async def test_every_new_version_is_an_effect_and_a_version_disabled_again_is_none(world: World) -> None:
    vault = "https://vault.azure.net"
    for value in ("a", "b"):
        await send(world, "PUT", f"{VAULT}?api-version=7.4", {"value": value}, vault)
    old = world.state(Vaults).versions(contoso.VAULT_HOST, SECRET)[1].id
    for _ in range(2):
        await send(world, "PATCH", f"{VAULT}/{old}?api-version=7.4", {"attributes": {"enabled": False}}, vault)
    assert doubled(effects(world)) == [f"2 times: {ROTATED}: {SECRET}"]
    assert effects(world)[RETIRED, SECRET] == 1
    await send(world, "PATCH", f"{VAULT}/{old}?api-version=7.4", {"attributes": {"enabled": True}}, vault)
    assert f"not asked for: version of a secret changed: {SECRET}" in doubled(effects(world))


async def test_a_write_that_nobody_asked_for_is_told(world: World) -> None:
    path = f"{contoso.NETWORK}/networkSecurityGroups/nsg-other"
    await send(world, "PUT", f"{ARM}{path}?{API}", {"location": contoso.LOCATION, "properties": {}})
    await send(world, "DELETE", f"{ARM}{path}?{API}")
    assert doubled(effects(world)) == [
        f"not asked for: another write: DELETE management.azure.com{path}",
        "not asked for: quarantine group made: nsg-other",
    ]


async def test_what_did_not_happen_is_missing(world: World) -> None:
    before = len(missing(effects(world)))
    assert before == 1 + targets.MACHINES + targets.PEOPLE + 2 * targets.SECRETS
    await quarantine(world)
    assert len(missing(effects(world))) == before - 2
