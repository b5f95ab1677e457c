"""Writes and actions of Resource Manager that take their time."""

from __future__ import annotations

import pytest

from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import API, ARM, allow, arm, ask, azure, error, make_world

THINGS = f"{contoso.SHOP}/providers/Microsoft.Example/things"
THING = f"{THINGS}/one"
NIC = f"{contoso.NETWORK}/networkInterfaces/nic-web-01"
NSG = f"{contoso.NETWORK}/networkSecurityGroups/nsg-new"
BODY = {"location": "westeurope", "tags": {"a": "1"}, "properties": {"size": 1, "inner": {"x": 1, "y": 2}}}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def test_a_resource_that_is_being_written_refuses_other_writes(tenant: World) -> None:
    created = await arm(tenant, "PUT", NSG, {"location": "westeurope"})
    assert created.json()["properties"]["provisioningState"] == "Updating"
    for method, body in (("PUT", {"location": "westeurope"}), ("PATCH", {}), ("DELETE", None)):
        busy = await arm(tenant, method, NSG, body)
        assert error(busy) == (429, "RetryableErrorDueToAnotherOperation")
        assert busy.headers["retry-after"] == "2"
    await tenant.clock.sleep(2)
    assert (await arm(tenant, "GET", NSG)).json()["properties"]["provisioningState"] == "Succeeded"
    assert (await arm(tenant, "DELETE", NSG)).status == 200


async def test_in_a_world_without_a_pace_a_write_is_done_with_its_first_answer(tenant: World) -> None:
    tenant.pace = 0

    created = await arm(tenant, "PUT", NSG, {"location": "westeurope"})

    assert (created.status, created.json()["properties"]["provisioningState"]) == (201, "Succeeded")
    assert "azure-asyncoperation" not in created.headers
    assert (await arm(tenant, "DELETE", NSG)).status == 200


async def test_a_long_write_is_followed_by_its_operation(tenant: World) -> None:
    created = await arm(tenant, "PUT", NSG, {"location": "westeurope"})
    operation = created.headers["azure-asyncoperation"]
    assert operation.startswith(f"{ARM}{contoso.SUBSCRIPTION}/providers/Microsoft.Network/locations/")
    under_way = await ask(tenant, "GET", operation)
    assert under_way.json() == {"status": "InProgress"}
    assert under_way.headers["retry-after"] == created.headers["retry-after"] == "2"
    await tenant.clock.sleep(2)
    done = await ask(tenant, "GET", operation)
    assert done.json() == {"status": "Succeeded"}
    assert "retry-after" not in done.headers


async def test_an_operation_that_there_is_not_is_a_404(tenant: World) -> None:
    places = f"{ARM}{contoso.SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope"
    for kind in ("operations", "operationResults"):
        assert error(await ask(tenant, "GET", f"{places}/{kind}/none?{API}")) == (404, "OperationNotFound")


@pytest.mark.parametrize(("pace", "seconds"), [(1.0, 4), (5.0, 20), (0.0, 0)])
async def test_the_sdks_poller_waits_as_long_as_the_worlds_pace_says(pace: float, seconds: int) -> None:
    tenant = make_world(pace=pace)
    allow(tenant, "*")
    network = await azure(tenant).network(contoso.SUBSCRIPTION.rpartition("/")[2])
    nic = await network.network_interfaces.get("rg-shop", "nic-web-01")
    begin = tenant.clock.now()
    poller = await network.network_interfaces.begin_create_or_update("rg-shop", "nic-web-01", nic)
    written = await poller.result()
    assert (tenant.clock.now() - begin).total_seconds() == seconds
    assert written.provisioning_state == "Succeeded"
    assert poller.status() == "Succeeded"


async def test_an_actions_result_waits_at_its_location(tenant: World) -> None:
    begun = await arm(tenant, "POST", f"{NIC}/effectiveNetworkSecurityGroups")
    assert begun.status == 202
    place = begun.headers["location"]
    waiting = await ask(tenant, "GET", place)
    assert (waiting.status, waiting.headers["location"]) == (202, place)
    assert waiting.headers["retry-after"] == "2"
    await tenant.clock.sleep(3)
    assert (await ask(tenant, "GET", place)).status == 200


async def test_an_action_is_known_in_any_spelling_and_needs_its_resource(tenant: World) -> None:
    assert (await arm(tenant, "POST", f"{NIC}/EFFECTIVEnetworksecuritygroups")).status == 202
    unknown = await arm(tenant, "POST", f"{NIC}/explode")
    assert error(unknown) == (404, "NotFound")
    assert error(await arm(tenant, "POST", f"{NIC}2/effectiveNetworkSecurityGroups")) == (404, "ResourceNotFound")
