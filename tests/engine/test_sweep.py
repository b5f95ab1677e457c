from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import replace as changed
from pathlib import Path

import pytest

from azsim.arm import Arm
from azsim.faults import Fault, Hang, Status
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.sweep import sweep
from shared.model.ids import partition
from tests.engine.cases import ISOLATE, acting, alert, delivered, event, isolated, states, swept, writes

GONE = "playbook only is not there any more"


async def test_when_nothing_is_left_nothing_is_done(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert())
    records, calls = len(made.records), len(writes(made))

    assert await sweep(made.app) == 0
    await asyncio.sleep(86_400)
    assert await sweep(made.app) == 0

    assert (len(made.records), len(writes(made))) == (records, calls)


async def test_what_a_dead_instance_left_is_taken_over_when_its_lease_ends(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Hang())
    dying = asyncio.create_task(delivered(made, alert()))
    await asyncio.sleep(20)  # less than the wait for an answer
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert "claimed" in await states(made, alert())

    await swept(made, LEASE.total_seconds() - 60)
    assert "claimed" in await states(made, alert())
    await swept(made, 120)
    await swept(made, LEASE.total_seconds())

    assert await states(made, alert()) == ["done", "done"]
    assert sorted(isolated(made)) == ["nic-web-01", "nic-web-01-backend"]


async def test_a_responder_that_is_gone_is_told_and_the_other_steps_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert(), alert("2", vm=contoso.DC_VM))
    less = changed(made.app, responders={name: r for name, r in made.app.responders.items() if name != ISOLATE})
    await asyncio.sleep(700)

    with caplog.at_level(logging.ERROR):
        await sweep(less)

    assert f"calls {ISOLATE}, which is not there any more" in caplog.text
    assert await made.app.ledger.waiting() == 1


async def test_one_case_that_cannot_be_swept_does_not_keep_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    made.world.state(Arm).resources[contoso.DC_VM.lower()].body["tags"] = {}
    first, second = alert("1"), alert("2", vm=contoso.DC_VM)
    await delivered(made, first, second)
    made.world.faults.clear()
    place = partition(event(made, first).case)
    made.world.faults.script.append(
        Fault(Status(403), lambda call: place in call.path or place.encode() in call.body, times=math.inf)
    )

    with caplog.at_level(logging.ERROR):
        await swept(made, 700)

    assert isolated(made) == ["nic-dc-01"]
    assert f"case {place} could not be swept" in caplog.text


async def test_two_sweeps_at_once_do_nothing_twice(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(503, retry_after=600))
    await delivered(made, alert())
    made.world.faults.clear()
    tried = len(writes(made))
    await asyncio.sleep(700)

    await asyncio.gather(sweep(made.app), sweep(made.app), sweep(made.app))

    assert await states(made, alert()) == ["done", "done"]
    assert len([call for call in writes(made)[tried:] if "networkInterfaces" in call.path]) == 2
    assert [row["Decision"] for row in made.records].count("done") == 2


@pytest.mark.parametrize("there", [True, False])
async def test_a_run_that_broke_off_is_taken_up_again_if_its_playbook_is_still_there(
    *, there: bool, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    body = {"entities": [{"kind": "azure_resource", "resource_id": contoso.WEB_VM}]}
    _, answer = await made.post("/api/playbooks/only/runs", body, prefer="respond-async")
    for task in list(made.app.tasks):
        task.cancel()
    await asyncio.sleep(0)
    assert not [row for row in made.records if row["Decision"] == "done"]
    made.app.playbooks.all = made.app.playbooks.all if there else ()

    await swept(made, LEASE.total_seconds())
    await swept(made, LEASE.total_seconds())

    assert bool(isolated(made)) is there
    _, shown = await made.get(f"/api/runs/{answer['run']}")
    assert shown["state"] == "finished"
    assert [found["Reason"] for found in shown["rehearsed"]] == ([] if there else [GONE])
    assert [row["Reason"] for row in made.records if row["Decision"] == "refused"] == ([] if there else [GONE])
    assert await made.app.ledger.waiting() == 0
