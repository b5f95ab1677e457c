"""That the kill switch was turned is on record once: who, why, from what and to what."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

from azsim.faults import Status
from shared.engine.turn import turn as turn_it
from shared.model.errors import Changed
from shared.model.switch import Switch
from tests import lab
from tests.engine.cases import ANALYST, acting, swept, turn
from tests.lab import Lab

WHY = "wrong rule"


def turns(made: Lab) -> list[tuple[str, str, str]]:
    """Who turned it, of what kind they are, and the words."""
    found = [row for row in made.records if row["Decision"] == "switched"]
    return [(row.get("ActorKind", ""), row.get("ActorName", ""), row["Reason"]) for row in found]


async def test_turned_by_the_api_it_is_on_record_at_once_and_no_more(tmp_path: Path) -> None:
    made = acting(tmp_path)

    before = await turn_it(Switch(mode="queue", who=ANALYST.name, why=WHY), ANALYST, made.app)
    again = await turn_it(Switch(mode="off", who=ANALYST.name, why="it was right"), ANALYST, made.app)

    assert (before, again) == (Switch(), Switch(mode="queue", who=ANALYST.name, why=WHY))
    wanted = [
        ("user", ANALYST.name, f"kill switch: off -> queue: {WHY}"),
        ("user", ANALYST.name, "kill switch: queue -> off: it was right"),
    ]
    assert turns(made) == wanted
    for _ in range(3):
        await swept(made, 60)
    assert turns(made) == wanted
    changed = next(row for row in made.records if row["Decision"] == "switched")
    assert {"field": "mode", "before": "off", "after": "queue"} in changed["Diff"]
    assert changed["ActorId"] == ANALYST.id


async def test_turned_by_hand_the_sweep_puts_it_on_record_once() -> None:
    made = lab.make()

    turn(made, On=True, Mode="deny", Who="Megan", Why=WHY)
    for _ in range(3):
        await swept(made, 60)

    assert turns(made) == [
        ("", "Megan", f"kill switch: off -> deny: {WHY} (turned in the ledger's table, not by the API)")
    ]


async def test_turned_by_hand_after_the_api_it_is_not_said_to_be_the_same_person() -> None:
    made = lab.make()
    await turn_it(Switch(mode="deny", who=ANALYST.name, why=WHY), ANALYST, made.app)
    row = next(row for row in made.ledger_rows() if row["RowKey"] == "kill_switch")

    kept: dict[str, Any] = {name: row[name] for name in ("Mode", "Who", "Why", "By")}
    turn(made, **{**kept, "On": False})
    await swept(made, 60)

    assert turns(made)[1][0] == ""
    assert "deny -> off" in turns(made)[1][2]


async def test_what_was_turned_by_hand_is_on_record_before_the_api_turns_it() -> None:
    made = lab.make()
    turn(made, On=True, Mode="deny", Who="Megan", Why=WHY)

    await turn_it(Switch(who=ANALYST.name, why="over"), ANALYST, made.app)

    assert [words.split(":")[1] for _, _, words in turns(made)] == [" off -> deny", " deny -> off"]


async def test_of_two_who_turn_it_at_once_one_is_told() -> None:
    made = lab.make()
    await turn_it(Switch(mode="queue", who="first", why=WHY), ANALYST, made.app)
    made.world.latency = 0.05

    ends = await asyncio.gather(
        *(turn_it(Switch(mode="deny", who=str(n), why=WHY), ANALYST, made.app) for n in range(2)),
        return_exceptions=True,
    )

    assert [isinstance(end, Changed) for end in ends].count(True) == 1
    assert len({row["RecordId"] for row in made.records}) == 2


async def test_turned_while_it_could_not_be_put_on_record_the_sweep_does() -> None:
    made = lab.make()
    made.world.faults.on("POST", "riposte", Status(503), times=math.inf, skip=1)

    await turn_it(Switch(mode="deny", who=ANALYST.name, why=WHY), ANALYST, made.app)

    assert (turns(made), (await made.app.switch.now()).mode) == ([], "deny")
    made.world.faults.clear()
    await swept(made, 60)

    assert turns(made) == [("user", ANALYST.name, f"kill switch: off -> deny: {WHY}")]


async def test_a_switch_that_nobody_has_turned_is_not_on_record() -> None:
    made = lab.make()

    await swept(made, 60)

    assert made.records == []
