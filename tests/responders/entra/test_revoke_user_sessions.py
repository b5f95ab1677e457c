from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from azsim.services.graph import Directory
from azsim.tenants import contoso
from azsim.world import World
from shared.model.entity import Account
from tests.lab import Lab
from tests.responders.ask import ask, responding, undo
from tests.scenario import Scenario

NAME = "entra.revoke_user_sessions"


def valid_from(world: World, user: str = contoso.ADELE) -> str:
    return str(world.state(Directory).users[user]["signInSessionsValidFromDateTime"])


scenario = Scenario(
    entity=Account(upn="adele.vance@contoso.example"),
    effect=lambda world: valid_from(world) > "2026-03-02",
)


def user(world: World, object_id: str = contoso.ADELE) -> dict[str, Any]:
    return world.state(Directory).users[object_id]


def revocations(made: Lab) -> int:
    """How often we asked Graph to revoke."""
    return len([call for call in made.world.calls if call.path.endswith("/revokeSignInSessions")])


@pytest.mark.parametrize(
    "account",
    [
        Account(object_id=contoso.ADELE),
        Account(upn="Adele.Vance@contoso.example"),
        Account(mail="adele@shop.example"),
        Account(sid="S-1-5-21-3623811015-3361044348-30300820-1100"),
        Account(object_id=contoso.ADELE, upn="adele.vance@contoso.example", mail="adele@shop.example", name="adele"),
    ],
    ids=["object id", "UPN", "mail", "SID", "all in agreement"],
)
async def test_the_sessions_of_the_one_user_that_the_alert_names_are_void_and_of_nobody_else(
    account: Account, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    user(made.world)["mail"] = "adele@shop.example"
    others = {key: value for key, value in made.tenant()["Directory"].items() if key != contoso.ADELE}

    asked = await ask(made, account)

    assert (asked.only["state"], asked.only["target"]) == ("done", f"user:{contoso.ADELE}")
    assert valid_from(made.world) == "2026-03-02T09:00:00Z"
    assert asked.only["verified"] == ["Sessions from before 2026-03-02T09:00:00Z are void."]
    assert {key: value for key, value in made.tenant()["Directory"].items() if key != contoso.ADELE} == others


async def test_nothing_of_the_user_changes_but_the_time(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    before = dict(user(made.world))

    await ask(made, scenario.entity)

    assert {key for key, value in user(made.world).items() if value != before[key]} == {
        "signInSessionsValidFromDateTime"
    }


@pytest.mark.parametrize(
    "known",
    [
        {"userType": "Guest"},
        {"userType": "guest"},
        {"userPrincipalName": "adele_fabrikam.example#EXT#@contoso.example", "userType": "Member"},
        {"userPrincipalName": "adele_fabrikam.example#ext#@contoso.example", "userType": None},
    ],
    ids=["guest", "guest, spelled otherwise", "external member", "external, without a type"],
)
async def test_whoever_signs_in_at_another_tenant_is_refused_because_nothing_would_happen(
    known: dict[str, Any], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    user(made.world).update(known)

    asked = await ask(made, Account(object_id=contoso.ADELE))

    assert asked.only["state"] == "refused"
    assert "their sessions belong to their home tenant" in asked.only["reason"]
    assert revocations(made) == 0


@pytest.mark.parametrize("known", [{"accountEnabled": False}, {"signInSessionsValidFromDateTime": None}])
async def test_a_disabled_user_or_one_who_never_signed_in_is_signed_out_all_the_same(
    known: dict[str, Any], tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    user(made.world).update(known)

    asked = await ask(made, scenario.entity)

    assert asked.only["state"] == "done"
    assert valid_from(made.world) == "2026-03-02T09:00:00Z"


async def test_a_member_of_a_protected_group_nested_or_not_is_left_alone(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    before = made.tenant()

    asked = await ask(made, Account(object_id=contoso.BREAK_GLASS))

    assert asked.only["state"] == "refused"
    assert contoso.PROTECTED_GROUP in asked.only["reason"]
    assert made.tenant() == before


async def test_where_the_groups_cannot_be_looked_up_nothing_is_done(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.always("POST", "checkMemberGroups", Status(403, "Authorization_RequestDenied", "No."))

    asked = await ask(made, scenario.entity)

    assert asked.only["state"] == "refused"
    assert asked.only["reason"].startswith("a guard cannot be asked")
    assert revocations(made) == 0


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (Account(upn="nobody@contoso.example"), "0 users have UPN nobody@contoso.example"),
        (Account(name="adele.vance"), "account adele.vance carries no object id, UPN, mail or SID"),
        (
            Account(object_id=contoso.BREAK_GLASS, upn="adele.vance@contoso.example"),
            f"object id {contoso.BREAK_GLASS} is user {contoso.BREAK_GLASS}, but UPN adele.vance@contoso.example",
        ),
    ],
)
async def test_who_is_not_certain_is_refused_with_the_ids_that_made_it_so(
    account: Account, told: str, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)

    asked = await ask(made, account)

    assert asked.only["state"] == "refused"
    assert asked.only["reason"].startswith(told)
    assert made.record(Decision="refused")["Reason"].startswith(told)
    assert revocations(made) == 0


async def test_the_record_says_what_revoking_does_not_do(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    await ask(made, scenario.entity)

    told = " ".join(made.record(Decision="done")["Limits"])
    for words in ("up to 28 hours", "continuous access evaluation", "application issued itself", "password"):
        assert words in told


async def test_there_is_no_way_back(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    ends = await undo(made, await ask(made, scenario.entity))

    assert [(end["decision"], end["reason"]) for end in ends] == [("undo_refused", f"{NAME} has no way back")]
