"""What the ledger knows of dead letters that were put back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.azure.ledger import LEASE, Ledger, redrives
from shared.azure.table import Row
from shared.model.dead_letter import PutBack, PutBacks
from shared.model.errors import Changed, Refused
from shared.model.step import Actor
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time

LETTER = "1" * 32


@pytest.fixture
def ledger(storage: Storage, name: str) -> Ledger:
    return storage.ledger(name)


def beginning(storage: Storage, who: str = "ann", ago: timedelta = timedelta()) -> PutBack:
    began = storage.world.clock.now() - ago
    return PutBack(who=Actor("command", who), began=began, until=began + LEASE)


def ending(began: PutBack, outcome: str = "well") -> PutBack:
    return replace(began, until=None, state="handled", outcome=outcome, letters=("2" * 32,))


async def put_back(ledger: Ledger, storage: Storage, who: str, ago: timedelta = timedelta()) -> PutBack:
    began = beginning(storage, who, ago)
    await ledger.end_put_back(await ledger.begin_put_back(LETTER, began), ending(began))
    return ending(began)


async def test_a_letter_that_never_was_put_back_is_not_there(ledger: Ledger) -> None:
    assert (await ledger.put_back(LETTER), await ledger.put_backs()) == (None, {})


async def test_a_beginning_and_its_end_are_noted(storage: Storage, ledger: Ledger) -> None:
    began = beginning(storage)
    row = await ledger.begin_put_back(LETTER, began)
    assert await ledger.put_back(LETTER) == PutBacks(letter=LETTER, times=(began,), count=1)

    await ledger.end_put_back(row, ending(began))

    assert await ledger.put_backs() == {LETTER: PutBacks(letter=LETTER, times=(ending(began),), count=1)}


async def test_nobody_else_begins_until_it_has_ended(storage: Storage, ledger: Ledger) -> None:
    began = beginning(storage)
    row = await ledger.begin_put_back(LETTER, began)

    with pytest.raises(Refused, match=f"dead letter {LETTER} is being put back by ann since"):
        await ledger.begin_put_back(LETTER, beginning(storage, "bob"))

    await ledger.end_put_back(row, ending(began))
    await ledger.begin_put_back(LETTER, beginning(storage, "bob"))


async def test_of_many_at_once_one_begins(storage: Storage, ledger: Ledger) -> None:
    await put_back(ledger, storage, "first")  # so that they have a row to fight for

    began = (ledger.begin_put_back(LETTER, beginning(storage, str(number))) for number in range(16))
    found = await asyncio.gather(*began, return_exceptions=True)

    assert [type(each) for each in found].count(Row) == 1
    assert [type(each) for each in found].count(Refused) == 15


async def test_one_that_never_ended_may_begin_again_after_its_time_and_its_late_end_is_none(
    storage: Storage, ledger: Ledger
) -> None:
    dead = beginning(storage, "dead", LEASE)
    row = await ledger.begin_put_back(LETTER, dead)

    began = beginning(storage, "bob")
    await ledger.begin_put_back(LETTER, began)
    with pytest.raises(Changed):
        await ledger.end_put_back(row, ending(dead))

    assert await ledger.put_back(LETTER) == PutBacks(letter=LETTER, times=(dead, began), count=2)


async def test_the_last_times_are_remembered_and_all_are_counted(
    storage: Storage, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redrives, "KEPT", 2)
    times = [await put_back(ledger, storage, str(number)) for number in range(4)]

    assert await ledger.put_back(LETTER) == PutBacks(letter=LETTER, times=tuple(times[2:]), count=4)


async def test_what_a_hub_has_dropped_long_ago_is_forgotten(storage: Storage, ledger: Ledger) -> None:
    await put_back(ledger, storage, "long ago", timedelta(days=91))
    assert await ledger.forget_put_backs() == 1

    await put_back(ledger, storage, "lately", timedelta(days=89))
    assert await ledger.forget_put_backs() == 0
    assert list(await ledger.put_backs()) == [LETTER]


async def test_the_kill_switch_stands_beside_them(storage: Storage, ledger: Ledger) -> None:
    await put_back(ledger, storage, "ann")

    assert not (await ledger.switch()).on
