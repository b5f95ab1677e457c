from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azsim.arm import Arm
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import AnyEntity, AzureResource, Host
from tests.responders.ask import ask, responding
from tests.scenario import Scenario

NAME = "network.isolate_nic"
QUARANTINE = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-{contoso.LOCATION}"
NICS = [f"{contoso.NETWORK}/networkInterfaces/{name}" for name in ("nic-web-01", "nic-web-01-backend")]
WEB_GROUP = f"{contoso.NETWORK}/networkSecurityGroups/nsg-web"
DC_NIC = f"{contoso.NETWORK}/networkInterfaces/nic-dc-01"
ALL_NICS = [*NICS, DC_NIC]


def group_of(world: World, nic: str) -> str | None:
    found = world.state(Arm).find(nic)
    assert found is not None
    group = found.properties.get("networkSecurityGroup")
    return group["id"] if group else None


def _without_quarantine_group(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "Arm": {key: value for key, value in state["Arm"].items() if key != QUARANTINE.lower()}}


def _without_group(world: World) -> None:
    found = world.state(Arm).find(NICS[0])
    assert found is not None
    found.properties["networkSecurityGroup"] = None


scenario = Scenario(
    entity=AzureResource(resource_id=NICS[0]),
    without_leavings=_without_quarantine_group,
    drift=_without_group,
    effect=lambda world: group_of(world, NICS[0]) == QUARANTINE,
)


@pytest.mark.parametrize(
    ("entity", "nics"),
    [
        (AzureResource(resource_id=contoso.WEB_VM), NICS),
        (Host(azure_id=contoso.WEB_VM), NICS),
        (Host(azure_id=contoso.WEB_VM.upper() + "/"), NICS),
        (AzureResource(resource_id=NICS[1]), NICS[1:]),
    ],
    ids=["machine", "host", "host, spelled otherwise", "interface"],
)
async def test_every_interface_that_the_entity_stands_for_is_cut_off_and_no_other(
    entity: AnyEntity, nics: list[str], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)

    asked = await ask(made, entity)

    assert {step["target"]: step["state"] for step in asked.steps} == {nic.lower(): "done" for nic in nics}
    assert [nic for nic in ALL_NICS if (group_of(made.world, nic) or "").lower() == QUARANTINE.lower()] == nics


async def test_an_entity_of_a_machine_and_one_of_its_interface_are_one_deed_each(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    asked = await ask(made, AzureResource(resource_id=NICS[0]), AzureResource(resource_id=contoso.WEB_VM))

    assert sorted(step["target"] for step in asked.steps) == sorted(nic.lower() for nic in NICS)
    assert (
        len([call for call in made.world.calls if call.line.startswith("PUT management") and "nic-" in call.path]) == 2
    )


async def test_the_record_says_what_isolation_does_not_do_and_what_was_seen(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    await ask(made, AzureResource(resource_id=NICS[0]))

    row = made.record(Decision="done")
    assert row["Verification"] == ["The effective rules deny all inbound and outbound traffic."]
    told = " ".join(row["Limits"])
    for word in ("Connections that are open go on", "AlwaysAllow", "168.63.129.16", "169.254.169.254"):
        assert word in told
    assert row["Diff"] == [
        {
            "field": "network_security_group",
            "before": f"{contoso.NETWORK}/networkSecurityGroups/nsg-web",
            "after": QUARANTINE,
        }
    ]


def _without_machine(world: World) -> None:
    nic = world.state(Arm).find(NICS[0])
    assert nic is not None
    del nic.properties["virtualMachine"]


def _stopped(world: World) -> None:
    machine = world.state(Arm).find(contoso.WEB_VM)
    assert machine is not None
    machine.hidden["power"] = "deallocated"


@pytest.mark.parametrize("arrange", [_without_machine, _stopped])
async def test_where_azure_tells_no_effective_rules_the_deed_stands_with_a_note(
    arrange: Callable[[World], None], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    arrange(made.world)

    asked = await ask(made, AzureResource(resource_id=NICS[0]))

    assert asked.only["state"] == "done"
    assert asked.only["verified"] == [
        (
            "The effective rules could not be read (NicMustBeAttachedToRunningVmToGetEffectiveSecurityGroups): "
            "Azure tells them only while the machine runs."
        )
    ]
    assert group_of(made.world, NICS[0]) == QUARANTINE


async def test_an_interface_that_azure_manages_itself_fails_in_azures_words(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    nic = made.world.state(Arm).find(NICS[0])
    assert nic is not None
    nic.hidden["managed_by"] = "a private endpoint"

    asked = await ask(made, AzureResource(resource_id=NICS[0]))

    assert asked.only["state"] == "failed"
    assert "NicManagedByOtherResource" in asked.only["reason"]


async def test_of_a_machine_whose_one_interface_is_protected_the_other_is_cut_off(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    nic = made.world.state(Arm).find(NICS[0])
    assert nic is not None
    nic.body["tags"] = {"Riposte": "protected"}

    asked = await ask(made, AzureResource(resource_id=contoso.WEB_VM))

    assert {step["target"]: step["state"] for step in asked.steps} == {
        NICS[0].lower(): "refused",
        NICS[1].lower(): "done",
    }


@pytest.mark.parametrize("entity", [AzureResource(resource_id=DC_NIC), AzureResource(resource_id=contoso.DC_VM)])
async def test_the_interface_of_a_protected_machine_is_left_alone(entity: AnyEntity, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    before = made.tenant()

    asked = await ask(made, entity)

    assert asked.only["state"] == "refused"
    assert "protected by its tag riposte=protected" in asked.only["reason"]
    assert made.tenant() == before
