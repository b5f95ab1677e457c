from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from azsim.arm import Arm
from azsim.faults import Cut, Status
from azsim.tenants import contoso
from shared.model.entity import AzureResource
from shared.wire.message import Request, Response, Send
from tests.responders.ask import Way, answering, ask, responding
from tests.responders.network.test_isolate_nic import NAME, NICS, QUARANTINE, WEB_GROUP

ENTITY = AzureResource(resource_id=NICS[0])
EFFECTIVE = "/effectiveNetworkSecurityGroups"


def rule(direction: str, **other: Any) -> dict[str, Any]:
    """A rule for everything, as Azure shows it among those in effect."""
    return {
        "name": f"securityRules/DenyAll{direction}",
        "protocol": "All",
        "sourcePortRange": "0-65535",
        "destinationPortRange": "0-65535",
        "sourceAddressPrefix": "0.0.0.0/0",
        "destinationAddressPrefix": "0.0.0.0/0",
        "access": "Deny",
        "priority": 100,
        "direction": direction,
        **other,
    }


def in_effect(*rules: dict[str, Any], group: str = QUARANTINE) -> dict[str, Any]:
    subnet = {"networkSecurityGroup": {"id": f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"}}
    own = {"networkSecurityGroup": {"id": group}, "effectiveSecurityRules": list(rules)}
    return {"value": [subnet, {"effectiveSecurityRules": [rule("Inbound")]}, own]}


def plural(direction: str, **values: list[str]) -> dict[str, Any]:
    """A rule with the plural fields, without their singulars."""
    changed = rule(direction, **values)
    for name in values:
        changed.pop(name.removesuffix("es") if name.endswith("Prefixes") else name.removesuffix("s"))
    return changed


EVERYWHERE = {"sourceAddressPrefixes": ["10.0.0.0/8", "0.0.0.0/0"], "destinationPortRanges": ["22-22", "0-65535"]}

DENYING: dict[str, tuple[dict[str, Any], ...]] = {
    "as Azure shows it": (rule("Inbound"), rule("Outbound")),
    "after the default rules": (rule("Inbound", access="Allow", priority=65000), rule("Inbound"), rule("Outbound")),
    "in the words of a group": (rule("Inbound", protocol="*", sourceAddressPrefix="*"), rule("Outbound")),
    "in the plural": (plural("Inbound", **EVERYWHERE), rule("Outbound")),
}

LEAKING: dict[str, tuple[dict[str, Any], ...]] = {
    "no rule inward": (rule("Outbound"),),
    "no rule outward": (rule("Inbound"),),
    "no rule": (),
    "allows": (rule("Inbound", access="Allow"), rule("Outbound")),
    "something before it": (rule("Inbound"), rule("Outbound"), rule("Outbound", access="Allow", priority=99)),
    "one protocol": (rule("Inbound", protocol="Tcp"), rule("Outbound")),
    "one port": (rule("Inbound", destinationPortRange="22-22"), rule("Outbound")),
    "one port of theirs": (rule("Inbound"), rule("Outbound", sourcePortRange="0-1023")),
    "one network": (rule("Inbound", sourceAddressPrefix="10.0.0.0/8"), rule("Outbound")),
    "to one network": (rule("Inbound"), rule("Outbound", destinationAddressPrefix="Internet")),
    "several networks": (plural("Inbound", sourceAddressPrefixes=["10.0.0.0/8"]), rule("Outbound")),
    "several ports": (plural("Inbound", destinationPortRanges=["22-22"]), rule("Outbound")),
    "nothing said": ({"access": "Deny", "direction": "Inbound", "priority": 100}, rule("Outbound")),
}


@pytest.mark.parametrize("rules", DENYING.values(), ids=DENYING)
async def test_rules_in_effect_that_deny_everything_are_the_proof(
    rules: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    way = Way()
    way.meet("POST", EFFECTIVE, answering(200, in_effect(*rules, group=QUARANTINE.upper())))

    asked = await ask(responding(tmp_path, NAME, wrap=way), ENTITY)

    assert asked.only["state"] == "done", asked.only["reason"]
    assert asked.only["verified"] == ["The effective rules deny all inbound and outbound traffic."]


@pytest.mark.parametrize("rules", LEAKING.values(), ids=LEAKING)
async def test_rules_in_effect_that_let_something_through_leave_the_deed_unverified(
    rules: tuple[dict[str, Any], ...], tmp_path: Path
) -> None:
    way = Way()
    way.meet("POST", EFFECTIVE, *[answering(200, in_effect(*copy.deepcopy(rules)))] * 9)

    asked = await ask(responding(tmp_path, NAME, wrap=way), ENTITY)

    assert asked.only["state"] == "unverified"
    assert "does not deny all" in asked.only["reason"]
    assert "traffic of nic-web-01" in asked.only["reason"]


@pytest.mark.parametrize("shown", [in_effect(rule("Inbound"), rule("Outbound"), group=WEB_GROUP), {"value": []}, {}])
async def test_a_quarantine_group_that_is_not_in_effect_leaves_the_deed_unverified(
    shown: dict[str, Any], tmp_path: Path
) -> None:
    way = Way()
    way.meet("POST", EFFECTIVE, *[answering(200, shown)] * 9)

    asked = await ask(responding(tmp_path, NAME, wrap=way), ENTITY)

    assert asked.only["state"] == "unverified"
    assert asked.only["reason"] == "the quarantine group is not among the groups in effect on nic-web-01"


async def test_rules_that_take_effect_late_are_waited_for(tmp_path: Path) -> None:
    way = Way()
    way.meet("POST", EFFECTIVE, *[answering(200, in_effect(group=WEB_GROUP))] * 3)

    asked = await ask(responding(tmp_path, NAME, wrap=way), ENTITY)

    assert asked.only["state"] == "done"


@pytest.mark.parametrize("status", [400, 409])
async def test_rules_that_azure_will_not_tell_are_a_note_with_azures_code(status: int, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.on("POST", EFFECTIVE, Status(status, "OperationNotAllowed"))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "done"
    assert asked.only["verified"] == [
        "The effective rules could not be read (OperationNotAllowed): Azure tells them only while the machine runs."
    ]


async def test_an_answer_without_a_code_is_told_by_its_status(tmp_path: Path) -> None:
    way = Way()
    way.meet("POST", EFFECTIVE, answering(400, {"what": "no error"}))

    asked = await ask(responding(tmp_path, NAME, wrap=way), ENTITY)

    assert "could not be read (400)" in asked.only["verified"][0]


async def test_another_failure_to_read_the_rules_leaves_the_deed_unverified(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.always("POST", EFFECTIVE, Status(403, "AuthorizationFailed", "No."))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "unverified"
    assert "AuthorizationFailed" in asked.only["reason"]


async def test_a_group_that_azure_spells_otherwise_is_verified_too_after_a_lost_answer(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)

    async def respelled(request: Request, send: Send) -> Response:
        nic = made.world.state(Arm).find(NICS[0])
        assert nic is not None
        try:
            return await send(request)
        finally:
            nic.properties["networkSecurityGroup"]["id"] = QUARANTINE.upper()

    way.meet("PUT", "/networkInterfaces/", respelled)
    way.meet("POST", EFFECTIVE, answering(200, in_effect(rule("Inbound"), rule("Outbound"))))
    made.world.faults.on("PUT", "/networkInterfaces/", Cut("after"))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "done", asked.only["reason"]
    assert asked.only["verified"] == ["The effective rules deny all inbound and outbound traffic."]
