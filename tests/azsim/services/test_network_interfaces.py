"""Network interfaces: what is written, what stays and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from azure.mgmt.network.models import NetworkSecurityGroup

from azsim import arm as store
from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, arm, azure, error
from tests.azsim.services.networks import (
    BACKEND,
    GROUPS,
    NIC,
    SUBSCRIPTION,
    put_nic,
    shown,
)


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


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
    properties = {"ipConfigurations": before["ipConfigurations"], "primary": False, "virtualMachine": None}
    body = {"location": "westeurope", "properties": properties}
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
