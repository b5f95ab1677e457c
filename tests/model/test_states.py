from __future__ import annotations

import ast
from pathlib import Path
from typing import get_args

import pytest

from shared.model import states
from shared.model.states import ARROWS, ENDS, REPEATABLE, STATES, UNDOABLE, WHO, NoSuchArrow, State, Who, taken

ENGINE = Path(__file__).parents[2] / "shared"


def test_every_state_and_everybody_who_moves_one_is_told_in_words() -> None:
    assert list(STATES) == list(get_args(State))
    assert list(WHO) == list(get_args(Who))
    assert [text for text in [*STATES.values(), *WHO.values()] if not text.endswith(".")] == []


def test_the_picture_shows_every_state() -> None:
    picture = (states.__doc__ or "").replace("held┘", "held ")

    assert [state for state in STATES if state not in picture] == []


def test_every_state_can_be_reached_and_every_one_that_is_no_end_can_be_left() -> None:
    reached = {""}
    while True:
        more = {new for old, new, _ in ARROWS if old in reached} - reached
        if not more:
            break
        reached |= more
    assert reached == {"", *STATES}
    left = {old for old, new, _ in ARROWS if old != new}
    assert {state for state in STATES if state not in ENDS} <= left


def test_an_end_is_left_by_a_person_or_for_the_way_back_alone() -> None:
    leaving = {(old, new, who) for old, new, who in ARROWS if old in ENDS and old != new}

    assert {who for _, new, who in leaving if new != "undoing"} == {"analyst"}
    assert {old for old, new, _ in leaving if new == "undoing"} == UNDOABLE
    assert {old for old, new, _ in leaving if new != "undoing"} == REPEATABLE


def test_what_waits_for_approval_is_never_claimed_without_one() -> None:
    assert {(new, who) for old, new, who in ARROWS if old == "held"} == {
        ("planned", "analyst"),
        ("denied", "analyst"),
        ("lapsed", "sweep"),
        ("lapsed", "analyst"),
    }


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [("held", "claimed", "walk"), ("done", "claimed", "analyst"), ("", "done", "walk"), ("undone", "undoing", "sweep")],
)
def test_no_other_arrow_can_be_taken(old: State, new: State, who: Who) -> None:
    with pytest.raises(NoSuchArrow, match=f"to {new} for the {who}"):
        taken(old, new, who)


def test_the_engine_moves_steps_in_one_place_alone() -> None:
    moving = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("begin", "move")
        and ast.unparse(node.func.value).endswith("ledger")
    }

    assert moving == {"engine/moves.py"}
