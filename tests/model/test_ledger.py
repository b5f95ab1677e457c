from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest

from shared.model.entity import Account
from shared.model.ledger import Entry, Hold, Holds, Times
from shared.model.states import ENDS, REPEATABLE, State
from shared.model.step import Actor, Aim, Brief, Step

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEP = Step(
    key="1" * 32,
    run="2" * 32,
    order=0,
    playbook="contain",
    version="3" * 64,
    mode="act",
    why=("severity high is >= high",),
    event=Brief(id="1", source="graph_alert", digest="4" * 64, case="alert:1", received=NOW),
    aim=Aim(responder="entra.revoke_user_sessions", params={}, entity=Account(upn="adele.vance@contoso.example")),
    actor=Actor("user", "Riley", "5"),
)


def test_every_end_is_a_state_and_only_an_end_is_repeated() -> None:
    assert set(get_args(State)) > ENDS > REPEATABLE


@pytest.mark.parametrize("state", get_args(State))
def test_the_sweep_comes_back_to_what_has_not_ended_and_to_what_is_due(state: State) -> None:
    assert Entry(step=STEP, state=state, started=NOW).waits is (state not in ENDS)
    assert Entry(step=STEP, state=state, started=NOW, due=NOW, due_for="later").waits


def test_an_entry_survives_the_way_there_and_back() -> None:
    entry = Entry(
        step=STEP, state="done", started=NOW, attempts=1, before={"a": None}, times=Times(acted=NOW), notes=("seen",)
    )

    assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry


def test_holds_survive_the_way_there_and_back_in_order() -> None:
    holds = Holds("i-1", NOW, (Hold("s1", "alert:1", "r", {"g": "a"}), Hold("s2", "alert:2", "r", {"g": None})))

    assert msgspec.json.decode(msgspec.json.encode(holds), type=Holds) == holds
