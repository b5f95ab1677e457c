"""Nobody knows whether a second half was done: the way back begins with a look, not with what was remembered."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.faults import Cut, Effect, Hang, Status
from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.kinds.responder import Operation
from tests import lab
from tests.engine.cases import ROTATE, acting, delivered, steps, swept, undone
from tests.lab import Lab

BODY = lab.recording("keyvault_secret_near_expiry")
OLD = contoso.SECRET_VERSIONS[1]
DAY = 86_400
ON, OFF = [False, True, True], [False, False, True]


def versions(made: Lab) -> list[Version]:
    return made.world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)


def enabled(made: Lab) -> list[bool]:
    return [version.attributes["enabled"] for version in versions(made)]


async def rotated(folder: Path) -> Lab:
    made = acting(folder, ROTATE)
    made.world.latency = 0.01  # so that no two records are of one moment
    await delivered(made, BODY)
    return made


async def in_doubt(folder: Path, *, struck: bool) -> Lab:
    """A rotation whose second half ended without anybody knowing whether it was done."""
    made = await rotated(folder)
    made.world.faults.on("PATCH", "secrets", Cut("after") if struck else Status(500))
    made.world.faults.on("PATCH", "secrets", Status(403, "Forbidden"), skip=1, times=math.inf)
    await swept(made, DAY)
    await swept(made, 700)
    assert made.records[-1]["Decision"] == "uncertain"
    made.world.faults.clear()
    assert enabled(made) == (OFF if struck else ON)
    return made


@pytest.mark.parametrize("struck", [True, False], ids=["was done", "was not done"])
async def test_what_was_done_is_put_back_and_what_was_not_is_left_alone(*, struck: bool, tmp_path: Path) -> None:
    made = await in_doubt(tmp_path, struck=struck)
    tried = len([call for call in made.world.calls if call.method == "PATCH"])

    (end,) = await undone(made, BODY)

    assert (end.decision, enabled(made)) == ("undone", ON)
    difference = [{"field": "disabled", "before": OLD, "after": ""}]
    assert made.record(Decision="undone").get("Diff", []) == (difference if struck else [])
    assert len([call for call in made.world.calls if call.method == "PATCH"]) - tried == (1 if struck else 0)


async def test_the_doubt_stays_until_an_undo_has_worked(tmp_path: Path) -> None:
    made = await in_doubt(tmp_path, struck=True)
    made.world.faults.always("PATCH", "secrets", Status(403, "Forbidden"))
    assert [end.decision for end in await undone(made, BODY)] == ["undo_failed"]
    made.world.faults.clear()

    assert [end.decision for end in await undone(made, BODY)] == ["undone"]

    assert enabled(made) == ON
    (noted,) = await steps(made, BODY)
    assert (noted.entry.state, noted.entry.otherwise) == ("undone", "failed")


@pytest.mark.parametrize("status", [403, 503])
async def test_where_nobody_can_look_nothing_is_put_back(status: int, tmp_path: Path) -> None:
    made = await in_doubt(tmp_path, struck=True)
    made.world.faults.always("GET", "/versions", Status(status, "Told"))

    (end,) = await undone(made, BODY)

    assert (end.decision, "Told" in end.reason, enabled(made)) == ("undo_failed", True, OFF)
    assert made.record(Decision="undo_failed")["Reason"] == end.reason


async def test_a_version_that_cannot_look_any_more_refuses(tmp_path: Path) -> None:
    made = await in_doubt(tmp_path, struck=True)
    responder = made.app.responders[ROTATE]
    assert isinstance(responder, Operation)
    made.app = changed(made.app, responders={ROTATE: changed(responder, later=None)})

    (end,) = await undone(made, BODY)

    reason = f"nobody knows whether its second half was done, and {ROTATE} has none any more to look for"
    assert (end.decision, end.reason, enabled(made)) == ("undo_refused", reason, OFF)
    assert made.record(Decision="undo_refused")["Reason"] == reason


async def test_a_second_half_that_certainly_failed_leaves_no_doubt(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Status(403, "Forbidden"), times=2)
    await swept(made, DAY)
    assert made.records[-1]["Decision"] == "failed"
    versions(made)[1].attributes["enabled"] = False  # by a person

    (end,) = await undone(made, BODY)

    assert (end.decision, enabled(made)) == ("undone", OFF)


@pytest.mark.parametrize("effect", [Hang("after"), Hang("before")], ids=["was done", "was not done"])
async def test_one_whose_instance_died_may_have_been_done(effect: Effect, tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", effect)
    dying = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    made.world.faults.on("PATCH", "secrets", Status(403, "Forbidden"), times=math.inf)

    await swept(made, LEASE.total_seconds())
    assert made.records[-1]["Decision"] == "uncertain"
    made.world.faults.clear()

    assert [end.decision for end in await undone(made, BODY)] == ["undone"]
    assert enabled(made) == ON


async def test_what_was_seen_before_its_instance_died_is_no_doubt(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    (noted,) = await steps(made, BODY)
    left = replace(noted.entry, lease=made.world.clock.now(), owner="dead", otherwise="unverified")
    await made.app.ledger.move(noted, left, [])
    made.world.faults.always("PATCH", "secrets", Status(403, "Forbidden"))

    await swept(made, DAY)

    assert made.records[-1]["Decision"] == "unverified"


async def test_a_version_that_was_disabled_before_the_rotation_is_not_enabled_by_the_way_back(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE)
    versions(made)[1].attributes["enabled"] = False
    await delivered(made, BODY)
    (noted,) = await steps(made, BODY)
    await made.app.ledger.move(noted, replace(noted.entry, otherwise="uncertain", due=None, due_for=""), [])

    (end,) = await undone(made, BODY)

    assert (end.decision, enabled(made)) == ("undone", OFF)
