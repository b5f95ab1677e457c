"""Several cases may hold one target: it goes back, to what it was before the first, when the last lets go."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.call import Call
from azsim.faults import Cut, Fault, Hang, Status
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from tests import lab
from tests.engine.cases import (
    NICS,
    ROTATE,
    acting,
    alert,
    delivered,
    group_of,
    holds,
    isolated,
    resource,
    states,
    steps,
    swept,
    undone,
)
from tests.lab import Lab

BOTH = ["nic-web-01", "nic-web-01-backend"]
NEW = f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"
SECRET = lab.recording("keyvault_secret_near_expiry")
DAY = 86_400


async def decisions(made: Lab, name: str) -> set[str]:
    return {end.decision for end in await undone(made, alert(name))}


def put(made: Lab, nic: str, group: str) -> None:
    """What a person does in the portal."""
    resource(made, nic)["properties"]["networkSecurityGroup"] = {"id": group}


def enabled(made: Lab) -> list[bool]:
    versions = made.world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)
    return [version.attributes["enabled"] for version in versions]


def after_the_write(call: Call) -> bool:
    """A look at an interface that has been written, as far as anybody knows."""
    written = any(c.method == "PUT" and c.path == call.path for c in call.world.calls)
    return call.method == "GET" and "networkInterfaces" in call.path and written


@pytest.mark.parametrize("order", ["123", "321", "213", "231"])
async def test_whoever_lets_go_last_puts_the_target_back(order: str, tmp_path: Path) -> None:
    made = acting(tmp_path)
    for name in "123":
        await delivered(made, alert(name))
    assert holds(made) == {"nsg-web": ["1", "2", "3"], "None": ["1", "2", "3"]}

    first, second, last = list(order)
    assert await decisions(made, first) == {"released"}
    assert await decisions(made, second) == {"released"}
    assert isolated(made) == BOTH
    assert await decisions(made, last) == {"undone"}

    assert [group_of(made, nic) for nic in NICS] == ["nsg-web", ""]
    assert holds(made) == {}


async def test_a_release_says_which_cases_still_hold_it(tmp_path: Path) -> None:
    made = acting(tmp_path)
    for name in "123":
        await delivered(made, alert(name))

    await undone(made, alert("2"))

    cases = [f"alert:2518110443559999999_{name}" for name in "13"]
    rows = [row for row in made.records if row["Decision"] == "released"]
    assert [row["Reason"] for row in rows] == [f"still held by {', '.join(cases)}"] * 2
    assert await states(made, alert("2")) == ["undone", "undone"]


async def test_a_case_that_let_go_may_hold_again_and_the_first_memory_stays(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert("1"))
    await delivered(made, alert("2"))
    await undone(made, alert("1"))
    assert holds(made) == {"nsg-web": ["2"], "None": ["2"]}

    await delivered(made, alert("3"))
    assert (await decisions(made, "2"), await decisions(made, "3")) == ({"released"}, {"undone"})

    assert [group_of(made, nic) for nic in NICS] == ["nsg-web", ""]


async def test_a_target_that_was_changed_under_two_holds_is_left_alone_by_the_last(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert("1"))
    await delivered(made, alert("2"))
    put(made, NICS[0], NEW)

    assert await decisions(made, "1") == {"released"}
    assert await decisions(made, "2") == {"undo_refused", "undone"}
    assert group_of(made, NICS[0]) == "nsg-subnet"
    assert sorted(await states(made, alert("2"))) == ["already", "undone"]


async def test_a_step_that_failed_holds_nothing(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(403, "AuthorizationFailed"))
    await delivered(made, alert("1"))
    assert (await states(made, alert("1")), holds(made)) == (["failed", "failed"], {})
    made.world.faults.clear()
    put(made, NICS[0], NEW)  # meanwhile
    await delivered(made, alert("2"))

    assert await decisions(made, "2") == {"undone"}

    assert [group_of(made, nic) for nic in NICS] == ["nsg-subnet", ""]


async def test_a_step_that_is_to_be_tried_again_keeps_its_first_memory(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Status(503, retry_after=600), times=math.inf)
    await delivered(made, alert())
    assert (await states(made, alert()), holds(made)) == (["planned"] * 2, {"nsg-web": ["1"], "None": ["1"]})
    made.world.faults.clear()

    await swept(made, 700)
    assert await decisions(made, "1") == {"undone"}

    assert [group_of(made, nic) for nic in NICS] == ["nsg-web", ""]


@pytest.mark.parametrize("struck", [True, False], ids=["was done", "was not done"])
async def test_a_deed_of_which_nobody_knows_can_be_undone_whether_it_was_done_or_not(
    *, struck: bool, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Cut("after") if struck else Hang("before"), times=2)
    made.world.faults.script.append(Fault(Status(403, "AuthorizationFailed"), after_the_write, times=math.inf))
    await delivered(made, alert())
    made.world.faults.clear()
    assert await states(made, alert()) == ["uncertain", "uncertain"]
    assert isolated(made) == (BOTH if struck else [])

    assert await decisions(made, "1") == {"undone"}

    assert ([group_of(made, nic) for nic in NICS], holds(made)) == (["nsg-web", ""], {})


async def test_an_operation_is_undone_by_its_own_way_back_with_its_second_half(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    await delivered(made, SECRET)
    await swept(made, DAY + 60)
    assert enabled(made) == [False, False, True]

    assert [end.decision for end in await undone(made, SECRET)] == ["undone"]
    assert enabled(made) == [False, True, True]


async def test_an_operation_that_is_undone_before_its_second_half_has_none(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    await delivered(made, SECRET)

    assert [end.decision for end in await undone(made, SECRET)] == ["undone"]
    await swept(made, 2 * DAY)

    assert enabled(made) == [False, True, True]
    assert await made.app.ledger.waiting() == 0


async def test_while_a_second_half_is_under_way_nothing_is_undone(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    await delivered(made, SECRET)
    made.world.faults.on("PATCH", "secrets", Hang("after"))
    sweeping = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)
    assert enabled(made) == [False, False, True]

    (early,) = await undone(made, SECRET)
    assert (early.decision, early.reason) == (
        "undo_refused",
        "its second half is under way: ask again in a few minutes",
    )
    await sweeping
    (doubt,) = await undone(made, SECRET)  # nobody knows yet whether it was done
    await swept(made, LEASE.total_seconds())
    (late,) = await undone(made, SECRET)

    assert (doubt.decision, late.decision) == ("undo_refused", "undone")
    assert enabled(made) == [False, True, True]


async def test_an_operation_that_somebody_repeated_since_is_not_undone(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    await delivered(made, SECRET)
    (noted,) = await steps(made, SECRET)
    assert noted.entry.after is not None
    after = {**noted.entry.after, "current": contoso.SECRET_VERSIONS[0]}
    await made.app.ledger.move(noted, replace(noted.entry, after=after), [])

    (end,) = await undone(made, SECRET)

    assert end.decision == "undo_refused"
    assert "somebody rotated it since" in end.reason
    assert await states(made, SECRET) == ["done"]
