from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from azsim.clock import Clock
from shared.engine.preview import MOST, Preview, Previews


class Maker:
    """Makes previews, and counts how often it had to."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.made = 0
        self._seconds = seconds

    async def __call__(self) -> list[Preview]:
        self.made += 1
        await asyncio.sleep(self._seconds)
        return [Preview(target=None, end=None, said=(str(self.made),))]


def previews(seconds: float = 60) -> Previews:
    return Previews(Clock(), timedelta(seconds=seconds))


async def test_it_is_made_once_for_all_who_ask_at_the_same_time() -> None:
    kept, make = previews(), Maker()

    found = await asyncio.gather(*(kept.get("a", make) for _ in range(100)))

    assert make.made == 1
    assert all(each is found[0] for each in found)


@pytest.mark.parametrize(("seconds", "made"), [(59, 1), (60, 2), (3600, 2)])
async def test_it_is_made_anew_when_it_is_too_old(seconds: float, made: int) -> None:
    kept, make = previews(), Maker(seconds=0)
    await kept.get("a", make)

    await asyncio.sleep(seconds)
    await kept.get("a", make)

    assert make.made == made


async def test_without_a_time_to_keep_it_is_made_each_time() -> None:
    kept, make = previews(0), Maker(seconds=0)

    for _ in range(3):
        await kept.get("a", make)

    assert make.made == 3


async def test_others_are_made_on_their_own() -> None:
    kept, make = previews(), Maker()

    one, other = await asyncio.gather(kept.get("a", make), kept.get("b", make))

    assert (make.made, one is other) == (2, False)


async def test_whoever_goes_away_does_not_take_it_from_the_others() -> None:
    kept, make = previews(), Maker()
    first = asyncio.create_task(kept.get("a", make))
    second = asyncio.create_task(kept.get("a", make))
    await asyncio.sleep(0.5)

    first.cancel()

    assert len(await second) == 1
    assert make.made == 1


async def test_no_more_are_kept_than_there_is_room_for_and_the_old_ones_go_first() -> None:
    kept, make = previews(), Maker(seconds=0)
    await kept.get("old", make)
    await asyncio.sleep(60)
    for number in range(MOST - 1):
        await kept.get(number, make)
    before = make.made

    await kept.get("one more", make)
    await kept.get(0, make)
    assert make.made == before + 1  # the young ones are still there
    assert len(kept._kept) == MOST

    await kept.get("and another", make)  # none is old: all that are done go
    assert len(kept._kept) == 1


async def test_what_is_under_way_is_never_thrown_out() -> None:
    kept, slow = previews(), Maker(seconds=30)
    under_way = asyncio.create_task(kept.get("slow", slow))
    await asyncio.sleep(0)
    quick = Maker(seconds=0)
    for number in range(MOST + 1):
        await kept.get(number, quick)

    await kept.get("slow", slow)
    await under_way

    assert slow.made == 1
