"""Network interfaces and security groups."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.network.models import NetworkSecurityGroup

from azsim import arm as store
from azsim.arm import Arm
from azsim.messages import Response
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, azure, error

SUBSCRIPTION = contoso.SUBSCRIPTION.rpartition("/")[2]
NIC = f"{contoso.NETWORK}/networkInterfaces/nic-web-01"
BACKEND = f"{contoso.NETWORK}/networkInterfaces/nic-web-01-backend"
GROUPS = f"{contoso.NETWORK}/networkSecurityGroups"
VNET = f"{contoso.NETWORK}/virtualNetworks/vnet-shop"
SUBNET = f"{VNET}/subnets/snet-web"
JOINS = {
    "Microsoft.Network/networkSecurityGroups/join/action",
    "Microsoft.Network/virtualNetworks/subnets/join/action",
    "Microsoft.Network/publicIPAddresses/join/action",
    "Microsoft.Network/loadBalancers/backendAddressPools/join/action",
    "Microsoft.Network/loadBalancers/inboundNatRules/join/action",
    "Microsoft.Network/applicationGateways/backendAddressPools/join/action",
    "Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action",
}
RULE = {
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "destinationPortRange": "22",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "access": "Deny",
    "priority": 200,
    "direction": "Inbound",
}


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def shown(world: World, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await arm(world, "GET", path)).json()
    return found


async def put_nic(world: World, change: dict[str, Any], path: str = NIC) -> Response:
    """Write an interface as it is shown, with changed properties."""
    body = await shown(world, path)
    body["properties"] |= change
    return await arm(world, "PUT", path, body)


async def put_group(world: World, *rules: dict[str, Any], name: str = "nsg-new", **other: Any) -> Response:
    named = [{"name": f"rule-{number}", "properties": rule} for number, rule in enumerate(rules)]
    body = {"location": "westeurope", "properties": {"securityRules": named, **other}}
    return await arm(world, "PUT", f"{GROUPS}/{name}", body)


# Interfaces


async def test_the_sdk_puts_another_group_on_an_interface_and_changes_nothing_else(tenant: World) -> None:
    network = await azure(tenant).network(SUBSCRIPTION)
    before = await shown(tenant, NIC)
    nic = await network.network_interfaces.get("rg-shop", "nic-web-01")
    nic.network_security_group = NetworkSecurityGroup({"id": f"{GROUPS}/nsg-subnet"})
    poller = await network.network_interfaces.begin_create_or_update(
        "rg-shop", "nic-web-01", nic, headers={"If-Match": str(nic.etag)}
    )
    written = await poller.result()
    assert written.network_security_group is not None
    assert written.network_security_group.id == f"{GROUPS}/nsg-subnet"
    assert written.etag != before["etag"]
    after = await shown(tenant, NIC)
    before["properties"]["networkSecurityGroup"] = {"id": f"{GROUPS}/nsg-subnet"}
    assert {**after, "etag": ""} == {**before, "etag": ""}


async def test_read_only_properties_survive_a_write_without_them_or_with_others(tenant: World) -> None:
    before = (await shown(tenant, NIC))["properties"]
    assert before["virtualMachine"] == {"id": contoso.WEB_VM}
    body = {"location": "westeurope", "properties": {"ipConfigurations": before["ipConfigurations"]}}
    body["properties"] |= {"primary": False, "virtualMachine": None}
    assert (await arm(tenant, "PUT", NIC, body)).status == 200
    after = (await shown(tenant, NIC))["properties"]
    assert after["virtualMachine"] == {"id": contoso.WEB_VM}
    assert after["primary"] is True
    assert "networkSecurityGroup" not in after
    assert "dnsSettings" not in after


async def test_an_unknown_property_is_refused(tenant: World) -> None:
    refused = await put_nic(tenant, {"networkSecurityGroups": []})
    assert error(refused) == (400, "InvalidRequestFormat")
    assert "'networkSecurityGroups' on object of type 'NetworkInterface'" in refused.json()["error"]["message"]


@pytest.mark.parametrize("configurations", [None, []])
async def test_an_interface_has_an_ip_configuration(tenant: World, configurations: list[Any] | None) -> None:
    refused = await put_nic(tenant, {"ipConfigurations": configurations})
    assert error(refused) == (400, "NetworkInterfaceMustHaveOneIpConfiguration")


async def test_an_interface_and_a_group_have_a_location(tenant: World) -> None:
    body = await shown(tenant, NIC)
    del body["location"]
    for path, content in ((NIC, body), (f"{NIC}-new", body), (f"{GROUPS}/nsg-new", {})):
        assert error(await arm(tenant, "PUT", path, content)) == (400, "LocationRequired")


async def test_a_new_interface_can_be_made(tenant: World) -> None:
    body = await shown(tenant, BACKEND)
    del body["properties"]["virtualMachine"], body["properties"]["primary"]
    assert (await arm(tenant, "PUT", f"{NIC}-new", body)).status == 201


async def test_an_interface_that_another_resource_manages_cannot_be_written(tenant: World) -> None:
    found = tenant.state(Arm).find(NIC)
    assert found is not None
    store.put(tenant, NIC, found.body, hidden={"managed_by": f"{contoso.NETWORK}/privateEndpoints/pe"})
    refused = await put_nic(tenant, {})
    assert error(refused) == (400, "NicManagedByOtherResource")
    assert "privateEndpoints/pe" in refused.json()["error"]["message"]


async def test_a_patch_of_an_interface_takes_tags_only(tenant: World) -> None:
    refused = await arm(tenant, "PATCH", NIC, {"properties": {"networkSecurityGroup": None}})
    assert error(refused) == (400, "InvalidRequestContent")
    network = await azure(tenant).network(SUBSCRIPTION)
    patched = await network.network_interfaces.update_tags("rg-shop", "nic-web-01", {"tags": {"b": "2"}})
    assert patched.tags == {"b": "2"}
    assert patched.network_security_group is not None


async def test_tags_can_be_changed_without_the_permissions_to_join(world: World) -> None:
    allow(world, "Microsoft.Network/networkInterfaces/write")
    assert (await arm(world, "PATCH", NIC, {"tags": {}})).status == 200


async def test_an_interface_of_a_machine_cannot_be_deleted_and_a_free_one_can(tenant: World) -> None:
    refused = await arm(tenant, "DELETE", NIC)
    assert error(refused) == (400, "NicInUse")
    assert contoso.WEB_VM in refused.json()["error"]["message"]
    assert tenant.state(Arm).find(NIC) is not None
    tenant.state(Arm).resources[NIC.lower()].properties.pop("virtualMachine")
    network = await azure(tenant).network(SUBSCRIPTION)
    await (await network.network_interfaces.begin_delete("rg-shop", "nic-web-01")).result()
    assert tenant.state(Arm).find(NIC) is None


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


# Security groups


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
    computed = {
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


# Effective rules


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
