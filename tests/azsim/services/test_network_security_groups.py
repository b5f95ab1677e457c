"""Security groups: their rules, whom they filter, their end."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.network.models import NetworkSecurityGroup

from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, azure, error
from tests.azsim.services.networks import (
    GROUPS,
    NIC,
    RULE,
    SUBNET,
    SUBSCRIPTION,
    put_group,
    shown,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def test_a_group_shows_its_default_rules_and_who_it_filters(tenant: World) -> None:
    network = await azure(tenant).network(SUBSCRIPTION)
    web = await network.network_security_groups.get("rg-shop", "nsg-web")
    rules = [(rule.name, rule.priority, rule.direction, rule.access) for rule in web.default_security_rules or []]
    assert rules == [
        ("AllowVnetInBound", 65000, "Inbound", "Allow"),
        ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow"),
        ("DenyAllInBound", 65500, "Inbound", "Deny"),
        ("AllowVnetOutBound", 65000, "Outbound", "Allow"),
        ("AllowInternetOutBound", 65001, "Outbound", "Allow"),
        ("DenyAllOutBound", 65500, "Outbound", "Deny"),
    ]
    assert sorted(str(nic.id) for nic in web.network_interfaces or []) == [
        f"{contoso.NETWORK}/networkInterfaces/nic-dc-01",
        NIC,
    ]
    assert web.subnets is None
    subnet = await network.network_security_groups.get("rg-shop", "nsg-subnet")
    assert [str(one.id) for one in subnet.subnets or []] == [SUBNET]
    assert subnet.network_interfaces is None


async def test_a_group_is_made_by_the_sdk_and_takes_its_time(tenant: World) -> None:
    network = await azure(tenant).network(SUBSCRIPTION)
    wanted = NetworkSecurityGroup(
        {"location": "westeurope", "properties": {"securityRules": [{"name": "deny-ssh", "properties": RULE}]}}
    )
    begin = tenant.clock.now()
    made = await (await network.network_security_groups.begin_create_or_update("rg-shop", "nsg-new", wanted)).result()
    assert (tenant.clock.now() - begin).total_seconds() == 2
    assert [(rule.name, rule.priority) for rule in made.security_rules or []] == [("deny-ssh", 200)]
    assert made.network_interfaces is None


async def test_what_azure_computes_is_not_kept_from_a_body(tenant: World) -> None:
    computed: dict[str, Any] = {
        "defaultSecurityRules": [],
        "networkInterfaces": [{"id": "x"}],
        "subnets": [{"id": "y"}],
        "resourceGuid": "z",
    }
    assert (await put_group(tenant, **computed)).status == 201
    properties = (await shown(tenant, f"{GROUPS}/nsg-new"))["properties"]
    assert len(properties["defaultSecurityRules"]) == 6
    assert not {"networkInterfaces", "subnets", "resourceGuid"} & set(properties)


async def test_an_unknown_property_of_a_group_is_refused(tenant: World) -> None:
    assert error(await put_group(tenant, rules=[])) == (400, "InvalidRequestFormat")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"access": "Block"}, "SecurityRuleInvalidAccessOrDirection"),
        ({"access": None}, "SecurityRuleInvalidAccessOrDirection"),
        ({"direction": "inbound"}, "SecurityRuleInvalidAccessOrDirection"),
        ({"protocol": "HTTP"}, "SecurityRuleInvalidProtocol"),
        ({"protocol": None}, "SecurityRuleInvalidProtocol"),
        ({"priority": 99}, "SecurityRuleInvalidPriority"),
        ({"priority": 4097}, "SecurityRuleInvalidPriority"),
        ({"priority": None}, "SecurityRuleInvalidPriority"),
        ({"priority": "100"}, "SecurityRuleInvalidPriority"),
        ({"port": "22"}, "InvalidRequestFormat"),
    ],
)
async def test_a_rule_that_is_not_valid_is_refused(tenant: World, change: dict[str, Any], code: str) -> None:
    assert error(await put_group(tenant, RULE | change)) == (400, code)
    assert tenant.state(Arm).find(f"{GROUPS}/nsg-new") is None


async def test_a_rule_without_properties_is_refused(tenant: World) -> None:
    body = {"location": "westeurope", "properties": {"securityRules": [{"name": "empty"}]}}
    refused = await arm(tenant, "PUT", f"{GROUPS}/nsg-new", body)
    assert error(refused) == (400, "SecurityRuleInvalidAccessOrDirection")


@pytest.mark.parametrize("priority", [100, 4096])
async def test_the_outermost_priorities_are_valid(tenant: World, priority: int) -> None:
    assert (await put_group(tenant, RULE | {"priority": priority})).status == 201


async def test_two_rules_of_a_direction_have_different_priorities(tenant: World) -> None:
    outbound = RULE | {"direction": "Outbound"}
    assert error(await put_group(tenant, RULE, outbound, RULE)) == (400, "SecurityRuleConflict")
    assert (await put_group(tenant, RULE, outbound, RULE | {"priority": 201})).status == 201


async def test_a_group_in_use_cannot_be_deleted(tenant: World) -> None:
    network = await azure(tenant).network(SUBSCRIPTION)
    with pytest.raises(HttpResponseError) as caught:
        await network.network_security_groups.begin_delete("rg-shop", "nsg-web")
    assert caught.value.error is not None
    assert caught.value.error.code == "InUseNetworkSecurityGroupCannotBeDeleted"
    assert NIC in str(caught.value.message)
    by_subnet = await arm(tenant, "DELETE", f"{GROUPS}/nsg-subnet")
    assert error(by_subnet) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    assert SUBNET in by_subnet.json()["error"]["message"]


async def test_a_free_group_can_be_deleted(tenant: World) -> None:
    await put_group(tenant)
    await tenant.clock.sleep(2)
    network = await azure(tenant).network(SUBSCRIPTION)
    await (await network.network_security_groups.begin_delete("rg-shop", "nsg-new")).result()
    assert tenant.state(Arm).find(f"{GROUPS}/nsg-new") is None
