"""An operation that must not be done twice, and whose effect cannot be seen by looking."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from azsim.faults import Cut, Effect, Hang, Status
from shared.azure.ledger import LEASE
from shared.kinds.responder import Operation
from tests.engine.cases import REVOKE, account, acting, decisions_of, delivered, states, steps, swept
from tests.lab import Lab

POST = "revokeSignInSessions"


def blind(folder: Path, *, repeatable: bool = False) -> Lab:
    """A responder whose look never shows that it was done."""
    made = acting(folder, REVOKE)
    revoke = made.app.responders[REVOKE]
    assert isinstance(revoke, Operation)
    made.app.responders[REVOKE] = replace(revoke, done=lambda *_: False, repeatable=repeatable)
    return made


def sent(made: Lab) -> int:
    return len([call for call in made.world.calls if POST in call.path])


@pytest.mark.parametrize("effect", [Cut("after"), Status(500), Hang("after")], ids=["cut", "500", "hang"])
async def test_what_may_have_been_done_is_not_done_again_and_asks_a_person(effect: Effect, tmp_path: Path) -> None:
    made = blind(tmp_path)
    made.world.faults.on("POST", POST, effect)

    await delivered(made, account())
    for _ in range(5):
        await swept(made, 700)

    assert await states(made, account()) == ["uncertain"]
    assert sent(made) == 1
    (noted,) = await steps(made, account())
    assert noted.entry.reason.startswith("it may have been done before, which cannot be seen")
    assert decisions_of(made, noted.entry.step.target_id)[-1] == "uncertain"
    assert await made.app.ledger.waiting() == 0


async def test_so_is_what_an_instance_left_that_died_at_it(tmp_path: Path) -> None:
    made = blind(tmp_path)
    made.world.faults.on("POST", POST, Hang("after"))
    dying = asyncio.create_task(delivered(made, account()))
    await asyncio.sleep(5)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    await swept(made, LEASE.total_seconds() + 1)

    assert await states(made, account()) == ["uncertain"]
    assert sent(made) == 1


async def test_what_was_certainly_not_begun_is_done(tmp_path: Path) -> None:
    made = blind(tmp_path)
    made.world.faults.on("GET", "v1.0/users/[^/]+$", Hang(), times=1)
    dying = asyncio.create_task(delivered(made, account()))
    await asyncio.sleep(5)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    await swept(made, LEASE.total_seconds() + 1)

    assert await states(made, account()) == ["done"]
    assert sent(made) == 1


async def test_a_person_who_has_looked_may_have_it_done_again(tmp_path: Path) -> None:
    made = blind(tmp_path)
    made.world.faults.on("POST", POST, Cut("after"))
    await delivered(made, account())

    assert await states(made, account()) == ["uncertain"]
    await asyncio.sleep(60)

    status, _ = await made.post("/api/playbooks/only/runs", {"event": account().decode(), "reason": "it was not done"})

    assert status == 202
    assert await states(made, account()) == ["done"]
    assert sent(made) == 2


async def test_what_is_repeatable_is_done_again(tmp_path: Path) -> None:
    made = blind(tmp_path, repeatable=True)
    made.world.faults.on("POST", POST, Cut("after"))

    await delivered(made, account())

    assert await states(made, account()) == ["done"]
    assert sent(made) == 2


async def test_what_was_done_and_not_seen_is_not_done_again(tmp_path: Path) -> None:
    made = blind(tmp_path)
    made.world.faults.on("GET", "v1.0/users/[^/]+$", Status(500), skip=1, times=10)

    await delivered(made, account())
    for _ in range(10):
        await swept(made, 700)

    assert await states(made, account()) == ["unverified"]
    assert sent(made) == 1
