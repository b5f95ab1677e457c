"""Seeded chance."""

from __future__ import annotations

from uuid import UUID

import pytest

from azsim.chance import Chance


def drawn(chance: Chance) -> list[str]:
    return [chance.uuid(), chance.hex(32), chance.uuid(), chance.hex(7)]


def test_a_seed_gives_the_same_ids_every_time() -> None:
    assert drawn(Chance(3)) == drawn(Chance(3))
    assert drawn(Chance()) == drawn(Chance())


def test_another_seed_gives_other_ids() -> None:
    assert not set(drawn(Chance(3))) & set(drawn(Chance(4)))


def test_ids_are_version_4_uuids_and_differ() -> None:
    chance = Chance()
    ids = [chance.uuid() for _ in range(200)]
    assert len(set(ids)) == 200
    assert {UUID(one).version for one in ids} == {4}


@pytest.mark.parametrize("digits", [1, 7, 16, 64])
def test_numbers_have_all_their_digits_even_if_the_first_are_zeros(digits: int) -> None:
    chance = Chance()
    numbers = [chance.hex(digits) for _ in range(200)]
    assert {len(number) for number in numbers} == {digits}
    assert any(number.startswith("0") for number in numbers)
    assert all(set(number) <= set("0123456789abcdef") for number in numbers)
