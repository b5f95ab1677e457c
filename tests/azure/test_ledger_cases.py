from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from azsim.faults import Cut
from shared.azure.ledger import LEASE, Ledger, Opened
from shared.model import ids
from tests.azure.given import entry, record, run
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time

ALERT, OTHER, THIRD = "alert:1", "alert:2", "alert:3"
INCIDENT, SECOND = "incident:sentinel:1", "incident:sentinel:2"


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


def short(opened: Opened) -> tuple[str, bool, tuple[str, ...]]:
    assert opened.partition == ids.partition(opened.case)
    return opened.case, opened.fresh, opened.linked


async def test_a_new_case_is_fresh_and_the_next_time_it_is_not(ledger: Ledger) -> None:
    assert short(await ledger.open(ALERT)) == (ALERT, True, ())
    assert short(await ledger.open(ALERT)) == (ALERT, False, ())
    assert short(await ledger.open(OTHER)) == (OTHER, True, ())


@pytest.mark.parametrize(
    ("before", "then", "case", "linked"),
    [
        ([(ALERT, ())], (INCIDENT, (ALERT,)), ALERT, ()),
        ([(INCIDENT, (ALERT,))], (ALERT, ()), INCIDENT, ()),
        ([(INCIDENT, (ALERT,))], (INCIDENT, (ALERT, OTHER)), INCIDENT, ()),
        ([(INCIDENT, (ALERT,)), (INCIDENT, (ALERT, OTHER))], (OTHER, ()), INCIDENT, ()),
        ([(INCIDENT, (ALERT,))], (SECOND, (ALERT, OTHER)), INCIDENT, ()),
        ([(INCIDENT, (ALERT,)), (SECOND, (ALERT, OTHER))], (OTHER, ()), INCIDENT, ()),
        ([(ALERT, ())], (ALERT, (ALERT,)), ALERT, ()),
        ([(OTHER, ()), (ALERT, ())], (INCIDENT, (ALERT, OTHER)), ALERT, (OTHER,)),
        ([(THIRD, ()), (OTHER, ()), (ALERT, ())], (INCIDENT, (THIRD, ALERT, OTHER)), ALERT, (OTHER, THIRD)),
        ([(INCIDENT, ()), (ALERT, ())], (INCIDENT, (ALERT,)), INCIDENT, (ALERT,)),
    ],
)
async def test_the_same_alert_under_another_case_is_handled_on_under_the_elder_one(
    ledger: Ledger, before: list[Any], then: Any, case: str, linked: tuple[str, ...]
) -> None:
    for each in before:
        await ledger.open(*each)

    assert short(await ledger.open(*then)) == (case, False, linked)


async def test_of_many_that_open_a_case_at_once_one_finds_it_fresh(storage: Storage, name: str) -> None:
    found = await asyncio.gather(*(storage.ledger(name).open(INCIDENT, (ALERT, OTHER)) for _ in range(6)))

    assert {one.partition for one in found} == {ids.partition(INCIDENT)}
    assert sum(one.fresh for one in found) == 1


async def test_an_alert_and_its_incident_at_once_share_a_case_or_know_of_each_other(
    storage: Storage, name: str
) -> None:
    for number in range(6):
        incident, alert = f"incident:sentinel:{number}", f"alert:{number}"
        asked = [(incident, (alert,)), (alert, ())] if number % 2 else [(alert, ()), (incident, (alert,))]

        found = await asyncio.gather(*(storage.ledger(name).open(*each) for each in asked))

        together = next(one for one, (case, _) in zip(found, asked, strict=True) if case == incident)
        alone = next(one for one in found if one is not together)
        assert together.case == alone.case or alone.case in together.linked
        assert short(await storage.ledger(name).open(incident, (alert,)))[0] == together.case


async def test_names_of_any_kind_are_told_apart(ledger: Ledger) -> None:
    names = ["alert:a/b", "alert:a\\b", "alert:a'b", "alert:a?b#c", "alert:ä€😀", "alert:" + "x" * 5000, "alert:x"]

    found = [await ledger.open(name) for name in names + names]

    assert [one.fresh for one in found] == [True] * len(names) + [False] * len(names)
    assert [one.case for one in found] == names + names


async def test_an_open_case_comes_back_after_its_lease_unless_it_is_settled(storage: Storage, name: str) -> None:
    ledger, clock = storage.ledger(name), storage.world.clock
    left, settled = await ledger.open(ALERT), await ledger.open(OTHER)
    await ledger.settle(settled.partition, settled.case, settled.row)

    assert (await ledger.due(), await ledger.waiting()) == ([], 1)
    await clock.sleep(LEASE.total_seconds())
    assert await ledger.due() == [(left.partition, ALERT, left.row)]


SOON = timedelta(minutes=10)  # and below an hour in all, after which the SDK, by its own clock, would keep a token


@pytest.mark.parametrize(
    ("entries", "after"),
    [
        ([{"state": "done"}], None),
        ([{"state": "claimed", "lease": SOON}], SOON),
        ([{"state": "claimed"}], LEASE),
        ([{"state": "done", "due": -SOON, "due_for": "later", "lease": SOON}], SOON),
        ([{"state": "done", "expires": 2 * SOON}], 2 * SOON),
        ([{"state": "done", "due": SOON, "due_for": "later", "expires": 2 * SOON}], SOON),
        ([{"state": "held", "due": 2 * SOON, "due_for": "lapse"}], 2 * SOON),
        ([{"state": "done", "due": 2 * SOON, "due_for": "later"}], 2 * SOON),
        ([{"state": "undoing", "lease": 3 * SOON}, {"state": "done", "due": 2 * SOON}, {"state": "failed"}], 2 * SOON),
        ([{"state": "done", "due": -SOON, "due_for": "later"}], -SOON),
    ],
)
async def test_a_settled_case_is_listed_for_what_is_due_next(
    storage: Storage, name: str, entries: list[dict[str, Any]], after: timedelta | None
) -> None:
    ledger, now = storage.ledger(name), storage.world.clock.now()
    opened = await ledger.open(ALERT)
    for key, values in zip("abc", entries, strict=False):
        times = {k: now + v if isinstance(v, timedelta) else v for k, v in values.items()}
        await ledger.begin(opened.partition, entry(key, **times), [])

    await ledger.settle(opened.partition, opened.case, opened.row)

    assert await ledger.waiting() == (after is not None)
    if after is None:
        return
    for early, late in pairwise([0.0, max(0.0, after.total_seconds() - 10), max(0.0, after.total_seconds() + 10)]):
        await storage.world.clock.sleep(late - early)
        is_due = storage.world.clock.now() >= now + after
        assert [partition for partition, _, _ in await ledger.due()] == [opened.partition] * is_due


async def test_a_case_with_records_on_their_way_is_due_at_once(ledger: Ledger) -> None:
    opened = await ledger.open(ALERT)
    await ledger.begin(opened.partition, entry(state="done"), [record()])
    await ledger.settle(opened.partition, opened.case, opened.row)

    assert [case for _, case, _ in await ledger.due()] == [ALERT]
    await ledger.sent([row for _, row in await ledger.unsent(opened.partition)])
    await ledger.settle(*(await ledger.due())[0])
    assert await ledger.waiting() == 0


async def test_a_case_with_an_unfinished_run_is_listed_until_the_run_is_finished(storage: Storage, name: str) -> None:
    ledger, clock = storage.ledger(name), storage.world.clock
    opened = await ledger.open(ALERT)
    asked = run(accepted=clock.now())
    await ledger.accept(opened.partition, asked)
    await ledger.accept(opened.partition, replace(asked, id="2", finished=True))
    await ledger.settle(opened.partition, opened.case, opened.row)

    assert await ledger.due() == []
    await clock.sleep(LEASE.total_seconds())
    (due,) = await ledger.due()
    await ledger.finish(opened.partition, asked)
    await ledger.settle(*due)
    assert await ledger.waiting() == 0


async def test_settling_leaves_a_case_alone_that_somebody_else_has_opened_since(ledger: Ledger) -> None:
    first = await ledger.open(ALERT)
    second = await ledger.open(ALERT)

    await ledger.settle(first.partition, first.case, first.row)

    assert await ledger.waiting() == 1
    await ledger.settle(second.partition, second.case, second.row)
    await ledger.settle(second.partition, second.case, second.row)
    assert await ledger.waiting() == 0


async def test_a_case_that_is_not_settled_for_a_lost_answer_comes_back(storage: Storage, name: str) -> None:
    ledger = storage.ledger(name)
    opened = await ledger.open(ALERT)
    await ledger.begin(opened.partition, entry(lease=storage.world.clock.now() + SOON), [])

    storage.world.faults.on("PUT", "contract", Cut("after"))
    await ledger.settle(opened.partition, opened.case, opened.row)

    await storage.world.clock.sleep(SOON.total_seconds())
    assert [case for _, case, _ in await ledger.due()] == [ALERT]
