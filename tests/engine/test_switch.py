from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from shared.engine.switch import FRESH, KillSwitch
from shared.model.errors import AzureError, Temporary
from shared.model.switch import Switch
from tests import lab
from tests.engine.cases import NICS, acting, alert, delivered, ends, isolated, turn
from tests.lab import Lab

SECONDS = FRESH.total_seconds()


def reads(made: Lab) -> int:
    return len([call for call in made.world.calls if "kill_switch" in call.path])


def switch(made: Lab) -> KillSwitch:
    return KillSwitch(made.app.ledger, made.world.clock)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"On": True, "Who": "Megan", "Why": "wrong rule"}, Switch(mode="undo_only", who="Megan", why="wrong rule")),
        ({"On": False, "Who": "Megan"}, Switch(who="Megan")),
        ({}, Switch(mode="undo_only")),
    ],
    ids=["on", "off", "a row that does not say"],
)
async def test_it_stands_as_its_row_says(row: dict[str, Any], wanted: Switch) -> None:
    made = lab.make()
    turn(made, **row)

    assert await switch(made).now() == wanted


async def test_it_is_read_once_for_all_who_ask_within_five_seconds() -> None:
    made = lab.make()
    made.world.latency = 0.1
    kill = switch(made)

    await asyncio.gather(*(kill.now() for _ in range(50)))
    await asyncio.sleep(SECONDS - 1)
    await kill.now()

    assert reads(made) == 1


@pytest.mark.parametrize("on", [True, False])
async def test_every_instance_sees_it_turned_within_five_seconds(*, on: bool) -> None:
    made = lab.make()
    turn(made, On=not on)
    instances = [switch(made), switch(made)]
    assert [(await each.now()).on for each in instances] == [not on, not on]

    turn(made, On=on)
    await asyncio.sleep(SECONDS)

    assert [(await each.now()).on for each in instances] == [on, on]


async def test_one_that_cannot_be_read_is_an_error_and_never_what_it_was_before() -> None:
    made = lab.make()
    kill = switch(made)
    assert not (await kill.now()).on
    made.world.faults.on("GET", "kill_switch", Status(503), times=math.inf)
    await asyncio.sleep(SECONDS)

    for _ in range(2):
        with pytest.raises(Temporary):
            await kill.now()

    made.world.faults.clear()
    assert not (await kill.now()).on


async def test_a_ledger_that_refuses_us_is_no_switch_that_is_off() -> None:
    made = lab.make(granted=())

    with pytest.raises(AzureError):
        await switch(made).now()


async def test_turned_on_nothing_is_done_and_turned_off_the_next_event_is(tmp_path: Path) -> None:
    made = acting(tmp_path)
    turn(made, On=True, Who="Megan", Why="wrong rule")
    await delivered(made, alert("1"))
    assert (isolated(made), ends(made)) == ([], dict.fromkeys(NICS, "refused"))
    assert {row["Reason"] for row in made.records} == {"the kill switch is on (undo_only): wrong rule (Megan)"}

    turn(made, On=False)
    await asyncio.sleep(SECONDS)
    await delivered(made, alert("2"))

    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]


async def test_turned_on_a_dry_run_says_that_it_would_be_refused(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")
    turn(made, On=True)

    await delivered(made, alert())

    assert {row["Decision"] for row in made.records} == {"refused"}
    assert {row["Reason"] for row in made.records} == {
        "the kill switch is on (undo_only): no reason given (by an unknown person)"
    }
