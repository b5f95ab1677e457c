"""What each position of the kill switch stops."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from azsim.faults import Status
from tests.engine.cases import (
    NICS,
    ROTATE,
    acting,
    alert,
    decisions_of,
    delivered,
    ends,
    isolated,
    states,
    steps,
    swept,
    turn,
    undone,
)
from tests.lab import Lab, recording

BY = {"Who": "Megan", "Why": "wrong rule"}
HOUR = 3600


def reason(mode: str) -> str:
    return f"the kill switch is on ({mode}): wrong rule (Megan)"


async def contained(folder: Path, **options: Any) -> Lab:
    """Both interfaces cut off, and the switch read longer ago than it is believed."""
    made = acting(folder, options=options)
    await delivered(made, alert())
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    await asyncio.sleep(6)
    return made


def rows(made: Lab) -> list[dict[str, Any]]:
    """The rows of steps."""
    return [row for row in made.ledger_rows() if row["RowKey"].startswith("step-")]


# --- queue ----------------------------------------------------------------------------------------------------------


async def test_queued_deeds_wait_untouched_however_long_and_go_on_when_it_is_off(tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, On=True, Mode="queue", **BY)
    await delivered(made, alert())
    assert (isolated(made), await states(made, alert())) == ([], ["planned", "planned"])
    assert {row["Reason"] for row in made.records} == {reason("queue")}
    before = rows(made)

    for _ in range(60):
        await swept(made, 60)

    assert (rows(made), len([row for row in made.records if row.get("StepId")])) == (before, 2)
    for noted in await steps(made, alert()):
        assert noted.entry.attempts - noted.entry.deferrals == 0
    turn(made, On=False)
    await swept(made, 60)
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert decisions_of(made, NICS[0]) == ["deferred", "intent", "done"]


async def test_a_redelivery_while_it_queues_changes_nothing(tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, On=True, Mode="queue", **BY)
    await delivered(made, alert())
    before = rows(made)

    await asyncio.sleep(700)
    await delivered(made, alert())

    assert (rows(made), isolated(made)) == (before, [])


async def test_what_a_dead_instance_left_waits_as_well(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Status(503, retry_after=600), times=99)
    await delivered(made, alert())
    made.world.faults.clear()
    for noted in await steps(made, alert()):  # as if it had died at it
        lease = made.world.clock.now()
        await made.app.ledger.move(noted, replace(noted.entry, state="claimed", lease=lease, due=None), [])
    turn(made, On=True, Mode="queue", **BY)
    before = rows(made)

    await swept(made, 700)

    assert (rows(made), isolated(made)) == (before, [])


async def test_while_it_queues_nobody_undoes_and_what_expires_waits(tmp_path: Path) -> None:
    made = await contained(tmp_path, expires="1h")
    turn(made, On=True, Mode="queue", **BY)
    before = rows(made)

    assert {(end.decision, end.reason) for end in await undone(made, alert())} == {("undo_refused", reason("queue"))}
    await swept(made, 2 * HOUR)
    assert (rows(made), isolated(made)) == (before, ["nic-web-01", "nic-web-01-backend"])

    turn(made, On=False)
    await swept(made, 60)
    assert isolated(made) == []


async def test_while_it_queues_a_second_half_waits(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    body = recording("keyvault_secret_near_expiry")
    await delivered(made, body)
    assert await states(made, body) == ["done"]
    turn(made, On=True, Mode="queue", **BY)
    before = rows(made)

    await swept(made, 25 * HOUR)
    assert rows(made) == before

    turn(made, On=False)
    await swept(made, 60)
    assert made.records[-1]["Decision"] == "finished"


# --- deny and undo only ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["deny", "undo_only", "Deny ", "nonsense", "off"])
async def test_deeds_are_refused(mode: str, tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, On=True, Mode=mode, **BY)

    await delivered(made, alert())

    assert (isolated(made), ends(made)) == ([], dict.fromkeys(NICS, "refused"))
    stands = "undo_only" if mode == "undo_only" else "deny"
    assert {row["Reason"] for row in made.records if row.get("StepId")} == {reason(stands)}


@pytest.mark.parametrize("mode", ["deny", "what is this?"])
async def test_denied_nobody_undoes_and_what_expires_waits_until_it_is_off(mode: str, tmp_path: Path) -> None:
    made = await contained(tmp_path, expires="1h")
    turn(made, On=True, Mode=mode, **BY)
    before = rows(made)

    assert {(end.decision, end.reason) for end in await undone(made, alert())} == {("undo_refused", reason("deny"))}
    for _ in range(3):
        await swept(made, HOUR)
    assert (rows(made), isolated(made)) == (before, ["nic-web-01", "nic-web-01-backend"])

    turn(made, On=False)
    await swept(made, 60)
    assert isolated(made) == []


async def test_with_undo_only_a_person_undoes_and_what_expires_is_undone(tmp_path: Path) -> None:
    made = await contained(tmp_path, expires="1h")
    turn(made, On=True, Mode="undo_only", **BY)

    await swept(made, 2 * HOUR)

    assert isolated(made) == []


async def test_who_was_refused_an_undo_is_on_record(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    turn(made, On=True, Mode="deny", **BY)

    await undone(made, alert())

    assert [row["ActorName"] for row in made.records if row["Decision"] == "undo_refused"] == [
        "ann@contoso.example"
    ] * 2
