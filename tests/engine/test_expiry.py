from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from tests.engine.cases import (
    NICS,
    acting,
    alert,
    decisions_of,
    delivered,
    ends,
    group_of,
    isolated,
    resource,
    states,
    steps,
    swept,
)
from tests.lab import Lab

HOUR = 3600


async def extended(made: Lab, body: dict[str, Any]) -> tuple[int, Any]:
    run = made.records[0]["RunId"]
    return await made.post(f"/api/runs/{run}/extend", {"reason": "not over yet", **body})


async def test_what_expires_is_put_back_within_two_minutes_of_its_time(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "4h"})
    await delivered(made, alert())
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    done = made.record(Decision="done", Target=NICS[0])
    acted = datetime.fromisoformat(done["TimeGenerated"])
    assert datetime.fromisoformat(done["ExpiresTime"]) == acted + timedelta(hours=4)

    for _ in range(239):
        await swept(made, 60)
    assert isolated(made) != []
    for _ in range(2):
        await swept(made, 60)

    assert isolated(made) == []
    assert ends(made) == {NICS[0]: "undone", NICS[1]: "undone"}
    assert made.record(Decision="undone", Target=NICS[0])["ActorKind"] == "system"
    again = [row for row in made.records if row["Decision"] == "intent" and row.get("Reason")]
    assert {row["Reason"] for row in again} == {"its time is over: to be put back"}
    assert await made.app.ledger.waiting() == 0


async def test_without_expiry_it_lasts(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())

    await swept(made, 90 * 24 * HOUR)

    assert isolated(made) != []


async def test_it_can_be_renewed(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "1h"})
    await delivered(made, alert())

    status, body = await extended(made, {"lasts": "5h"})
    await swept(made, 2 * HOUR)
    still = isolated(made)
    await swept(made, 4 * HOUR)

    assert (status, [step["reason"] for step in body["steps"]]) == (200, ["", ""])
    assert still == ["nic-web-01", "nic-web-01-backend"]
    assert isolated(made) == []
    told = made.record(Decision="extended", Target=NICS[0])
    assert (told["Reason"], told["ActorKind"]) == ("not over yet", "function_key")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({}, 400, "give either `lasts` or `until`"),
        ({"lasts": "1h", "until": "2026-03-03T00:00:00Z"}, 400, "give either `lasts` or `until`"),
        ({"lasts": "91d"}, 400, "the time must be in the future, and at most 90 days away"),
        ({"until": "2026-03-02T08:00:00Z"}, 400, "the time must be in the future, and at most 90 days away"),
        ({"until": "2026-03-03T08:00:00"}, 400, "with a timezone component"),
        ({"lasts": "30m"}, 409, "it lasts until 2026-03-02T10:00:"),
        ({"lasts": "5h", "reason": ""}, 400, "length >= 1"),
    ],
)
async def test_a_renewal_that_makes_no_sense_is_refused(
    body: dict[str, Any], status: int, told: str, tmp_path: Path
) -> None:
    made = acting(tmp_path, options={"expires": "1h"})
    await delivered(made, alert())

    answer, problem = await extended(made, body)

    assert answer == status
    assert told in str(problem.get("errors")), problem


async def test_where_nothing_expires_there_is_nothing_to_renew(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())

    status, problem = await extended(made, {"lasts": "5h"})

    assert (status, problem["detail"]) == (409, "Nothing that this run did expires.")


async def test_what_somebody_changed_since_is_left_alone_and_not_tried_for_ever(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "1h"})
    await delivered(made, alert())
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = None

    for _ in range(5):
        await swept(made, HOUR)

    assert decisions_of(made, NICS[0])[-2:] == ["intent", "undo_refused"]
    assert decisions_of(made, NICS[0]).count("undo_refused") == 1
    assert ends(made)[NICS[1]] == "undone"
    assert await made.app.ledger.waiting() == 0


async def test_what_could_not_be_put_back_is_tried_again(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "1h"})
    await delivered(made, alert())
    made.world.faults.on("PUT", "networkInterfaces", Status(400, "BadRequest"), times=6)

    for _ in range(8):
        await swept(made, HOUR)

    assert isolated(made) == []
    assert decisions_of(made, NICS[0]).count("undo_failed") >= 1
    assert ends(made)[NICS[0]] == "undone"


async def test_two_cases_hold_one_interface_and_each_expires_for_itself(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "2h"})
    await delivered(made, alert("1"))
    await swept(made, HOUR)
    await delivered(made, alert("2"))

    await swept(made, HOUR)
    first = (await states(made, alert("1")), isolated(made))
    await swept(made, HOUR)

    assert first == (["undone", "undone"], ["nic-web-01", "nic-web-01-backend"])
    assert await states(made, alert("2")) == ["undone", "undone"]
    assert [group_of(made, nic) for nic in NICS] == ["nsg-web", ""]


async def test_who_offends_again_is_held_for_longer(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": ["1h", "4h", "1d"]})
    lasted = []

    for name in ("1", "2", "3", "4"):
        await delivered(made, alert(name))
        for noted in await steps(made, alert(name)):
            assert noted.entry.expires is not None
            assert noted.entry.times.verified is not None
            lasted.append(round((noted.entry.expires - noted.entry.times.verified).total_seconds() / HOUR))
        await swept(made, 25 * HOUR)
        assert isolated(made) == []

    assert lasted == [1, 1, 4, 4, 24, 24, 24, 24]


async def test_an_instance_that_died_on_the_way_back_is_relieved(tmp_path: Path) -> None:
    made = acting(tmp_path, options={"expires": "1h"})
    await delivered(made, alert())
    made.world.faults.on("PUT", "networkInterfaces", Status(503, "ServiceUnavailable"), times=1)

    for _ in range(4):
        await swept(made, HOUR)

    assert isolated(made) == []
