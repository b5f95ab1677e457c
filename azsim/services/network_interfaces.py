"""Microsoft.Network: network interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from azsim import arm, resource_id
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request
from azsim.services.network_security_groups import NIC, NSG, applied
from azsim.services.resource_manager import accepted

_NIC_PROPERTIES = {
    "auxiliaryMode", "auxiliarySku", "defaultOutboundConnectivityEnabled", "disableTcpStateTracking", "dnsSettings", "dscpConfiguration",
    "enableAcceleratedNetworking", "enableIPForwarding", "hostedWorkloads", "ipConfigurations", "macAddress",
    "networkSecurityGroup", "nicType", "primary", "privateEndpoint", "privateLinkService", "provisioningState",
    "resourceGuid", "tapConfigurations", "virtualMachine", "vnetEncryptionSupported", "workloadType",
}  # fmt: skip
_NIC_READ_ONLY = (
    "defaultOutboundConnectivityEnabled", "dscpConfiguration", "hostedWorkloads", "macAddress", "primary",
    "privateEndpoint", "resourceGuid", "tapConfigurations", "virtualMachine", "vnetEncryptionSupported",
)  # fmt: skip


def _check_nic(call: Call, old: Resource | None, body: dict[str, Any]) -> None:
    properties: dict[str, Any] = body.get("properties") or {}
    arm.only(properties, _NIC_PROPERTIES, "NetworkInterface")
    if not properties.get("ipConfigurations"):
        raise bad_request("NetworkInterfaceMustHaveOneIpConfiguration", f"NIC {call.path} has no IP configuration.")
    if old is not None and old.hidden.get("managed_by"):
        raise bad_request(
            "NicManagedByOtherResource", f"Network interface {old.id} is managed by {old.hidden['managed_by']}."
        )
    links = list(_links(properties))
    arm.require_linked(call, f"{NIC}/write", call.path, links)
    arm.located(body)
    for _, target in links:
        _refer(call, target, body["location"])
    if old is not None:  # what the caller cannot set stays as it is
        for key in _NIC_READ_ONLY:
            if key in old.properties:
                properties[key] = old.properties[key]


def _links(properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything a NIC's body refers to, with the permission that the reference takes."""
    group = properties.get("networkSecurityGroup")
    if group:
        yield f"{NSG}/join/action", group["id"]
    for configuration in properties["ipConfigurations"]:
        inner = configuration.get("properties") or {}
        if inner.get("subnet"):
            yield "Microsoft.Network/virtualNetworks/subnets/join/action", inner["subnet"]["id"]
        if inner.get("publicIPAddress"):
            yield "Microsoft.Network/publicIPAddresses/join/action", inner["publicIPAddress"]["id"]
        for key, join in (
            ("loadBalancerBackendAddressPools", "loadBalancers/backendAddressPools/join/action"),
            ("loadBalancerInboundNatRules", "loadBalancers/inboundNatRules/join/action"),
            ("applicationGatewayBackendAddressPools", "applicationGateways/backendAddressPools/join/action"),
            ("applicationSecurityGroups", "applicationSecurityGroups/joinIpConfiguration/action"),
        ):
            for member in inner.get(key) or []:
                yield f"Microsoft.Network/{join}", member["id"]


def _refer(call: Call, target: str, location: str) -> None:
    found = _with(call.world.state(Arm), target)
    same = found is not None and found.body.get("location") == location
    if not same or resource_id.subscription_of(target).lower() != resource_id.subscription_of(call.path).lower():
        raise bad_request(
            "InvalidResourceReference",
            f"Resource {target} referenced by resource {call.path} was not found. Please make sure that the referenced "
            "resource exists, and that both resources are in the same region.",
        )


def _with(known: Arm, target: str) -> Resource | None:
    """The resource with this id, or the one that holds it, such as the network of a subnet."""
    at = resource_id.parse(target)
    if at.type.count("/") == 1:
        return known.find(target)
    holder = known.find(at.scope)
    parts = {} if holder is None else {key.lower(): value for key, value in holder.properties.items()}
    names = [part["name"].lower() for part in parts.get(at.type.rpartition("/")[2].lower(), [])]
    return holder if at.name.lower() in names else None


def _free_nic(_: Call, nic: Resource) -> None:
    machine = nic.properties.get("virtualMachine")
    if machine:
        raise bad_request(
            "NicInUse",
            f"Network Interface {nic.id} is used by existing resource {machine['id']}. In order to delete the network "
            "interface, it must be dissociated from the resource.",
        )


def _effective(call: Call, nic: Resource) -> Response:
    """What filters the interface's traffic: its own group and its subnet's.

    https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/list-effective-network-security-groups
    """
    known = call.world.state(Arm)
    machine = known.find((nic.properties.get("virtualMachine") or {}).get("id", "-"))
    if machine is None or machine.hidden.get("power", "running") != "running":
        raise Problem(
            400,
            "NicMustBeAttachedToRunningVmToGetEffectiveSecurityGroups",
            "A network interface must be attached to a running virtual machine to get effective security groups. The "
            f"network interface {nic.id} is not attached to a running virtual machine.",
        )
    found: list[dict[str, Any]] = []
    own = known.find((nic.properties.get("networkSecurityGroup") or {}).get("id", "-"))
    if own is not None:
        found.append(applied(own, {"networkInterface": {"id": nic.id}}))
    subnet_id = nic.properties["ipConfigurations"][0]["properties"]["subnet"]["id"]
    network = known.find(resource_id.parse(subnet_id).scope)
    for subnet in network.properties.get("subnets", []) if network else []:
        group = known.find((subnet["properties"].get("networkSecurityGroup") or {}).get("id", "-"))
        if group is not None and subnet["name"].lower() == subnet_id.rpartition("/")[2].lower():
            found.append(applied(group, {"subnet": {"id": subnet_id}}))
    return accepted(call, 3, json_response({"value": found}))


arm.define(
    NIC,
    Rules(
        check=_check_nic,
        before_delete=_free_nic,
        actions={"effectiveNetworkSecurityGroups": _effective},
        seconds=4,
        shows_etag=True,
        patches_properties=False,
    ),
)
