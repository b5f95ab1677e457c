"""Microsoft.Network: network interfaces and network security groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from azsim import arm, resource_id
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem, bad_request
from azsim.services.resource_manager import accepted

if TYPE_CHECKING:
    from azsim.world import World

NIC = "Microsoft.Network/networkInterfaces"
NSG = "Microsoft.Network/networkSecurityGroups"
VNET = "Microsoft.Network/virtualNetworks"

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
_RULE_PROPERTIES = {
    "access", "description", "destinationAddressPrefix", "destinationAddressPrefixes", "destinationPortRange",
    "destinationPortRanges", "direction", "priority", "protocol", "provisioningState", "sourceAddressPrefix",
    "sourceAddressPrefixes", "sourcePortRange", "sourcePortRanges",
}  # fmt: skip

_PROTOCOLS = ("*", "Ah", "Esp", "Icmp", "Tcp", "Udp")


def _check_nic(call: Call, old: Resource | None, body: dict[str, Any]) -> None:
    properties: dict[str, Any] = body.get("properties") or {}
    _known(properties, _NIC_PROPERTIES, "NetworkInterface")
    if not properties.get("ipConfigurations"):
        raise bad_request("NetworkInterfaceMustHaveOneIpConfiguration", f"NIC {call.path} has no IP configuration.")
    if old is not None and old.hidden.get("managed_by"):
        raise bad_request(
            "NicManagedByOtherResource", f"Network interface {old.id} is managed by {old.hidden['managed_by']}."
        )
    links = list(_links(properties))
    arm.require_linked(call, f"{NIC}/write", call.path, links)
    _located(body)
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


def _located(body: dict[str, Any]) -> None:
    if not body.get("location"):
        raise bad_request("LocationRequired", "The location property is required for this definition.")


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


def _known(properties: dict[str, Any], known: set[str], model: str) -> None:
    unknown = sorted(set(properties) - known)
    if unknown:
        raise bad_request(
            "InvalidRequestFormat",
            f"Could not find member '{unknown[0]}' on object of type '{model}'. Path 'properties.{unknown[0]}'.",
        )


def _check_nsg(call: Call, _old: Resource | None, body: dict[str, Any]) -> None:
    _located(body)
    properties = body.setdefault("properties", {})
    for computed in ("defaultSecurityRules", "networkInterfaces", "subnets", "resourceGuid"):
        properties.pop(computed, None)
    _known(properties, {"securityRules", "flushConnection", "provisioningState"}, "NetworkSecurityGroup")
    taken: set[tuple[str, int]] = set()
    for rule in properties.setdefault("securityRules", []):
        inner = rule.get("properties") or {}
        _known(inner, _RULE_PROPERTIES, "SecurityRule")
        if inner.get("access") not in ("Allow", "Deny") or inner.get("direction") not in ("Inbound", "Outbound"):
            raise bad_request("SecurityRuleInvalidAccessOrDirection", f"Security rule {rule.get('name')} is not valid.")
        if inner.get("protocol") not in _PROTOCOLS:
            raise bad_request("SecurityRuleInvalidProtocol", f"Security rule {rule.get('name')} has no valid protocol.")
        priority = inner.get("priority")
        if not isinstance(priority, int) or not 100 <= priority <= 4096:
            raise bad_request(
                "SecurityRuleInvalidPriority",
                f"Security rule {rule.get('name')} has an invalid priority in {call.path}.",
            )
        place = (inner["direction"], priority)
        if place in taken:
            raise bad_request("SecurityRuleConflict", f"Security rules conflict at priority {place[1]} {place[0]}.")
        taken.add(place)


def _default_rules(nsg: Resource) -> list[dict[str, Any]]:
    def rule(name: str, priority: int, direction: str, access: str, source: str, to: str) -> dict[str, Any]:
        return {
            "id": f"{nsg.id}/defaultSecurityRules/{name}",
            "name": name,
            "type": f"{NSG}/defaultSecurityRules",
            "properties": {
                "provisioningState": "Succeeded", "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*",
                "sourceAddressPrefix": source, "destinationAddressPrefix": to, "access": access, "priority": priority,
                "direction": direction,
            },
        }  # fmt: skip

    return [
        rule("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
        rule("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
        rule("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
        rule("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
        rule("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
        rule("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
    ]


def _members(world: World, nsg: Resource) -> dict[str, list[str]]:
    """Whose traffic the group filters: ids of interfaces and subnets."""

    def filters(properties: dict[str, Any]) -> bool:
        group = properties.get("networkSecurityGroup") or {}
        return str(group.get("id", "")).lower() == nsg.id.lower()

    known = world.state(Arm)
    networks = [(network, network.properties.get("subnets", [])) for network in known.of_type(VNET)]
    return {
        "networkInterfaces": [nic.id for nic in known.of_type(NIC) if filters(nic.properties)],
        "subnets": [
            f"{network.id}/subnets/{subnet['name']}"
            for network, subnets in networks
            for subnet in subnets
            if filters(subnet["properties"])
        ],
    }


def _view_nsg(world: World, nsg: Resource) -> dict[str, Any]:
    members = {kind: [{"id": one} for one in ids] for kind, ids in _members(world, nsg).items() if ids}
    return {"defaultSecurityRules": _default_rules(nsg), **members}


def _free_nsg(call: Call, nsg: Resource) -> None:
    members = [one for ids in _members(call.world, nsg).values() for one in ids]
    if members:
        raise bad_request(
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {nsg.id} cannot be deleted because it is in use by the following resources: "
            f"{', '.join(members)}.",
        )


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
        found.append(_applied(own, {"networkInterface": {"id": nic.id}}))
    subnet_id = nic.properties["ipConfigurations"][0]["properties"]["subnet"]["id"]
    network = known.find(resource_id.parse(subnet_id).scope)
    for subnet in network.properties.get("subnets", []) if network else []:
        group = known.find((subnet["properties"].get("networkSecurityGroup") or {}).get("id", "-"))
        if group is not None and subnet["name"].lower() == subnet_id.rpartition("/")[2].lower():
            found.append(_applied(group, {"subnet": {"id": subnet_id}}))
    return accepted(call, 3, json_response({"value": found}))


def _applied(nsg: Resource, association: dict[str, Any]) -> dict[str, Any]:
    rules = [("securityRules", rule) for rule in nsg.properties.get("securityRules", [])]
    rules += [("defaultSecurityRules", rule) for rule in _default_rules(nsg)]
    return {
        "networkSecurityGroup": {"id": nsg.id},
        "association": association,
        "effectiveSecurityRules": [
            {
                "name": f"{kind}/{rule['name']}",
                **{
                    key: "All" if key == "protocol" and value == "*" else value
                    for key, value in rule["properties"].items()
                    if key
                    in (
                        "protocol",
                        "access",
                        "priority",
                        "direction",
                        "sourceAddressPrefix",
                        "destinationAddressPrefix",
                    )
                },
                "sourcePortRange": "0-65535",
                "destinationPortRange": "0-65535",
            }
            for kind, rule in rules
        ],
    }


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
arm.define(
    NSG,
    Rules(
        check=_check_nsg, view=_view_nsg, before_delete=_free_nsg, seconds=2, shows_etag=True, patches_properties=False
    ),
)
