from __future__ import annotations

from typing import Any

from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import AzureResource
from tests.scenario import Scenario

QUARANTINE = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-{contoso.LOCATION}"
NICS = [f"{contoso.NETWORK}/networkInterfaces/{name}" for name in ("nic-web-01", "nic-web-01-backend")]


def group_of(world: World, nic: str) -> str | None:
    found = world.state(Arm).find(nic)
    assert found is not None
    group = found.properties.get("networkSecurityGroup")
    return group["id"] if group else None


def _without_quarantine_group(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "Arm": {key: value for key, value in state["Arm"].items() if key != QUARANTINE.lower()}}


scenario = Scenario(
    entity=AzureResource(resource_id=NICS[0]),
    without_leavings=_without_quarantine_group,
    effect=lambda world: group_of(world, NICS[0]) == QUARANTINE,
)
