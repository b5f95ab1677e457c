from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Effect, Hang, Status
from azsim.services.graph import Directory
from azsim.tenants import contoso
from shared.engine.guard import Verdict
from shared.engine.guards.cap import too_many
from shared.kinds.responder import all_responders, permissions
from tests.engine.cases import NICS, REVOKE, acting, alert, delivered, ends, resource, turn
from tests.engine.guards.verdicts import ADELE, settings, verdict
from tests.lab import ENGINE


def about(upn: str) -> bytes:
    name, _, suffix = upn.partition("@")
    return alert(
        Entities=[{"Type": "account", "Name": name, "UPNSuffix": suffix}],
        CompromisedEntity="",
        AzureResourceId="",
        ResourceIdentifiers=[],
    )


async def test_what_nothing_speaks_against_may_be_done_and_says_what_was_looked_at(tmp_path: Path) -> None:
    found = await verdict(acting(tmp_path), alert(), count=2)

    assert found == Verdict(
        None,
        (
            "kill switch: off",
            "targets of this run: 2 of at most 10",
            "own: not what Riposte itself runs on",
            "protected list: none of its 0",
            "protected tag: no riposte=protected",
            "resource locks: none that is CanNotDelete or ReadOnly",
            "budget: 0 of 1000 targets (1000/1h)",
        ),
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (settings(protected_ids=NICS[0]), "is protected by the list"),
        (settings(protected_ids=NICS[0].upper()), "is protected by the list"),
        (settings(protected_ids=contoso.WEB_VM), "is protected by the list"),
        (settings(protected_ids=f"{contoso.SHOP}/"), "is protected by the list"),
        (settings(protected_tag="app=shop"), "is protected by its tag app=shop"),
        (settings(protected_tag="APP"), "is protected by its tag app=shop"),
        (settings(own_scopes=contoso.SHOP), "is part of what Riposte itself runs on"),
        (settings(own_scopes=contoso.WEB_VM), "is part of what Riposte itself runs on"),
        (settings(max_targets="1"), "2 targets are more than the 1 that one run may have"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
async def test_a_protected_machine_is_refused(given: dict[str, str], told: str, tmp_path: Path) -> None:
    found = await verdict(acting(tmp_path, settings=given), alert(), count=2)

    assert found.end is not None
    assert found.end.state == "refused"
    assert told in found.end.reason


@pytest.mark.parametrize(
    "given",
    [
        settings(protected_ids=contoso.WEB_VM[:-1]),
        settings(protected_ids=NICS[0] + "-other"),
        settings(protected_tag="app=other"),
        settings(own_scopes=contoso.SHOP[:-1]),
    ],
    ids="-".join,
)
async def test_one_whose_name_is_only_alike_is_not(given: dict[str, str], tmp_path: Path) -> None:
    assert (await verdict(acting(tmp_path, settings=given), alert())).end is None


async def test_the_tags_of_a_machine_protect_its_interfaces(tmp_path: Path) -> None:
    made = acting(tmp_path)
    resource(made, contoso.WEB_VM)["tags"]["Riposte"] = "protected"

    found = await verdict(made, alert())

    assert found.end is not None
    assert found.end.reason == "nic-web-01 is protected by its tag Riposte=protected"


@pytest.mark.parametrize(
    ("upn", "given", "told"),
    [
        ("emergency1@contoso.example", {}, f"is a member of protected group {contoso.PROTECTED_GROUP}"),
        (ADELE, settings(protected_ids=ADELE), "is protected by the list"),
        (ADELE, settings(protected_ids=ADELE.upper()), "is protected by the list"),
        (ADELE, settings(protected_ids=contoso.ADELE.upper()), "is protected by the list"),
        (ADELE, settings(identity_object_id=contoso.ADELE), "is Riposte's own identity"),
    ],
    ids=["group", "name", "name in capitals", "object id", "own identity"],
)
async def test_a_protected_person_is_refused(upn: str, given: dict[str, str], told: str, tmp_path: Path) -> None:
    found = await verdict(acting(tmp_path, REVOKE, settings=given), about(upn))

    assert found.end is not None
    assert (found.end.state, told in found.end.reason) == ("refused", True)


async def test_a_person_in_no_protected_group_is_not(tmp_path: Path) -> None:
    found = await verdict(acting(tmp_path, REVOKE), about(ADELE))

    assert found.end is None
    assert found.said[-3:-1] == (
        "protected groups: not a member of any of 1",
        "directory roles: none, and none eligible",
    )


@pytest.mark.parametrize(
    ("url", "effect", "state"),
    [
        ("kill_switch", Status(400), "refused"),
        ("kill_switch", Status(403), "refused"),
        ("kill_switch", Status(429, retry_after=900), "planned"),
        ("kill_switch", Status(500), "planned"),
        ("kill_switch", Hang(), "planned"),
        ("checkMemberGroups", Status(400), "refused"),
        ("checkMemberGroups", Status(403), "refused"),
        ("checkMemberGroups", Status(404), "refused"),
        ("checkMemberGroups", Status(429, retry_after=900), "planned"),
        ("checkMemberGroups", Status(500), "planned"),
        ("checkMemberGroups", Hang(), "planned"),
    ],
    ids=str,
)
async def test_a_guard_that_cannot_be_asked_has_not_said_yes(
    url: str, effect: Effect, state: str, tmp_path: Path
) -> None:
    made = acting(tmp_path, REVOKE)
    made.world.faults.on("*", url, effect, times=math.inf)

    found = await verdict(made, about(ADELE))

    assert found.end is not None
    assert found.end.state == state
    assert found.end.reason.startswith("a guard cannot be asked: ")


async def test_without_the_permission_to_ask_for_groups_nobody_is_acted_on(tmp_path: Path) -> None:
    without_groups = [*ENGINE, *permissions(all_responders()[REVOKE])]
    made = acting(tmp_path, REVOKE, granted=without_groups)

    await delivered(made, about(ADELE))

    assert ends(made) == {f"user:{contoso.ADELE}": "refused"}
    assert made.world.state(Directory).users[contoso.ADELE]["signInSessionsValidFromDateTime"].startswith("2026-01-15")


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            {"On": True, "Who": "Megan", "Why": "the rule is wrong"},
            "the kill switch is on (undo_only): the rule is wrong (Megan)",
        ),
        ({"On": True}, "the kill switch is on (undo_only): no reason given (by an unknown person)"),
        ({}, "the kill switch is on (undo_only): no reason given (by an unknown person)"),
    ],
    ids=["in full", "in short", "a row without columns"],
)
async def test_the_kill_switch_refuses_every_deed(columns: dict[str, Any], told: str, tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, **columns)

    await delivered(made, alert())

    assert ends(made) == dict.fromkeys(NICS, "refused")
    assert {row["Reason"] for row in made.records} == {told}


async def test_a_switch_that_was_turned_back_is_off(tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, On=False, Who="Megan")

    assert (await verdict(made, alert())).end is None


async def test_a_run_with_too_many_targets_is_refused_whole(tmp_path: Path) -> None:
    made = acting(tmp_path, settings=settings(max_targets="1"))

    await delivered(made, alert())

    assert ends(made) == dict.fromkeys(NICS, "refused")
    assert {row["Reason"] for row in made.records} == {too_many(2, made.app.settings)}


async def test_nothing_is_asked_about_a_step_that_has_no_target(tmp_path: Path) -> None:
    made = acting(tmp_path)

    found = await verdict(made, alert(vm=f"{contoso.WEB_VM}-gone"))

    assert found.end is not None
    assert "is not there" in found.end.reason
    assert not [call for call in made.world.calls if "kill_switch" in call.path]
