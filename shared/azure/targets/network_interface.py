"""Network interfaces: every one of a machine, or one that an alert names itself."""

from __future__ import annotations

from typing import Any

from shared.azure.clients import Azure
from shared.azure.target import Population, TargetKind
from shared.model.entity import AnyEntity, AzureResource, Host
from shared.model.errors import Refused
from shared.model.permission import arm
from shared.model.resource_id import ResourceId
from shared.model.target import Target, tags_of

TYPE = "Microsoft.Network/networkInterfaces"
MACHINE = "Microsoft.Compute/virtualMachines"
MACHINE_API = "2024-07-01"
_READ = arm("Microsoft.Network/networkInterfaces/read")


class NetworkInterface(Target, frozen=True, kw_only=True):
    """A network interface.

    Args:
        subscription: Its subscription's id.
        resource_group: Its resource group's name.
        location: Its region.
    """

    subscription: str
    resource_group: str
    location: str


async def resolve(entity: AnyEntity, azure: Azure) -> tuple[NetworkInterface, ...]:
    """The interfaces an entity stands for: all of a machine's.

    Raises:
        Refused: If the entity names no machine or interface in Azure, or the machine has no interface.
    """
    place = _place(entity)
    if place.is_type(TYPE):
        return (await _interface(place, azure, {}),)
    machine = await (await azure.arm()).get(str(place), MACHINE_API)
    named = (machine.get("properties") or {}).get("networkProfile", {}).get("networkInterfaces") or []
    if not named:
        raise Refused(
            f"machine {place} has no network interface of its own (a scale set's cannot be written one by one)"
        )
    return tuple([await _interface(ResourceId(item["id"]), azure, {place.key: machine}) for item in named])


async def _interface(place: ResourceId, azure: Azure, machines: dict[str, Any]) -> NetworkInterface:
    network = await azure.network(place.subscription)
    found = await network.network_interfaces.get(place.resource_group, place.name)
    owner = found.virtual_machine.id if found.virtual_machine and found.virtual_machine.id else ""
    if owner and ResourceId(owner).key not in machines:  # whatever protects a machine protects its interfaces
        machines = {**machines, ResourceId(owner).key: await (await azure.arm()).get(owner, MACHINE_API)}
    return NetworkInterface(
        id=place.key,
        kind=TYPE,
        name=place.name,
        ids=(place.key, *machines),
        tags=tags_of(found.tags, *(machine.get("tags") for machine in machines.values())),
        subscription=place.subscription,
        resource_group=place.resource_group,
        location=str(found.location),
    )


def _place(entity: AnyEntity) -> ResourceId:
    text = (
        entity.azure_id if isinstance(entity, Host) else entity.resource_id if isinstance(entity, AzureResource) else ""
    )
    place = ResourceId(text)
    if not (place.is_type(MACHINE) or place.is_type(TYPE)):
        raise Refused(f"{entity.label or 'the entity'} is not known as a machine or network interface in Azure")
    return place


async def count(nic: NetworkInterface, azure: Azure) -> int:
    """How many network interfaces its subscription has.

    https://learn.microsoft.com/rest/api/virtualnetwork/network-interfaces/list-all
    """
    network = await azure.network(nic.subscription)
    return len([found.id async for found in network.network_interfaces.list_all()])


NETWORK_INTERFACE = TargetKind(
    type=NetworkInterface,
    accepts=frozenset({"virtual_machine", "network_interface"}),
    permissions=(arm("Microsoft.Compute/virtualMachines/read"), _READ),
    resolve=resolve,
    population=Population(
        of=lambda nic: f"network interfaces of subscription {nic.subscription.lower()}",
        permissions=(_READ,),
        count=count,
    ),
)
