"""The rules in effect on an interface."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, azure, error
from tests.azsim.services.networks import (
    GROUPS,
    NIC,
    SUBNET,
    SUBSCRIPTION,
    VNET,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def effective(world: World, nic: str = "nic-web-01") -> list[Any]:
    network = await azure(world).network(SUBSCRIPTION)
    begun = await network.network_interfaces.begin_list_effective_network_security_groups("rg-shop", nic)
    return list((await begun.result()).value or [])


def ids(groups: list[Any]) -> list[str]:
    return [group.network_security_group.id for group in groups]


async def test_an_interface_is_filtered_by_its_own_group_and_its_subnets(tenant: World) -> None:
    begin = tenant.clock.now()
    own, subnet = await effective(tenant)
    assert (tenant.clock.now() - begin).total_seconds() >= 3
    assert ids([own, subnet]) == [f"{GROUPS}/nsg-web", f"{GROUPS}/nsg-subnet"]
    assert own.association.network_interface.id == NIC
    assert subnet.association.subnet.id == SUBNET
    first = own.effective_security_rules[0]
    assert (first.name, first.priority, first.protocol, first.access, first.direction) == (
        "securityRules/allow-https",
        100,
        "Tcp",
        "Allow",
        "Inbound",
    )
    assert [rule.name for rule in subnet.effective_security_rules][:1] == ["defaultSecurityRules/AllowVnetInBound"]
    assert {rule.protocol for rule in subnet.effective_security_rules} == {"All"}


async def test_without_a_group_of_its_own_the_subnets_group_alone_filters(tenant: World) -> None:
    assert ids(await effective(tenant, "nic-web-01-backend")) == [f"{GROUPS}/nsg-subnet"]


async def test_only_the_interfaces_own_subnet_counts(tenant: World) -> None:
    network = tenant.state(Arm).find(VNET)
    assert network is not None
    subnets = network.properties["subnets"]
    subnets.append({"name": "other", "properties": {"networkSecurityGroup": {"id": f"{GROUPS}/nsg-web"}}})
    assert ids(await effective(tenant, "nic-web-01-backend")) == [f"{GROUPS}/nsg-subnet"]
    subnets[0]["properties"].pop("networkSecurityGroup")
    assert ids(await effective(tenant, "nic-web-01-backend")) == []
    del tenant.state(Arm).resources[VNET.lower()]
    assert ids(await effective(tenant)) == [f"{GROUPS}/nsg-web"]


async def test_the_effective_rules_of_a_machine_that_does_not_run_cannot_be_read(tenant: World) -> None:
    machine = tenant.state(Arm).find(contoso.WEB_VM)
    assert machine is not None
    machine.hidden["power"] = "deallocated"
    with pytest.raises(HttpResponseError) as caught:
        await effective(tenant)
    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "NicMustBeAttachedToRunningVmToGetEffectiveSecurityGroups"


async def test_the_effective_rules_of_an_interface_without_a_machine_cannot_be_read(tenant: World) -> None:
    tenant.state(Arm).resources[NIC.lower()].properties.pop("virtualMachine")
    refused = await arm(tenant, "POST", f"{NIC}/effectiveNetworkSecurityGroups")
    assert error(refused) == (400, "NicMustBeAttachedToRunningVmToGetEffectiveSecurityGroups")
