"""Who has a directory role, or may take one on, is not acted on."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from azsim.faults import Cut, Effect, Hang, Status
from azsim.services.graph import Directory
from azsim.services.graph_roles import Roles
from azsim.tenants import contoso
from shared.engine.guards import live
from shared.kinds.responder import all_responders, permissions
from tests.engine.cases import REVOKE, account, acting, delivered, ends
from tests.engine.guards.verdicts import ADELE, refusal, settings, verdict
from tests.lab import ENGINE, Lab

ADMIN, READER = "62e90394-69f5-4237-9190-012177145e10", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
TIER_0, STAFF = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
OTHER = "2c3d4e5f-6a7b-48c9-9d0e-1f2a3b4c5d6e"


def known(made: Lab) -> Roles:
    """The roles of Contoso, with two of them and a role-assignable group."""
    found = made.world.state(Roles)
    found.names.update({ADMIN: "Global Administrator", READER: "Global Reader"})
    found.add_group(TIER_0, "Tier 0", assignable=True)
    found.add_group(STAFF, "Staff", assignable=False)
    return found


def active(roles: Roles) -> None:
    roles.active.append((contoso.ADELE, ADMIN))


def eligible(roles: Roles) -> None:
    roles.eligible.append((contoso.ADELE.upper(), ADMIN))


def group_active(roles: Roles) -> None:
    roles.active.append((TIER_0, ADMIN))


def group_eligible(roles: Roles) -> None:
    roles.eligible.append((TIER_0, ADMIN))


def member(made: Lab, *groups: str) -> None:
    made.world.state(Directory).groups_of[contoso.ADELE].update(groups)


@pytest.mark.parametrize(
    ("arrange", "groups", "joinable", "told"),
    [
        (active, (), (), "is Global Administrator"),
        (eligible, (), (), "can become Global Administrator"),
        (group_active, (TIER_0, STAFF), (), "is Global Administrator by group Tier 0"),
        (group_eligible, (STAFF, TIER_0), (), "can become Global Administrator by group Tier 0"),
        (group_active, (), (TIER_0,), f"can become Global Administrator by group {TIER_0}"),
        (group_eligible, (STAFF,), (STAFF, TIER_0), f"can become Global Administrator by group {TIER_0}"),
    ],
    ids=["active", "eligible", "group", "group eligible", "may join", "may join, then eligible"],
)
async def test_a_role_of_any_kind_protects_its_holder(
    arrange: Callable[[Roles], None], groups: tuple[str, ...], joinable: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    made = acting(tmp_path, REVOKE)
    roles = known(made)
    arrange(roles)
    member(made, *groups)
    roles.joinable += [(contoso.ADELE, group) for group in joinable]

    assert await refusal(made, account()) == f"{ADELE} {told}"


async def test_what_others_have_does_not_matter(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    roles = known(made)
    roles.active += [(OTHER, ADMIN), (TIER_0, ADMIN)]
    roles.eligible.append((OTHER, ADMIN))
    roles.joinable.append((OTHER, TIER_0))
    member(made, STAFF)

    found = await verdict(made, account())

    assert found.end is None
    assert "directory roles: none, and none eligible" in found.said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("*", True),
        ("Global Reader", True),
        ("Security Reader, global reader", True),
        (READER.upper(), True),
        ("Global Administrator", False),
        (ADMIN, False),
        ("none", False),
    ],
)
async def test_a_setting_says_which_roles_protect(given: str, told: bool, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=settings(protected_roles=given))
    known(made).active.append((contoso.ADELE, READER))

    found = await verdict(made, account())

    assert (found.end is not None) == told
    assert ("directory roles: Global Reader: not protected" in found.said) == (not told and given != "none")


async def test_if_none_does_nothing_is_asked(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=settings(protected_roles="none"))

    assert await refusal(made, account()) == ""
    assert not [call for call in made.world.calls if "role" in call.path.lower() or "transitive" in call.path]


async def test_where_there_is_no_licence_for_it_nobody_is_eligible(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    roles = known(made)
    roles.licensed = False
    assert await refusal(made, account()) == ""

    active(roles)

    assert await refusal(made, account()) == f"{ADELE} is Global Administrator"


ASKED = ["transitiveMemberOf", "directory/roleAssignments", "roleEligibilityScheduleInstances", "group/eligibility"]


@pytest.mark.parametrize("url", ASKED)
@pytest.mark.parametrize(
    ("effect", "state"),
    [
        (Status(400), "refused"),
        (Status(403), "refused"),
        (Status(404), "refused"),
        (Status(429, retry_after=900), "planned"),
        (Status(500), "planned"),
        (Hang("after"), "planned"),
        (Cut("before"), "planned"),
        (Cut("after"), "planned"),
    ],
    ids=str,
)
async def test_if_graph_does_not_say_it_is_not_done(url: str, effect: Effect, state: str, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    made.world.faults.on("GET", url, effect, times=math.inf)

    found = await verdict(made, account())

    assert found.end is not None
    assert (found.end.state, found.end.reason.startswith("a guard cannot be asked: ")) == (state, True)


async def test_the_roles_of_a_group_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    known(made)
    member(made, TIER_0)
    made.world.faults.on("GET", "directory/roleAssignments", Status(500), skip=1, times=math.inf)

    found = await verdict(made, account())

    assert found.end is not None
    assert (found.end.state, found.end.reason[:24]) == ("planned", "a guard cannot be asked:")


@pytest.mark.parametrize("missing", [permission.name for permission in live.PERMISSIONS if "/" not in permission.name])
async def test_without_any_of_its_permissions_nobody_is_acted_on(missing: str, tmp_path: Path) -> None:
    held = [permission for permission in live.PERMISSIONS if permission.name != missing]
    granted = [*ENGINE, *permissions(all_responders()[REVOKE]), *held]
    made = acting(tmp_path, REVOKE, granted=granted, settings=settings(protected_groups=""))
    member(made, STAFF)

    await delivered(made, account())

    assert ends(made) == {f"user:{contoso.ADELE}": "refused"}
    assert all(row["Reason"].startswith("a guard cannot be asked: ") for row in made.records)


@pytest.mark.parametrize("url", ASKED[1:])
async def test_a_no_counts_more_than_an_answer_that_did_not_come(url: str, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    made.world.faults.on("GET", url, Status(500), times=math.inf)

    said = await refusal(made, account("emergency1@contoso.example"))

    assert said.endswith(f"is a member of protected group {contoso.PROTECTED_GROUP}")


@pytest.mark.parametrize("mode", ["act", "dry_run"])
async def test_a_dry_run_says_the_same(mode: str, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, mode=mode)
    eligible(known(made))

    await delivered(made, account())

    assert [(row["Decision"], row["Reason"]) for row in made.records] == [
        ("refused", f"{ADELE} can become Global Administrator")
    ]
