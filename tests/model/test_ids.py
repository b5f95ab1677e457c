from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model import ids

PARTS = st.lists(st.text(max_size=8), max_size=4)


@settings(deadline=None)
@given(PARTS, PARTS)
def test_two_lists_of_parts_have_one_digest_only_if_they_are_one(left: list[str], right: list[str]) -> None:
    assert (ids.digest(*left) == ids.digest(*right)) is (left == right)


def test_parts_are_not_just_joined() -> None:
    assert len({ids.digest("a", "b"), ids.digest("ab"), ids.digest("a", "b", ""), ids.digest('a","b')}) == 4


def test_ids_stay_what_they_were_when_the_ledger_was_written() -> None:
    case = "alert:2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"

    assert ids.digest("a", "b") == "0473ef2dc0d324ab659d3580c1134e9d812035905c4781fdd6d529b0c6860e13"
    assert ids.partition(case) == "ae2539f0364f1b5937e7ed3bcb414d9c"
    assert ids.step_key(case, "contain", "network.isolate_nic", "nic") == "6afa25ec4fe269730947fc345aac4db5"
    assert ids.run_id(case, "contain") == "ae2539f0364f1b5937e7ed3bcb414d9c-3f7cc125e079"
    assert ids.record_id("a", "b") == "324ccc891f2440571b72e2bc3ac7abea"
    assert (
        ids.value_digest({"b": [1, None, "ü"], "a": True})
        == "c7e9e1bd58838c64e76acd5c32e7b7309c84979ad14bd6dd74fd3a682123189a"
    )
    assert ids.content_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_run_is_found_by_its_id_alone() -> None:
    run = ids.run_id("alert:1", "contain")

    assert run.startswith(f"{ids.partition('alert:1')}-")
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9a-f]{12}", run)
    assert run != ids.run_id("alert:1", "rotate")


def test_another_case_playbook_responder_or_target_is_another_step() -> None:
    first = ("alert:1", "contain", "network.isolate_nic", "nic")
    keys = {
        ids.step_key(*[other if i == n else part for i, part in enumerate(first)]) for n, other in enumerate("wxyz")
    }

    assert len(keys | {ids.step_key(*first)}) == 5


def test_ids_of_different_kinds_never_meet() -> None:
    assert len({ids.partition("x"), ids.record_id("x"), ids.record_id("case", "x"), ids.digest("x")[:32]}) == 4


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.integers(), min_size=2))
def test_the_order_of_keys_does_not_count(value: dict[str, int]) -> None:
    assert ids.value_digest(value) == ids.value_digest(dict(reversed(value.items())))
