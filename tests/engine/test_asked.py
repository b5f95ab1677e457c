from __future__ import annotations

from pathlib import Path

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.asked import take_up
from shared.model.entity import AzureResource
from shared.model.ids import partition
from shared.model.ledger import Run
from shared.model.step import Brief, Mode
from tests.engine.cases import ANALYST, acting, isolated, swept, writes
from tests.lab import Lab

CASE = "asked:1"
PLACE = partition(CASE)
RUN = f"{PLACE}-0123456789ab"


async def asked(made: Lab, mode: Mode = "act") -> Run:
    """A run that was accepted."""
    run = Run(
        id=RUN,
        playbook="only",
        mode=mode,
        actor=ANALYST,
        event=Brief(id="1", source="http", digest="d", case=CASE, severity="high", door="http"),
        entities=(AzureResource(resource_id=contoso.WEB_VM),),
        accepted=made.world.clock.now(),
    )
    await made.app.ledger.open(CASE)
    assert await made.app.ledger.accept(PLACE, run)
    return run


async def taken_up(made: Lab, run: Run) -> Run:
    playbook = made.app.playbooks.named("only")
    assert playbook is not None
    await take_up(run, playbook, made.app)
    found = await made.app.ledger.run(PLACE, RUN)
    assert found is not None
    return found


async def test_a_run_is_the_same_walk_with_the_one_who_asked_in_its_records(tmp_path: Path) -> None:
    made = acting(tmp_path)

    run = await taken_up(made, await asked(made))

    assert (run.finished, run.rehearsed) == (True, ())
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    assert sorted(row["Decision"] for row in made.records) == ["done", "done", "intent", "intent"]
    assert {(row["RunId"], row["ActorName"], row["Door"]) for row in made.records} == {(RUN, ANALYST.name, "http")}
    assert made.records[0]["Match"] == [f"asked for by {ANALYST.name}"]


async def test_a_run_that_is_taken_up_again_does_nothing_twice(tmp_path: Path) -> None:
    made = acting(tmp_path)
    run = await asked(made)
    await taken_up(made, run)
    done, records = len(writes(made)), len(made.records)

    await taken_up(made, run)

    assert (len(writes(made)), len(made.records)) == (done, records)


async def test_a_dry_run_keeps_what_it_found_and_changes_nothing(tmp_path: Path) -> None:
    made = acting(tmp_path)
    before = made.tenant()

    run = await taken_up(made, await asked(made, "dry_run"))

    assert (run.finished, [record.Decision for record in run.rehearsed]) == (True, ["dry_run", "dry_run"])
    assert [row["RecordId"] for row in made.records] == [record.RecordId for record in run.rehearsed]
    assert (made.tenant(), await made.app.ledger.entries(PLACE)) == (before, [])


@pytest.mark.parametrize("mode", ["act", "dry_run"])
async def test_a_run_whose_end_could_not_be_stored_is_taken_up_again_by_the_sweep(mode: Mode, tmp_path: Path) -> None:
    made = acting(tmp_path)
    run = await asked(made, mode)
    made.world.faults.always("PUT", f"RowKey='run-{RUN}'", Status(403, "AuthorizationFailure"))

    with pytest.raises(Exception, match="AuthorizationFailure"):
        await taken_up(made, run)
    made.world.faults.clear()
    for _ in range(2):
        await swept(made, LEASE.total_seconds() + 1)

    found = await made.app.ledger.run(PLACE, RUN)
    assert found is not None
    assert found.finished
    assert len({row["RecordId"] for row in made.records}) == (4 if mode == "act" else 2)
    assert await made.app.ledger.waiting() == 0
