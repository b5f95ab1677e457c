"""Quiet hours of a playbook, on the way through the walk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import lab
from tests.engine.cases import (
    NICS,
    acting,
    alert,
    decisions_of,
    delivered,
    ends,
    isolated,
    states,
    steps,
    swept,
    undone,
)
from tests.engine.guards.test_budget import approve
from tests.lab import Lab


def sleepy(folder: Path, then: str, minutes: int = 60, **fields: Any) -> Lab:
    """Contoso, with quiet hours that have begun a minute ago."""
    made = acting(folder)
    now = made.world.clock.now()
    begin, end = now - timedelta(minutes=1), now + timedelta(minutes=minutes)
    file = folder / "only.yaml"
    hours = {"from": f"{begin:%H:%M}", "to": f"{end:%H:%M}", "zone": "UTC", "then": then}
    content = yaml.safe_load(file.read_text()) | {"quiet_hours": hours} | fields
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return lab.make(playbooks=folder, world=made.world)


async def test_held_until_somebody_approves(tmp_path: Path) -> None:
    made = sleepy(tmp_path, "hold")

    await delivered(made, alert())
    assert (isolated(made), await states(made, alert())) == ([], ["held", "held"])
    assert made.record(Decision="held", Target=NICS[0])["Reason"].startswith("quiet hours until ")
    await approve(made, alert())
    await swept(made, 60)

    assert len(isolated(made)) == 2
    intent = made.record(Decision="intent", Target=NICS[0])
    assert any(said.endswith("it is now, but approved") for said in intent["Guard"])


async def test_put_off_until_they_are_over_which_is_no_attempt(tmp_path: Path) -> None:
    made = sleepy(tmp_path, "wait")
    await delivered(made, alert())
    assert await states(made, alert()) == ["planned", "planned"]
    for noted in await steps(made, alert()):
        assert noted.entry.attempts == noted.entry.deferrals == 1

    for _ in range(59):
        await swept(made, 60)
    assert isolated(made) == []
    for _ in range(2):
        await swept(made, 60)

    assert len(isolated(made)) == 2
    assert decisions_of(made, NICS[0]) == ["deferred", "intent", "done"]


async def test_refused(tmp_path: Path) -> None:
    made = sleepy(tmp_path, "refuse")

    await delivered(made, alert())

    assert (isolated(made), ends(made)) == ([], dict.fromkeys(NICS, "refused"))


async def test_at_any_other_time_it_acts(tmp_path: Path) -> None:
    made = sleepy(tmp_path, "hold", minutes=2)

    await swept(made, 180)
    await delivered(made, alert())

    assert len(isolated(made)) == 2
    assert any(
        said.endswith("it is not now")
        for said in made.record(Decision="done", Target=NICS[0]).get("Guard")
        or made.record(Decision="intent", Target=NICS[0])["Guard"]
    )


async def test_what_was_done_before_can_be_undone(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    sleepy(tmp_path, "refuse")
    other = lab.make(playbooks=tmp_path, world=made.world)

    assert [end.decision for end in await undone(other, alert())] == ["undone", "undone"]
    assert isolated(made) == []


@pytest.mark.parametrize(
    ("then", "decision", "told"),
    [
        ("hold", "dry_run", "somebody would have to approve it: quiet hours until"),
        ("wait", "dry_run", "it would wait: quiet hours until"),
        ("refuse", "refused", "quiet hours until"),
    ],
)
async def test_a_dry_run_says_what_would_become_of_it(then: str, decision: str, told: str, tmp_path: Path) -> None:
    made = sleepy(tmp_path, then, mode="dry_run")

    await delivered(made, alert())

    assert {row["Decision"] for row in made.records} == {decision}
    assert all(row["Reason"].startswith(told) for row in made.records)
    assert all(("WouldSend" in row) == (decision == "dry_run") for row in made.records)
