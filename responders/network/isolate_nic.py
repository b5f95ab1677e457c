"""Cut a network interface off: swap its network security group for one that denies everything.

Network interfaces - Create Or Update:
https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/create-or-update
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from msgspec import Meta, Struct

from shared.azure.clients import Azure
from shared.azure.targets.network_interface import NETWORK_INTERFACE, NetworkInterface
from shared.kinds.responder import Facts, Params, Seen, Setting
from shared.model.errors import Refused, Uncertain, Unverified
from shared.model.permission import arm, linked

if TYPE_CHECKING:
    from azure.core.polling import AsyncLROPoller
    from azure.mgmt.network.models import EffectiveNetworkSecurityGroup, NetworkSecurityGroup

_FACTS = Facts(
    permissions=(
        arm("Microsoft.Network/networkInterfaces/read"),
        arm("Microsoft.Network/networkInterfaces/write"),
        arm("Microsoft.Network/networkInterfaces/effectiveNetworkSecurityGroups/action", reads=True),
        arm("Microsoft.Network/networkSecurityGroups/read"),
        arm("Microsoft.Network/networkSecurityGroups/write"),
        # Azure asks for these because a NIC is written whole: for the quarantine group, for the group that is put
        # back, and for everything else the interface already refers to.
        linked("Microsoft.Network/networkSecurityGroups/join/action"),
        linked("Microsoft.Network/virtualNetworks/subnets/join/action"),
        linked("Microsoft.Network/publicIPAddresses/join/action"),
        linked("Microsoft.Network/loadBalancers/backendAddressPools/join/action"),
        linked("Microsoft.Network/loadBalancers/inboundNatRules/join/action"),
        linked("Microsoft.Network/applicationGateways/backendAddressPools/join/action"),
        linked("Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action"),
    ),
    attack=("M1030", "M1037"),
    d3fend=("D3-NI", "D3-ITF", "D3-OTF"),
    mcsb=("IR-6", "NS-1"),
    impact="high",
    limits=(
        "Connections that are open go on: a security group is stateful. Stop the machine to end them.",
        "Azure Virtual Network Manager rules of the kind AlwaysAllow win over any security group.",
        (
            "The platform's own addresses (168.63.129.16, 169.254.169.254) are not filtered: the machine still gets "
            "tokens of its managed identity."
        ),
    ),
    leaves="The quarantine security group, empty and tagged `riposte: quarantine`.",
)

_EVERYTHING = frozenset({"*", "All", "0-65535", "0.0.0.0/0"})


class IsolateNicParams(Params, frozen=True, kw_only=True):
    """What a playbook may set."""

    quarantine_group: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,50}$",
            description="Name of the security group that denies everything; the region is appended. It is made in "
            "the interface's resource group if it is not there.",
        ),
    ] = "nsg-riposte-quarantine"


class IsolateNicState(Struct, frozen=True):
    """The resource id of the interface's own security group; None without one."""

    network_security_group: str | None


async def read(nic: NetworkInterface, _: IsolateNicParams, azure: Azure) -> Seen[IsolateNicState]:
    """The security group that is on the interface now."""
    network = await azure.network(nic.subscription)
    body = await network.network_interfaces.get(nic.resource_group, nic.name)
    group = body.network_security_group
    return Seen(IsolateNicState(str(group.id) if group and group.id else None), body)


def change(nic: NetworkInterface, params: IsolateNicParams, _: IsolateNicState) -> IsolateNicState:
    """The quarantine group of the interface's region."""
    return IsolateNicState(
        f"/subscriptions/{nic.subscription}/resourceGroups/{nic.resource_group}/providers/Microsoft.Network"
        f"/networkSecurityGroups/{_group_name(nic, params)}"
    )


async def write(
    nic: NetworkInterface, params: IsolateNicParams, seen: Seen[IsolateNicState], wanted: IsolateNicState, azure: Azure
) -> None:
    """Put a security group on the interface, or none, and leave everything else as it was seen.

    Raises:
        Refused: If the group is not there any more, or is not one to use.
    """
    network = await azure.network(nic.subscription)
    if wanted == change(nic, params, wanted):
        await _ensure_quarantine_group(nic, params, azure)
    body = seen.body
    body.network_security_group = {"id": wanted.network_security_group} if wanted.network_security_group else None
    unchanged = {"If-Match": str(body.etag)}
    try:
        poller = await network.network_interfaces.begin_create_or_update(
            nic.resource_group, nic.name, body, headers=unchanged
        )
    except HttpResponseError as error:
        group = wanted.network_security_group or "-"
        if _code(error) == "InvalidResourceReference" and group.lower() in error.message.lower():
            raise Refused(f"security group {group} is not there any more: {nic.name} is left as it is") from error
        raise
    await _ended(poller, nic.name)


def same(one: IsolateNicState, other: IsolateNicState) -> bool:
    """Azure spells resource ids as it likes."""
    return (one.network_security_group or "").lower() == (other.network_security_group or "").lower()


async def verify(nic: NetworkInterface, _: IsolateNicParams, wanted: IsolateNicState, azure: Azure) -> tuple[str, ...]:
    """The rules in effect on the interface deny everything.

    Raises:
        Unverified: If they let something through.
    """
    network = await azure.network(nic.subscription)
    try:
        poller = await network.network_interfaces.begin_list_effective_network_security_groups(
            nic.resource_group, nic.name
        )
        groups = list((await poller.result()).value or [])
    except HttpResponseError as error:
        if error.status_code not in (400, 409):
            raise
        told = f"The effective rules could not be read ({_code(error)})"
        return (f"{told}: Azure tells them only while the machine runs.",)
    for group in groups:
        applied = str(group.network_security_group.id if group.network_security_group else "").lower()
        if applied == str(wanted.network_security_group).lower():
            for direction in ("Inbound", "Outbound"):
                if not _denies_everything(group, direction):
                    raise Unverified(f"{applied} does not deny all {direction.lower()} traffic of {nic.name}")
            return ("The effective rules deny all inbound and outbound traffic.",)
    raise Unverified(f"the quarantine group is not among the groups in effect on {nic.name}")


def _denies_everything(group: EffectiveNetworkSecurityGroup, direction: str) -> bool:
    """Whether the first rule is for every protocol, port and address; what it does not say counts against it."""
    rules = [rule for rule in group.effective_security_rules or [] if rule.direction == direction]
    first = min(rules, key=lambda rule: rule.priority or 0, default=None)
    if first is None or first.access != "Deny":
        return False
    parts = (
        (first.protocol, None),
        (first.source_port_range, first.source_port_ranges),
        (first.destination_port_range, first.destination_port_ranges),
        (first.source_address_prefix, first.source_address_prefixes),
        (first.destination_address_prefix, first.destination_address_prefixes),
    )
    return all(not _EVERYTHING.isdisjoint((one, *(several or ()))) for one, several in parts)


def _group_name(nic: NetworkInterface, params: IsolateNicParams) -> str:
    return f"{params.quarantine_group}-{nic.location}"


async def _ensure_quarantine_group(nic: NetworkInterface, params: IsolateNicParams, azure: Azure) -> None:
    """The quarantine group is there, is ours, and denies everything."""
    network = await azure.network(nic.subscription)
    from azure.mgmt.network.models import NetworkSecurityGroup

    name = _group_name(nic, params)
    try:
        group = await network.network_security_groups.get(nic.resource_group, name)
    except ResourceNotFoundError:
        wanted = NetworkSecurityGroup(_quarantine_group(nic.location))
        poller = await network.network_security_groups.begin_create_or_update(
            nic.resource_group, name, wanted, headers={"If-None-Match": "*"}
        )
        await _ended(poller, name)
        return
    if (group.tags or {}).get("riposte") != "quarantine":
        raise Refused(f"security group {name} exists and is not tagged `riposte: quarantine`: it is not used")
    if _rules(group) != _rules(_quarantine_group(nic.location)):
        raise Refused(f"security group {name} has been changed and may let traffic through: restore or delete it")


def _rules(group: NetworkSecurityGroup | dict[str, Any]) -> list[dict[str, Any]]:
    """What the rules mean, in one order: without names, and without what Azure adds when it shows them."""
    shown = [rule["properties"].items() for rule in group["properties"].get("securityRules") or []]
    rules = [{k: v for k, v in rule if v and k not in ("description", "provisioningState")} for rule in shown]
    return sorted(rules, key=lambda rule: (rule["direction"], rule["priority"]))


async def _ended(poller: AsyncLROPoller[Any], name: str) -> None:
    """Wait for a write that Azure has accepted.

    Raises:
        Uncertain: If it failed afterwards, or nobody can tell: only a look shows what became of it.
    """
    try:
        await poller.result()
    except HttpResponseError as error:
        raise Uncertain(f"the write of {name} was accepted, then failed: {error.message}") from error


def _code(error: HttpResponseError) -> str:
    return str((error.error and error.error.code) or error.status_code)


def _quarantine_group(location: str) -> dict[str, Any]:
    def deny(direction: str) -> dict[str, Any]:
        everything = {
            "description": "Riposte: cut off from everything",
            "protocol": "*",
            "sourcePortRange": "*",
            "destinationPortRange": "*",
            "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*",
            "access": "Deny",
            "priority": 100,
            "direction": direction,
        }
        return {"name": f"DenyAll{direction}", "properties": everything}

    rules = [deny("Inbound"), deny("Outbound")]
    return {"location": location, "tags": {"riposte": "quarantine"}, "properties": {"securityRules": rules}}


responder = Setting(
    facts=_FACTS,
    target=NETWORK_INTERFACE,
    params=IsolateNicParams,
    state=IsolateNicState,
    read=read,
    change=change,
    write=write,
    same=same,
    verify=verify,
)
