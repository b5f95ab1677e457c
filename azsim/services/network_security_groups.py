"""Microsoft.Network: network security groups, what they filter and what is in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azsim import arm
from azsim.arm import Arm, Resource, Rules
from azsim.call import Call
from azsim.problem import bad_request

if TYPE_CHECKING:
    from azsim.world import World

NIC = "Microsoft.Network/networkInterfaces"
NSG = "Microsoft.Network/networkSecurityGroups"
VNET = "Microsoft.Network/virtualNetworks"

_RULE_PROPERTIES = {
    "access", "description", "destinationAddressPrefix", "destinationAddressPrefixes", "destinationPortRange",
    "destinationPortRanges", "direction", "priority", "protocol", "provisioningState", "sourceAddressPrefix",
    "sourceAddressPrefixes", "sourcePortRange", "sourcePortRanges",
}  # fmt: skip

_PROTOCOLS = ("*", "Ah", "Esp", "Icmp", "Tcp", "Udp")


def _check_nsg(call: Call, _old: Resource | None, body: dict[str, Any]) -> None:
    arm.located(body)
    properties = body.setdefault("properties", {})
    for computed in ("defaultSecurityRules", "networkInterfaces", "subnets", "resourceGuid"):
        properties.pop(computed, None)
    arm.only(properties, {"securityRules", "flushConnection", "provisioningState"}, "NetworkSecurityGroup")
    taken: set[tuple[str, int]] = set()
    for rule in properties.setdefault("securityRules", []):
        inner = rule.get("properties") or {}
        arm.only(inner, _RULE_PROPERTIES, "SecurityRule")
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


def applied(nsg: Resource, association: dict[str, Any]) -> dict[str, Any]:
    """The rules of a group in effect, as seen from what it is associated with."""
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
    NSG,
    Rules(
        check=_check_nsg, view=_view_nsg, before_delete=_free_nsg, seconds=2, shows_etag=True, patches_properties=False
    ),
)
