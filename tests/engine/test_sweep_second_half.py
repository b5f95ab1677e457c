"""What an operation does later is taken up by the sweep, once, unless it was undone before."""

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
from shared.engine.outcome import MOST_ATTEMPTS
from tests import lab
from tests.engine.cases import ROTATE, acting, delivered, steps, swept, turn, undone
from tests.lab import Lab

BODY = lab.recording("keyvault_secret_near_expiry")
DAY = 86_400


async def rotated(folder: Path) -> Lab:
    made = acting(folder, ROTATE)
    made.world.latency = 0.01  # so that no two records are of one moment
    await delivered(made, BODY)
    return made


def enabled(made: Lab) -> list[bool]:
    versions = made.world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)
    return [version.attributes["enabled"] for version in versions]


def patches(made: Lab) -> list[Call]:
    return [call for call in made.world.calls if call.method == "PATCH" and "vault" in call.host and call.body]


def later(made: Lab) -> list[str]:
    """The decisions since the first half was done."""
    decided = [row["Decision"] for row in made.records]
    return decided[decided.index("done") + 1 :]


async def test_it_is_done_when_it_is_due_with_an_intent_and_an_end_and_once(tmp_path: Path) -> None:
    made = await rotated(tmp_path)

    await swept(made, DAY - 60)
    assert later(made) == []
    for _ in range(3):
        await swept(made, 120)

    assert later(made) == ["intent", "finished"]
    assert made.record(Decision="finished")["Attempt"] == 2
    assert (enabled(made), len(patches(made))) == ([False, False, True], 1)
    (noted,) = await steps(made, BODY)
    assert (noted.entry.state, noted.entry.due, noted.entry.lease) == ("done", None, None)
    assert noted.entry.before == {**(noted.entry.after or {}), **(noted.entry.before or {})}
    assert (noted.entry.after or {})["disabled"] == contoso.SECRET_VERSIONS[1]
    assert await made.app.ledger.waiting() == 0


async def test_while_one_instance_is_at_it_another_leaves_it_alone(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Hang("after"))
    first = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)

    await made.host.timer("sweep")
    await first

    assert later(made).count("intent") == 1
    assert len(patches(made)) == 1


async def test_one_whose_instance_died_is_taken_up_when_its_claim_ends(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Hang("after"))
    dying = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)

    await swept(made, 60)
    assert "finished" not in later(made)
    await swept(made, LEASE.total_seconds())

    assert later(made)[-1] == "finished"
    assert await made.app.ledger.waiting() == 0


async def test_what_did_not_work_is_tried_again_and_given_up_in_the_end(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.always("PATCH", "secrets", Status(409, "Conflict"))

    await swept(made, DAY)
    for _ in range(MOST_ATTEMPTS + 2):
        await swept(made, 700)

    assert later(made).count("deferred") == MOST_ATTEMPTS - 2
    failed = made.record(Decision="failed")
    assert failed["Reason"].startswith(f"given up after {MOST_ATTEMPTS} attempts: ")
    (noted,) = await steps(made, BODY)
    assert (noted.entry.state, noted.entry.due) == ("done", None)


async def test_one_whose_answer_was_lost_does_not_end_as_failed(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Cut("after"))
    made.world.faults.on("PATCH", "secrets", Status(403, "Forbidden"), skip=1, times=math.inf)

    await swept(made, DAY)
    await swept(made, 700)

    assert later(made)[-1] == "uncertain"
    assert "failed" not in later(made)


@pytest.mark.parametrize("doubt", [False, True])
@pytest.mark.parametrize("mode", ["queue", "deny", "undo_only"])
async def test_while_the_kill_switch_is_on_it_waits_and_goes_on_afterwards(
    mode: str, *, doubt: bool, tmp_path: Path
) -> None:
    made = await rotated(tmp_path)
    if doubt:
        made.world.faults.on("PATCH", "secrets", Cut("after"))
        await swept(made, DAY)
    turn(made, On=True, Mode=mode, Who="Megan", Why="wrong rule")
    before = [noted.row for noted in await steps(made, BODY)]

    for _ in range(3):
        await swept(made, DAY)

    assert [noted.row for noted in await steps(made, BODY)] == before
    assert enabled(made) == [False, not doubt, True]
    turn(made, On=False)
    await swept(made, 60)
    assert later(made)[-1] == "finished"
    assert enabled(made) == [False, False, True]


async def test_a_guard_that_cannot_be_asked_puts_it_off_and_keeps_a_doubt(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Cut("after"))
    await swept(made, DAY)
    made.world.faults.on("GET", "kill_switch", Status(503), times=math.inf)

    await swept(made, 700)

    (noted,) = await steps(made, BODY)
    assert (noted.entry.due_for, noted.entry.otherwise) == ("later", "uncertain")
    assert made.records[-1]["Reason"].startswith("a guard cannot be asked")


async def test_one_that_another_instance_took_over_is_concluded_by_that_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = await rotated(tmp_path)
    made.world.faults.on("PATCH", "secrets", Hang("after"))
    slow = asyncio.create_task(swept(made, DAY + 60))
    await asyncio.sleep(DAY + 65)
    (noted,) = await steps(made, BODY)
    await made.app.ledger.move(noted, replace(noted.entry, owner="another"), [])

    await slow

    assert "was taken over before it was concluded" in caplog.text
    assert "finished" not in later(made)
    await swept(made, LEASE.total_seconds())
    assert later(made)[-1] == "finished"


async def test_one_that_was_undone_between_the_look_and_the_claim_is_not_done(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    await asyncio.sleep(DAY)
    hurried: list[asyncio.Task[object]] = []

    def undo_first(call: Call) -> bool:
        if not hurried and "kill_switch" in call.path:
            hurried.append(asyncio.ensure_future(undone(made, BODY)))
        return False

    made.world.faults.script.append(Fault(Status(500), undo_first))
    made.world.latency = 0.2
    await swept(made, 60)
    await asyncio.gather(*hurried)

    assert len(hurried) == 1
    assert (await steps(made, BODY))[0].entry.state in ("undone", "done")
    assert enabled(made)[1] is ((await steps(made, BODY))[0].entry.state == "undone")


async def test_a_step_of_another_version_that_does_not_fit_ends_with_a_record(tmp_path: Path) -> None:
    made = await rotated(tmp_path)
    (noted,) = await steps(made, BODY)
    step = replace(noted.entry.step, aim=replace(noted.entry.step.aim, params={"gone_since": 1}))
    await made.app.ledger.move(noted, replace(noted.entry, step=step), [])

    await swept(made, DAY)

    assert "does not fit" in made.record(Decision="refused")["Reason"]
    assert await made.app.ledger.waiting() == 0
