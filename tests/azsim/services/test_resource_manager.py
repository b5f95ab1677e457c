"""Resource Manager's general rules, on a type that has none of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError

from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import ARM, allow, arm, ask, azure, error

THINGS = f"{contoso.SHOP}/providers/Microsoft.Example/things"
THING = f"{THINGS}/one"
NIC = f"{contoso.NETWORK}/networkInterfaces/nic-web-01"
NSG = f"{contoso.NETWORK}/networkSecurityGroups/nsg-new"
BODY = {"location": "westeurope", "tags": {"a": "1"}, "properties": {"size": 1, "inner": {"x": 1, "y": 2}}}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def test_a_request_without_api_version_is_refused(tenant: World) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "POST"):
        answer = await ask(tenant, method, f"{ARM}{THING}", BODY)
        assert error(answer) == (400, "MissingApiVersionParameter")


async def test_a_method_that_there_is_not_is_a_405(tenant: World) -> None:
    for method in ("HEAD", "OPTIONS", "TRACE"):
        assert (await arm(tenant, method, THING)).status == 405
    assert error(await arm(tenant, "PUT", THINGS, BODY)) == (405, "MethodNotAllowed")


async def test_what_is_not_there_is_told_apart(tenant: World) -> None:
    allow(tenant, "*", at="/")
    elsewhere = "/subscriptions/00000000-0000-0000-0000-000000000000"
    assert error(await arm(tenant, "GET", elsewhere)) == (404, "SubscriptionNotFound")
    assert error(await arm(tenant, "GET", f"{elsewhere}/resourceGroups/g/providers/A.B/cs/c")) == (
        404,
        "SubscriptionNotFound",
    )
    no_group = f"{contoso.SUBSCRIPTION}/resourceGroups/rg-none"
    for method, path in (("GET", no_group), ("GET", f"{no_group}/providers/A.B/cs/c")):
        assert error(await arm(tenant, method, path)) == (404, "ResourceGroupNotFound")
    assert error(await arm(tenant, "PUT", f"{no_group}/providers/A.B/cs/c", BODY)) == (404, "ResourceGroupNotFound")
    assert error(await arm(tenant, "GET", f"{no_group}/providers/A.B/cs")) == (404, "ResourceGroupNotFound")
    missing = await arm(tenant, "GET", THING)
    assert error(missing) == (404, "ResourceNotFound")
    assert "'Microsoft.Example/things/one' under resource group 'rg-shop'" in missing.json()["error"]["message"]
    assert error(await arm(tenant, "PATCH", THING, {})) == (404, "ResourceNotFound")


async def test_a_put_creates_and_then_replaces(tenant: World) -> None:
    created = await arm(tenant, "PUT", THING, BODY)
    assert created.status == 201
    replaced = await arm(tenant, "PUT", THING, {"location": "westeurope", "properties": {"size": 2}})
    assert replaced.status == 200
    shown = (await arm(tenant, "GET", THING)).json()
    assert shown == replaced.json()
    assert shown == {
        "id": THING,
        "name": "one",
        "type": "Microsoft.Example/things",
        "location": "westeurope",
        "properties": {"size": 2, "provisioningState": "Succeeded"},
    }


async def test_a_body_cannot_set_what_azure_sets(tenant: World) -> None:
    body = {**BODY, "id": "/x", "name": "y", "type": "z", "etag": "e"}
    body["properties"] = {"size": 1, "provisioningState": "Failed"}
    shown = (await arm(tenant, "PUT", THING, body)).json()
    assert (shown["id"], shown["name"], shown["type"]) == (THING, "one", "Microsoft.Example/things")
    assert "etag" not in shown
    assert shown["properties"] == {"size": 1, "provisioningState": "Succeeded"}


async def test_a_resource_without_properties_is_shown_without(tenant: World) -> None:
    await arm(tenant, "PUT", THING, {"location": "westeurope"})
    assert "properties" not in (await arm(tenant, "GET", THING)).json()


async def test_a_resource_is_found_in_any_spelling_and_keeps_its_first(tenant: World) -> None:
    await arm(tenant, "PUT", THING, BODY)
    assert (await arm(tenant, "PUT", THING.upper(), BODY)).status == 200
    assert (await arm(tenant, "GET", THING.lower())).json()["id"] == THING


async def test_a_resource_does_not_move_to_another_location(tenant: World) -> None:
    await arm(tenant, "PUT", THING, BODY)
    moved = await arm(tenant, "PUT", THING, {**BODY, "location": "northeurope"})
    assert error(moved) == (409, "InvalidResourceLocation")
    assert "'northeurope'" in moved.json()["error"]["message"]
    assert (await arm(tenant, "GET", THING)).json()["location"] == "westeurope"


async def test_a_patch_merges_and_replaces_tags_as_a_whole(tenant: World) -> None:
    await arm(tenant, "PUT", THING, BODY)
    change = {"tags": {"b": "2"}, "properties": {"inner": {"x": None, "z": [3]}, "new": {"k": 1}, "none": None}}
    patched = await arm(tenant, "PATCH", THING, change)
    assert patched.status == 200
    assert patched.json()["tags"] == {"b": "2"}
    assert patched.json()["properties"] == {
        "size": 1,
        "inner": {"y": 2, "z": [3]},
        "new": {"k": 1},
        "provisioningState": "Succeeded",
    }
    assert (await arm(tenant, "PATCH", THING, {"tags": None})).json().keys() & {"tags"} == set()


async def test_a_delete_says_whether_there_was_anything(tenant: World) -> None:
    await arm(tenant, "PUT", THING, BODY)
    assert (await arm(tenant, "DELETE", THING)).status == 200
    assert (await arm(tenant, "DELETE", THING)).status == 204
    assert (await arm(tenant, "GET", THING)).status == 404


async def test_a_collection_lists_its_own_members_only(tenant: World) -> None:
    for path in (THING, f"{THINGS}/two", f"{THINGS}/two/parts/p", THINGS.replace("things", "thingsOther") + "/three"):
        await arm(tenant, "PUT", path, BODY)
    await arm(tenant, "PUT", THING.replace("rg-shop", "rg-riposte"), BODY)

    async def names(path: str) -> list[str]:
        return sorted(found["id"] for found in (await arm(tenant, "GET", path)).json()["value"])

    assert await names(THINGS) == [THING, f"{THINGS}/two"]
    assert await names(f"{THINGS}/two/parts") == [f"{THINGS}/two/parts/p"]
    assert await names(f"{THINGS}/one/parts") == []
    assert await names(f"{contoso.SUBSCRIPTION}/resourceGroups") == [contoso.SECURITY, contoso.SHOP]
    assert await names(f"{contoso.SUBSCRIPTION}/providers/Microsoft.Example/things") == [
        THING.replace("rg-shop", "rg-riposte"),
        THING,
        f"{THINGS}/two",
    ]


@pytest.mark.parametrize(
    ("method", "path", "permission", "scope"),
    [
        ("GET", THING, "Microsoft.Example/things/read", THING),
        ("GET", THINGS, "Microsoft.Example/things/read", contoso.SHOP),
        ("PUT", THING, "Microsoft.Example/things/write", THING),
        ("PATCH", THING, "Microsoft.Example/things/write", THING),
        ("DELETE", THING, "Microsoft.Example/things/delete", THING),
        (
            "POST",
            f"{NIC}/effectiveNetworkSecurityGroups",
            "Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action",
            NIC,
        ),
        ("GET", contoso.SHOP, "Microsoft.Resources/resourceGroups/read", contoso.SHOP),
        ("GET", contoso.SUBSCRIPTION, "Microsoft.Resources/subscriptions/read", contoso.SUBSCRIPTION),
    ],
)
async def test_a_call_without_permission_is_told_which_one_it_lacks(
    world: World, method: str, path: str, permission: str, scope: str
) -> None:
    before = world.snapshot(Arm)
    refused = await arm(world, method, path, BODY)
    assert error(refused) == (403, "AuthorizationFailed")
    identity = contoso.IDENTITY
    assert refused.json()["error"]["message"].startswith(
        f"The client '{identity.client_id}' with object id '{identity.object_id}' does not have authorization to "
        f"perform action '{permission}' over scope '{scope}'"
    )
    assert world.snapshot(Arm) == before

    allow(world, permission, at=scope)
    assert (await arm(world, method, path, BODY)).status != 403
    assert world.calls[-1].permissions[0] == (permission, scope)


async def test_the_sdk_raises_what_azure_answers(tenant: World) -> None:
    network = await azure(tenant).network(contoso.SUBSCRIPTION.rpartition("/")[2])
    with pytest.raises(ResourceNotFoundError) as missing:
        await network.network_interfaces.get("rg-shop", "nic-none")
    assert missing.value.error is not None
    assert missing.value.error.code == "ResourceNotFound"
    nic = await network.network_interfaces.get("rg-shop", "nic-web-01")
    with pytest.raises(HttpResponseError, match="Precondition failed") as changed:
        await network.network_interfaces.begin_create_or_update(
            "rg-shop", "nic-web-01", nic, headers={"If-Match": 'W/"stale"'}
        )
    assert changed.value.status_code == 412
    assert not isinstance(changed.value, ResourceModifiedError)


async def test_the_sdk_lists_a_group_and_a_subscription(tenant: World) -> None:
    network = await azure(tenant).network(contoso.SUBSCRIPTION.rpartition("/")[2])

    async def names(found: AsyncIterator[Any]) -> list[str]:
        return sorted([str(nic.name) async for nic in found])

    nics = ["nic-dc-01", "nic-web-01", "nic-web-01-backend"]
    assert await names(aiter(network.network_interfaces.list("rg-shop"))) == nics
    assert await names(aiter(network.network_interfaces.list("rg-riposte"))) == []
    assert await names(aiter(network.network_interfaces.list_all())) == nics
