"""Within ten seconds the kill switch stops every instance, even a step that is only waiting for its lock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.engine.cases import NICS, acting, alert, delivered, ends, isolated, states, swept, turn, undone
from tests.engine.test_switch_modes import BY, HOUR, contained
from tests.lab import Lab, make


def second(made: Lab, folder: Path) -> Lab:
    """Another instance over the same world."""
    return make(playbooks=folder, world=made.world)


async def holding(made: Lab) -> list[Any]:
    """Both targets, locked by another instance."""
    deadline = made.world.clock.now()
    return [await made.app.ledger.lock(nic, "another", deadline) for nic in NICS]


@pytest.mark.parametrize(
    ("mode", "state"), [("queue", "planned"), ("deny", "refused"), ("undo_only", "refused"), ("?", "refused")]
)
async def test_a_step_that_has_waited_for_its_lock_looks_again_before_it_writes(
    mode: str, state: str, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    other = second(made, tmp_path)
    locks = await holding(other)
    work = asyncio.create_task(delivered(made, alert()))
    await asyncio.sleep(30)
    assert await states(made, alert()) == ["claimed", "claimed"]  # the guards have said yes

    turn(made, On=True, Mode=mode, **BY)
    await asyncio.sleep(10)
    for each in locks:
        await other.app.ledger.unlock(each)
    await work

    assert (isolated(made), await states(made, alert())) == ([], [state, state])
    assert [row for row in made.ledger_rows() if row["RowKey"] == "target"] == []  # no hold of what was not done
    turn(made, On=False)
    await swept(other, 60)
    assert isolated(made) == (["nic-web-01", "nic-web-01-backend"] if mode == "queue" else [])


@pytest.mark.parametrize("expires", [False, True])
@pytest.mark.parametrize("mode", ["queue", "deny"])
async def test_a_way_back_that_has_waited_for_its_lock_looks_again_before_it_writes(
    mode: str, *, expires: bool, tmp_path: Path
) -> None:
    made = await contained(tmp_path, **({"expires": "1h"} if expires else {}))
    other = second(made, tmp_path)
    await asyncio.sleep(HOUR)
    locks = await holding(other)
    work = asyncio.create_task(swept(made, 0) if expires else undone(made, alert()))
    await asyncio.sleep(30)
    assert "undoing" in await states(made, alert())

    turn(made, On=True, Mode=mode, **BY)
    await asyncio.sleep(10)
    for each in locks:
        await other.app.ledger.unlock(each)
    await work

    assert (isolated(made), await states(made, alert())) == (["nic-web-01", "nic-web-01-backend"], ["done", "done"])
    turn(made, On=False)
    await swept(other, 1200)
    assert isolated(made) == ([] if expires else ["nic-web-01", "nic-web-01-backend"])


async def test_two_instances_heed_it_within_ten_seconds(tmp_path: Path) -> None:
    made = acting(tmp_path)
    other = second(made, tmp_path)
    assert not (await made.app.switch.now()).on
    assert not (await other.app.switch.now()).on

    status, _ = await made.request("PUT", "/api/kill-switch", {"mode": "deny", "why": "wrong rule"})
    assert status == 200
    await asyncio.sleep(10)
    await delivered(other, alert("1"))
    await delivered(made, alert("2"))

    assert isolated(made) == []
    assert set(ends(made).values()) == {"refused"}
