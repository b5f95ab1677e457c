from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from azsim import arm
from azsim.arm import Arm
from azsim.faults import Status
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import AzureResource
from tests.lab import Lab
from tests.responders.ask import Asked, ask, responding
from tests.responders.network.test_isolate_nic import NAME, NICS, QUARANTINE, group_of

ENTITY = AzureResource(resource_id=NICS[0])


def deny(direction: str) -> dict[str, Any]:
    """What the rule for one direction says: everything, from everywhere to everywhere, before any other rule."""
    return {
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "access": "Deny",
        "priority": 100,
        "direction": direction,
    }


def as_azure_shows(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule as Azure returns it, with what it adds."""
    plural = ("sourcePortRanges", "destinationPortRanges", "sourceAddressPrefixes", "destinationAddressPrefixes")
    return {**rule, "provisioningState": "Succeeded", **{name: [] for name in plural}}


def group(*rules: dict[str, Any], tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    named = [{"name": f"rule-{number}", "properties": rule} for number, rule in enumerate(rules)]
    return {
        "location": contoso.LOCATION,
        "tags": {"riposte": "quarantine"} if tags is None else tags,
        "properties": {"securityRules": named, **properties},
    }


OURS = group(deny("Inbound"), deny("Outbound"))


def found(world: World, path: str = QUARANTINE) -> dict[str, Any]:
    resource = world.state(Arm).find(path)
    assert resource is not None
    return resource.body


def writes_of_groups(made: Lab) -> list[str]:
    return [call.path for call in made.world.calls if call.method == "PUT" and "networkSecurityGroups" in call.path]


async def test_a_missing_group_is_made_beside_the_interface_tagged_as_ours_and_denies_everything(
    tmp_path: Path,
) -> None:
    made = responding(tmp_path, NAME)

    await ask(made, ENTITY)

    body = found(made.world)
    assert body["location"] == contoso.LOCATION
    assert body["tags"] == {"riposte": "quarantine"}
    rules = [
        {k: v for k, v in rule["properties"].items() if k != "description"}
        for rule in body["properties"]["securityRules"]
    ]
    assert rules == [deny("Inbound"), deny("Outbound")]
    made_by = [call for call in made.world.calls if call.method == "PUT" and call.path == QUARANTINE]
    assert [call.headers.get("if-none-match") for call in made_by] == ["*"]


async def test_the_group_is_in_the_region_and_resource_group_of_the_interface_and_not_of_the_machine(
    tmp_path: Path,
) -> None:
    made = responding(tmp_path, NAME, {"quarantine_group": "cut-off"})
    other = f"{contoso.SUBSCRIPTION}/resourceGroups/rg-network"
    nic = copy.deepcopy(found(made.world, NICS[1]))
    del nic["properties"]["virtualMachine"]
    nic["location"] = "northeurope"
    nic["properties"]["ipConfigurations"][0]["properties"].pop("subnet")
    arm.put(made.world, other, {"location": "northeurope"})
    path = f"{other}/providers/Microsoft.Network/networkInterfaces/nic-far"
    arm.put(made.world, path, nic)

    asked = await ask(made, AzureResource(resource_id=path))

    assert asked.only["state"] == "done", asked.only["reason"]
    wanted = f"{other}/providers/Microsoft.Network/networkSecurityGroups/cut-off-northeurope"
    assert group_of(made.world, path) == wanted
    assert found(made.world, wanted)["location"] == "northeurope"


@pytest.mark.parametrize(
    "there",
    [
        OURS,
        group(deny("Outbound"), deny("Inbound"), tags={"riposte": "quarantine", "costs": "soc"}),
        group(as_azure_shows(deny("Inbound")), as_azure_shows(deny("Outbound"))),
        group({**deny("Inbound"), "description": "said otherwise"}, deny("Outbound")),
    ],
    ids=["as we made it", "with another tag", "as Azure shows it", "described otherwise"],
)
async def test_a_group_of_ours_that_denies_everything_is_used_and_not_written(
    there: dict[str, Any], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    arm.put(made.world, QUARANTINE, there)

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "done", asked.only["reason"]
    assert writes_of_groups(made) == []
    assert group_of(made.world, NICS[0]) == QUARANTINE


async def refused(made: Lab, there: dict[str, Any]) -> Asked:
    """Put a group where the quarantine group should be, and ask."""
    arm.put(made.world, QUARANTINE, copy.deepcopy(there))
    before = made.tenant()
    asked = await ask(made, ENTITY)
    assert asked.only["state"] == "refused"
    assert made.tenant() == before
    return asked


@pytest.mark.parametrize("tags", [{}, {"riposte": "protected"}, {"owner": "shop"}])
async def test_a_group_of_that_name_that_is_not_ours_is_neither_used_nor_overwritten(
    tags: dict[str, str], tmp_path: Path
) -> None:
    asked = await refused(responding(tmp_path, NAME), group(deny("Inbound"), deny("Outbound"), tags=tags))

    assert "exists and is not tagged `riposte: quarantine`" in asked.only["reason"]


CHANGED: dict[str, tuple[dict[str, Any], ...]] = {
    "a rule before ours": (
        deny("Inbound") | {"priority": 101},
        deny("Outbound"),
        deny("Inbound") | {"access": "Allow"},
    ),
    "no rule outward": (deny("Inbound"),),
    "no rule": (),
    "allows": (deny("Inbound") | {"access": "Allow"}, deny("Outbound")),
    "one protocol": (deny("Inbound") | {"protocol": "Tcp"}, deny("Outbound")),
    "one port": (deny("Inbound") | {"destinationPortRange": "22"}, deny("Outbound")),
    "one port of theirs": (deny("Inbound") | {"sourcePortRange": "1024"}, deny("Outbound")),
    "one network": (deny("Inbound") | {"sourceAddressPrefix": "10.0.0.0/8"}, deny("Outbound")),
    "to one network": (deny("Inbound"), deny("Outbound") | {"destinationAddressPrefix": "Internet"}),
    "several ports": (
        {k: v for k, v in deny("Inbound").items() if k != "destinationPortRange"}
        | {"destinationPortRanges": ["22", "3389"]},
        deny("Outbound"),
    ),
    "several networks": (
        {k: v for k, v in deny("Inbound").items() if k != "sourceAddressPrefix"}
        | {"sourceAddressPrefixes": ["10.0.0.0/8"]},
        deny("Outbound"),
    ),
}


@pytest.mark.parametrize("rules", CHANGED.values(), ids=CHANGED)
async def test_a_group_of_ours_that_was_changed_by_hand_is_neither_used_nor_overwritten(
    rules: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    asked = await refused(responding(tmp_path, NAME), group(*rules))

    assert "has been changed and may let traffic through" in asked.only["reason"]


async def test_two_interfaces_at_once_make_one_group(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    asked = await ask(made, AzureResource(resource_id=contoso.WEB_VM))

    assert [step["state"] for step in asked.steps] == ["done", "done"]
    wrote = [call.status for call in made.world.calls if call.method == "PUT" and call.path == QUARANTINE]
    assert wrote.count(201) == 1
    assert set(wrote) <= {201, 412}


async def test_a_group_that_cannot_be_read_is_not_taken_to_be_missing(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    before = made.tenant()
    made.world.faults.always("GET", "networkSecurityGroups", Status(403, "AuthorizationFailed", "No."))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "failed"
    assert "AuthorizationFailed" in asked.only["reason"]
    assert made.tenant() == before
