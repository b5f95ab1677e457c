"""What an interface refers to: it must be there, and the caller may join it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from azsim import arm as store
from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, error
from tests.azsim.services.networks import (
    GROUPS,
    NIC,
    SUBNET,
    VNET,
    put_nic,
    shown,
)

JOINS = {
    "Microsoft.Network/networkSecurityGroups/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/publicIPAddresses/join/action",
    "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
    "Microsoft.Network/loadBalancers/inboundNatRules/join/action",
    "Microsoft.Network/applicationGateways/backendAddressPools/join/action",
    "Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action",
}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


@pytest.mark.parametrize("missing", sorted(JOINS))
async def test_a_write_needs_the_permission_to_join_everything_it_refers_to(world: World, missing: str) -> None:
    allow(world, "*/read", "Microsoft.Network/networkInterfaces/write", *(JOINS - {missing}))
    before = world.snapshot(Arm)
    refused = await put_nic(world, {})
    assert error(refused) == (403, "LinkedAuthorizationFailed")
    message = refused.json()["error"]["message"]
    assert f"has permission to perform action 'Microsoft.Network/networkInterfaces/write' on scope '{NIC}'" in message
    assert f"does not have permission to perform action(s) '{missing}' on the linked scope(s)" in message
    assert contoso.IDENTITY.object_id in message
    assert world.snapshot(Arm) == before

    allow(world, missing)
    assert (await put_nic(world, {})).status == 200
    assert {permission for permission, _ in world.calls[-1].permissions} == {
        "Microsoft.Network/networkInterfaces/write",
        *JOINS,
    }


async def test_all_missing_permissions_and_scopes_are_named(world: World) -> None:
    allow(world, "*/read", "Microsoft.Network/networkInterfaces/write")
    message = (await put_nic(world, {})).json()["error"]["message"]
    assert ", ".join(sorted(JOINS)) in message
    for target in (f"{GROUPS}/nsg-web", SUBNET, f"{contoso.NETWORK}/publicIPAddresses/pip-web-01"):
        assert target in message


async def test_who_may_not_join_is_not_told_whether_it_is_there(world: World) -> None:
    allow(world, "*/read", "Microsoft.Network/networkInterfaces/write")
    refused = await put_nic(world, {"networkSecurityGroup": {"id": f"{GROUPS}/nsg-none"}})
    assert error(refused) == (403, "LinkedAuthorizationFailed")


async def test_what_is_referred_to_is_there_in_the_same_region_and_subscription(tenant: World) -> None:
    elsewhere = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g"
    foreign = f"{elsewhere}/providers/Microsoft.Network/networkSecurityGroups/nsg"
    store.put(tenant, f"{GROUPS}/nsg-north", {"location": "northeurope", "properties": {}})
    store.put(tenant, foreign, {"location": "westeurope", "properties": {}})
    allow(tenant, "*", at="/")
    for target in (f"{GROUPS}/nsg-none", f"{GROUPS}/nsg-north", foreign):
        refused = await put_nic(tenant, {"networkSecurityGroup": {"id": target}})
        assert error(refused) == (400, "InvalidResourceReference")
        assert f"Resource {target} referenced by resource {NIC} was not found" in refused.json()["error"]["message"]
    assert (await put_nic(tenant, {"networkSecurityGroup": {"id": f"{GROUPS}/NSG-Subnet"}})).status == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("subnet", {"id": f"{VNET}/subnets/snet-none"}),
        ("subnet", {"id": f"{contoso.NETWORK}/virtualNetworks/vnet-none/subnets/snet-web"}),
        ("publicIPAddress", {"id": f"{contoso.NETWORK}/publicIPAddresses/pip-none"}),
        (
            "loadBalancerBackendAddressPools",
            [{"id": f"{contoso.NETWORK}/loadBalancers/lb-web/backendAddressPools/none"}],
        ),
        ("applicationSecurityGroups", [{"id": f"{contoso.NETWORK}/applicationSecurityGroups/asg-none"}]),
    ],
)
async def test_an_ip_configuration_refers_to_what_is_there(tenant: World, key: str, value: Any) -> None:
    configurations = copy.deepcopy((await shown(tenant, NIC))["properties"]["ipConfigurations"])
    configurations[0]["properties"][key] = value
    refused = await put_nic(tenant, {"ipConfigurations": configurations})
    assert error(refused) == (400, "InvalidResourceReference")
