"""The network of Contoso: what stands in it, and writes to it by hand."""

from __future__ import annotations

from typing import Any

from azsim.messages import Response
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import arm

SUBSCRIPTION = contoso.SUBSCRIPTION.rpartition("/")[2]
NIC = f"{contoso.NETWORK}/networkInterfaces/nic-web-01"
BACKEND = f"{contoso.NETWORK}/networkInterfaces/nic-web-01-backend"
GROUPS = f"{contoso.NETWORK}/networkSecurityGroups"
VNET = f"{contoso.NETWORK}/virtualNetworks/vnet-shop"
SUBNET = f"{VNET}/subnets/snet-web"
RULE: dict[str, Any] = {
    "protocol": "Tcp",
    "sourcePortRange": "*",
    "destinationPortRange": "22",
    "sourceAddressPrefix": "*",
    "destinationAddressPrefix": "*",
    "access": "Deny",
    "priority": 200,
    "direction": "Inbound",
}


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
