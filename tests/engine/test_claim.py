from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.faults import Status
from shared.azure.ledger import LEASE, Noted, Opened
from shared.engine.claim import claim, take_over
from shared.engine.guard import Verdict
from shared.engine.outcome import Outcome
from shared.engine.plan import Ask, Planned, brief, planned
from shared.model.errors import Temporary
from shared.model.ledger import Entry, GivenUp
from shared.model.states import State
from tests.engine.cases import acting, alert, delivery, event
from tests.lab import Lab

YES = Verdict(None, ("asked",))
NO = Verdict(Outcome(state="refused", reason="a guard said no"))


async def ready(made: Lab, name: str = "1") -> tuple[Planned, Opened]:
    """A step to claim, and its case."""
    body = alert(name)
    found = event(made, body)
    (match,), _ = made.app.playbooks.match(found)
    opened = await made.app.ledger.open(found.case, found.same)
    plan, *_ = await planned(match, brief(found, delivery(made, body)), Ask("act"), made.app)
    return plan, opened


async def stored(made: Lab, opened: Opened) -> Entry:
    (noted,) = await made.app.ledger.entries(opened.partition)
    return noted.entry


async def in_state(made: Lab, noted: Noted, state: State, **fields: object) -> Noted:
    return await made.app.ledger.move(noted, replace(noted.entry, state=state, **fields), [])


async def test_a_claimed_step_is_written_down_with_the_record_of_the_intent(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)

    noted = await claim(plan, YES, opened, Ask("act"), made.app)

    assert noted is not None
    entry = await stored(made, opened)
    assert (entry.state, entry.attempts, entry.owner) == ("claimed", 1, made.app.instance)
    assert entry.lease == made.world.clock.now() + LEASE
    ((record, _),) = await made.app.ledger.unsent(opened.partition)
    assert (record.Decision, record.StepId, record.Guard) == ("intent", plan.step.key, ["asked"])


async def test_a_refused_step_is_written_down_as_ended(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)

    noted = await claim(plan, NO, opened, Ask("act"), made.app)

    assert noted is not None
    entry = await stored(made, opened)
    assert (entry.state, entry.reason, entry.lease) == ("refused", "a guard said no", None)
    ((record, _),) = await made.app.ledger.unsent(opened.partition)
    assert (record.Decision, record.Reason) == ("refused", "a guard said no")


async def test_of_many_at_once_one_gets_the_step(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)

    found = await asyncio.gather(*(claim(plan, YES, opened, Ask("act"), made.app) for _ in range(20)))

    assert len([noted for noted in found if noted]) == 1
    assert len(await made.app.ledger.unsent(opened.partition)) == 1


@pytest.mark.parametrize(
    ("state", "by_an_event", "by_a_person"),
    [
        ("claimed", False, False),
        ("planned", False, False),
        ("done", False, False),
        ("already", False, False),
        ("unverified", False, False),
        ("resolved", False, False),
        ("undoing", False, False),
        ("refused", False, True),
        ("failed", False, True),
        ("uncertain", False, True),
        ("undone", False, True),
    ],
)
async def test_who_may_take_a_step_that_is_there(
    state: State, *, by_an_event: bool, by_a_person: bool, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    lease = None if state in ("planned", "done") else noted.entry.lease
    due = made.world.clock.now() + timedelta(minutes=1) if state == "planned" else None
    await in_state(made, noted, state, lease=lease, due=due)

    assert (await claim(plan, YES, opened, Ask("act"), made.app) is not None) is by_an_event
    assert (await claim(plan, YES, opened, Ask("act", run="asked"), made.app) is not None) is by_a_person


@pytest.mark.parametrize("state", ["claimed", "planned"])
async def test_a_step_that_was_left_may_be_taken_when_its_time_is_over(state: State, tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    if state == "planned":
        await in_state(made, noted, state, lease=None, due=noted.entry.lease)

    await asyncio.sleep(LEASE.total_seconds() - 1)
    early = await claim(plan, YES, opened, Ask("act"), made.app)
    await asyncio.sleep(1)
    late = await claim(plan, YES, opened, Ask("act"), made.app)

    assert early is None
    assert late is not None
    assert (late.entry.attempts, late.entry.started) == (2, noted.entry.started)


async def test_a_step_asked_for_again_after_its_end_begins_anew(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    await in_state(made, noted, "failed", lease=None)
    await asyncio.sleep(60)

    again = await claim(plan, YES, opened, Ask("act", run="asked"), made.app)

    assert again is not None
    assert (again.entry.state, again.entry.attempts) == ("claimed", 2)
    assert again.entry.started == noted.entry.started + timedelta(minutes=1)


async def test_a_step_that_another_name_of_the_case_has_done_is_not_done_again(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    await claim(plan, YES, opened, Ask("act"), made.app)
    elsewhere = await made.app.ledger.open("incident:other", ())
    linked = Opened(elsewhere.case, elsewhere.partition, fresh=False, linked=(opened.case,), row=elsewhere.row)

    assert await claim(plan, YES, linked, Ask("act"), made.app) is None
    assert await made.app.ledger.entries(elsewhere.partition) == []


async def test_of_two_who_take_a_left_step_over_one_gets_it(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    due = await in_state(made, noted, "planned", lease=None, due=made.world.clock.now(), due_for="again")

    taken = await asyncio.gather(*(take_over(due, "claimed", made.app, "sweep") for _ in range(2)))

    (mine,) = [found for found in taken if found]
    assert (mine.entry.attempts, mine.entry.due, mine.entry.due_for) == (2, None, "")


@pytest.mark.parametrize(
    ("state", "otherwise"), [("planned", "uncertain"), ("claimed", "uncertain"), ("uncertain", "failed")]
)
async def test_a_doubt_about_an_earlier_attempt_goes_with_the_claim(
    state: State, otherwise: GivenUp, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    ended = state == "uncertain"
    when = None if ended else noted.entry.lease
    await in_state(made, noted, state, lease=None, due=when, otherwise=otherwise)
    await asyncio.sleep(LEASE.total_seconds())

    again = await claim(plan, YES, opened, Ask("act", run="asked" if ended else ""), made.app)

    assert again is not None
    assert (again.entry.state, again.entry.otherwise) == ("claimed", "uncertain")


async def test_what_was_left_and_may_not_go_on_is_for_the_sweep_to_look_at(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    await asyncio.sleep(LEASE.total_seconds())

    assert await claim(plan, NO, opened, Ask("act"), made.app) is None
    left = await stored(made, opened)
    assert (left.state, left.attempts, left.lease) == ("claimed", 1, noted.entry.lease)


async def test_of_two_who_claim_a_left_step_at_once_one_gets_it(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    await claim(plan, YES, opened, Ask("act"), made.app)
    await asyncio.sleep(LEASE.total_seconds())
    made.world.latency = 0.05

    found = await asyncio.gather(*(claim(plan, YES, opened, Ask("act"), made.app) for _ in range(5)))

    assert [noted.entry.attempts for noted in found if noted] == [2]


async def test_a_step_that_can_neither_be_written_nor_read_is_an_error(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    made.world.faults.always("POST", "batch", Status(409, "EntityAlreadyExists"))

    with pytest.raises(Temporary, match="can neither be written nor read"):
        await claim(plan, YES, opened, Ask("act"), made.app)


async def test_another_name_of_the_case_that_has_not_done_the_step_does_not_keep_it_from_being_done(
    tmp_path: Path,
) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    linked = Opened(opened.case, opened.partition, fresh=True, linked=("incident:other",), row=opened.row)

    assert await claim(plan, YES, linked, Ask("act"), made.app) is not None


async def test_what_waits_for_approval_is_not_claimed_even_after_its_time(tmp_path: Path) -> None:
    made = acting(tmp_path)
    plan, opened = await ready(made)
    noted = await claim(plan, YES, opened, Ask("act"), made.app)
    assert noted is not None
    held = await in_state(made, noted, "held", lease=None, due=made.world.clock.now(), due_for="lapse")

    assert await claim(plan, YES, opened, Ask("act"), made.app) is None
    there = await made.app.ledger.entry(opened.partition, plan.step.key)
    assert there is not None
    assert there.row == held.row
