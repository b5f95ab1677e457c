"""Management locks: who inherits them, what they keep from being done."""

from __future__ import annotations

import pytest

from azsim import arm as store
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import ARM, allow, arm, ask, error
from tests.azsim.services.networks import NIC, shown

LOCKS = "providers/Microsoft.Authorization/locks"
READ = "Microsoft.Authorization/locks/read"
SCOPES = {"above": contoso.SUBSCRIPTION, "group": contoso.SHOP, "at": contoso.VAULT, "below": f"{contoso.VAULT}/secrets/s",
          "other": contoso.SECURITY}  # fmt: skip


def lock(world: World, scope: str, level: str = "CanNotDelete", name: str = "keep") -> None:
    store.put(world, f"{scope}/{LOCKS}/{name}", {"properties": {"level": level}})


async def listed(world: World, scope: str, query: str = "") -> set[str]:
    answer = await ask(world, "GET", f"{ARM}{scope}/{LOCKS}?api-version=2016-09-01{query}")
    assert answer.status == 200, answer.json()
    return {item["name"] for item in answer.json()["value"]}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    for name, scope in SCOPES.items():
        lock(world, scope, name=name)
    return world


@pytest.mark.parametrize(
    ("scope", "query", "found"),
    [
        (contoso.VAULT, "", {"above", "group", "at", "below"}),
        (contoso.VAULT.upper().replace("/SUBSCRIPTIONS", "/subscriptions"), "", {"above", "group", "at", "below"}),
        (contoso.VAULT, "&$filter=atScope()", {"above", "group", "at"}),
        (f"{contoso.VAULT}2", "", {"above", "group"}),
        (contoso.SECURITY, "", {"above", "other"}),
        (contoso.SUBSCRIPTION, "", set(SCOPES)),
        (contoso.SUBSCRIPTION, "&$filter=atScope()", {"above"}),
    ],
)
async def test_those_at_above_and_below_are_listed(tenant: World, scope: str, query: str, found: set[str]) -> None:
    assert await listed(tenant, scope, query) == found


async def test_it_takes_the_permission_to_read_them(world: World) -> None:
    refused = await arm(world, "GET", f"{NIC}/{LOCKS}")
    assert error(refused) == (403, "AuthorizationFailed")
    assert f"'{READ}'" in refused.json()["error"]["message"]
    allow(world, READ)
    assert await listed(world, NIC) == set()


@pytest.mark.parametrize("scope", [NIC, contoso.SHOP, contoso.SUBSCRIPTION])
async def test_what_is_read_only_cannot_be_written_or_deleted_and_takes_no_post(world: World, scope: str) -> None:
    allow(world, "*")
    body = await shown(world, NIC)
    lock(world, scope, "ReadOnly")

    for method, path in (
        ("PUT", NIC),
        ("PATCH", NIC),
        ("DELETE", NIC),
        ("POST", f"{NIC}/effectiveNetworkSecurityGroups"),
    ):
        refused = await arm(world, method, path, body)
        assert error(refused) == (409, "ScopeLocked"), method
        assert f"are locked: '{scope}'." in refused.json()["error"]["message"]
    assert (await arm(world, "GET", NIC)).status == 200


async def test_what_cannot_be_deleted_can_be_written(world: World) -> None:
    allow(world, "*")
    lock(world, contoso.SHOP)

    assert (await arm(world, "PUT", NIC, await shown(world, NIC))).status == 200
    refused = await arm(world, "DELETE", NIC)
    assert error(refused) == (409, "ScopeLocked")
    assert "cannot perform delete operation" in refused.json()["error"]["message"]


async def test_a_lock_is_taken_off_and_put_on_in_spite_of_locks(world: World) -> None:
    allow(world, "*")
    lock(world, contoso.SHOP, "ReadOnly")
    body = {"properties": {"level": "CanNotDelete", "notes": "ours"}}

    assert (await arm(world, "PUT", f"{NIC}/{LOCKS}/more", body)).status == 201
    for scope, name in ((NIC, "more"), (contoso.SHOP, "keep")):
        assert (await arm(world, "DELETE", f"{scope}/{LOCKS}/{name}")).status == 200
    assert (await arm(world, "PUT", NIC, await shown(world, NIC))).status == 200


@pytest.mark.parametrize("properties", [{}, {"level": "Never"}, {"level": "ReadOnly", "who": "me"}])
async def test_a_lock_without_a_level_or_with_more_is_refused(world: World, properties: dict[str, str]) -> None:
    allow(world, "*")
    assert (await arm(world, "PUT", f"{NIC}/{LOCKS}/keep", {"properties": properties})).status == 400


async def test_no_other_filter_is_known(tenant: World) -> None:
    answer = await ask(tenant, "GET", f"{ARM}{NIC}/{LOCKS}?api-version=2016-09-01&$filter=level eq 'ReadOnly'")
    assert error(answer) == (400, "UnsupportedQuery")
