from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.arm import Arm
from azsim.faults import Hang
from azsim.services.graph import Directory
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.act import act
from shared.engine.app import STEP
from shared.engine.outcome import Outcome
from shared.model.change import differences
from shared.wire.journal import Exchange
from tests.engine.cases import (
    NICS,
    REVOKE,
    account,
    acted,
    acting,
    alert,
    claimed,
    delivered,
    holds,
    locked,
    resource,
    states,
    writes,
)
from tests.responders.ask import Way, first

QUARANTINE = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-westeurope"
PUT = "networkInterfaces/nic-web-01?"


def told(outcome: Outcome) -> list[str]:
    """What changed."""
    assert outcome.change is not None
    return [str(difference) for difference in differences(outcome.change.before, outcome.change.after)]


async def test_it_looks_remembers_changes_and_looks_again(tmp_path: Path) -> None:
    way = Way()
    made = acting(tmp_path, wrap=way)
    made.world.latency = 0.1
    remembered = []
    way.meet("PUT", PUT, first(lambda: remembered.append(holds(made))))

    outcome = await acted(made, alert())

    assert remembered == [{"nsg-web": ["1"]}]
    assert (outcome.state, outcome.reason, outcome.otherwise) == ("done", "", "failed")
    assert told(outcome) == [f"network_security_group: {contoso.NETWORK}/networkSecurityGroups/nsg-web -> {QUARANTINE}"]
    assert outcome.notes == ("The effective rules deny all inbound and outbound traffic.",)
    times = outcome.times
    assert times.decided is not None
    assert times.acted is not None
    assert times.verified is not None
    assert times.decided < times.acted < times.verified


async def test_every_request_is_written_down(tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    journal: list[Exchange] = []
    before = len(made.world.calls)

    await act(noted.entry, made.app, journal)

    asked = [call for call in made.world.calls[before:] if "management.azure" in call.host]
    assert [(found.method, found.place, found.status) for found in journal] == [
        (call.method, call.host + call.path, call.status) for call in asked
    ]
    assert all(found.request_id for found in journal)


async def test_what_is_as_wanted_already_is_not_written_and_not_held(tmp_path: Path) -> None:
    made = acting(tmp_path)
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = {"id": QUARANTINE.upper()}

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.reason) == ("already", "the target is as wanted already")
    assert (told(outcome), writes(made), holds(made)) == ([], [], {})


async def test_a_target_that_another_case_holds_is_held_by_both(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert("1"))

    outcome = await acted(made, alert("2"))

    assert outcome.state == "already"
    assert told(outcome)[0].endswith("nsg-web -> " + QUARANTINE)
    assert holds(made)["nsg-web"] == ["1", "2"]


async def test_a_user_whose_sessions_are_void_already_is_left_alone(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    user = made.world.state(Directory).users[contoso.ADELE]
    user["signInSessionsValidFromDateTime"] = "2027-01-01T00:00:00Z"

    outcome = await acted(made, account())

    assert (outcome.state, locked(made)) == ("already", [])
    assert not [row for row in made.ledger_rows() if row["RowKey"] == "target"]


async def test_a_target_that_somebody_writes_meanwhile_is_read_again_and_keeps_what_they_wrote(tmp_path: Path) -> None:
    way = Way()
    made = acting(tmp_path, wrap=way)

    def write() -> None:
        found = made.world.state(Arm).find(NICS[0])
        assert found is not None
        found.body["tags"] = {"owner": "somebody"}
        found.etag = 'W/"another"'

    way.meet("PUT", PUT, first(write))

    outcome = await acted(made, alert())

    assert outcome.state == "done"
    assert [call.status for call in writes(made) if call.path.endswith("nic-web-01")] == [412, 200]
    assert resource(made, NICS[0])["tags"] == {"owner": "somebody"}


async def test_a_target_that_another_step_works_on_is_waited_for(tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    other = await made.app.ledger.lock(NICS[0], "another", made.world.clock.now() + STEP)
    waiting = asyncio.create_task(act(noted.entry, made.app, []))
    await asyncio.sleep(60)
    assert writes(made) == []

    await made.app.ledger.unlock(other)

    assert (await waiting).state == "done"


async def test_one_that_stays_locked_is_tried_again_later_and_nothing_is_forgotten(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await made.app.ledger.lock(NICS[0], "another", made.world.clock.now() + STEP)

    outcome = await acted(made, alert(), otherwise="uncertain")

    assert (outcome.state, outcome.otherwise) == ("planned", "uncertain")
    assert outcome.reason == f"target {NICS[0]} is being worked on by another step"
    assert (writes(made), locked(made)) == ([], ["another"])


async def test_a_lock_whose_owner_died_is_taken_over_when_it_ends(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await made.app.ledger.lock(NICS[0], "dead", made.world.clock.now() + STEP)
    await asyncio.sleep(LEASE.total_seconds())

    assert (await acted(made, alert())).state == "done"
    assert locked(made) == []


@pytest.mark.parametrize("done", [True, False])
async def test_what_may_not_go_on_any_more_is_only_looked_at(*, done: bool, tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    if done:
        await act(noted.entry, made.app, [])
    before = len(writes(made))

    outcome = await act(noted.entry, made.app, [], "the kill switch is on")

    assert (outcome.state, outcome.reason) == (("done", "") if done else ("refused", "the kill switch is on"))
    assert (len(writes(made)), locked(made)) == (before, [])
    assert holds(made) == ({"nsg-web": ["1"]} if done else {})


async def test_a_step_that_was_done_before_its_instance_died_is_seen_to_be_done(tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    await act(noted.entry, made.app, [])
    before = len(writes(made))
    await asyncio.sleep(600)

    outcome = await act(replace(noted.entry, attempts=2), made.app, [])

    assert (outcome.state, len(writes(made))) == ("done", before)
    assert told(outcome)[0].endswith("nsg-web -> " + QUARANTINE)
    assert outcome.times.acted is not None
    assert outcome.times.acted > noted.entry.started + timedelta(minutes=10)


@pytest.mark.parametrize("field", ["params", "target"])
async def test_a_step_of_another_version_that_does_not_fit_is_refused_and_locks_nothing(
    field: str, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    step = (await claimed(made, alert())).entry.step
    other = replace(step, aim=replace(step.aim, params={"gone_since": 1})) if field == "params" else step
    other = replace(other, target={"id": "x"}) if field == "target" else other

    outcome = await acted(made, alert("2"), step=other, otherwise="uncertain")

    assert (outcome.state, outcome.otherwise) == ("refused", "uncertain")
    assert "does not fit network.isolate_nic as it is in this version: Object " in outcome.reason
    assert (writes(made), locked(made)) == ([], [])


async def test_no_step_takes_longer_than_it_may(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Hang())
    begin = made.world.clock.now()

    await delivered(made, alert())

    assert made.world.clock.now() - begin < STEP * 2
    assert await states(made, alert()) == ["planned", "planned"]
