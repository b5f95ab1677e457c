from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from shared.engine.outcome import DECISIONS, MOST_ATTEMPTS, Outcome, ended, of_error
from shared.kinds.responder import all_responders
from shared.model.entity import Ip
from shared.model.errors import Changed, Forbidden, NotFound, Permanent, Refused, Temporary, Uncertain, Unverified
from shared.model.ledger import Entry, GivenUp
from shared.model.record import DECISIONS as ALL
from shared.model.states import State
from shared.model.step import Aim, Brief, Step

ISOLATE = all_responders()["network.isolate_nic"]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(responder: str = "network.isolate_nic", attempts: int = 1) -> Entry:
    step = Step(
        key="k",
        run="r",
        order=0,
        playbook="p",
        version="v",
        mode="act",
        why=(),
        event=Brief(id="1", source="s", digest="d", case="c"),
        aim=Aim(responder=responder, params={}, entity=Ip(address="203.0.113.9")),
    )
    return Entry(step=step, state="claimed", started=NOW, attempts=attempts, owner="me", lease=NOW)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Refused("no"), "refused"),
        (Temporary("later"), "planned"),
        (Changed("meanwhile"), "planned"),
        (Uncertain("lost"), "planned"),
        (Permanent("never"), "failed"),
        (Forbidden("not allowed"), "failed"),
        (NotFound("gone"), "failed"),
        (Unverified("not seen"), "failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_every_error_is_an_outcome_that_says_why(error: Exception, state: State) -> None:
    assert (of_error(error, "x").state, of_error(error, "x").reason) == (state, str(error))


def test_a_fault_of_our_own_tells_where_and_what_but_not_what_it_says(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        found = of_error(KeyError("S3cr3t"), "network.isolate_nic")

    assert (found.state, found.reason) == ("failed", "a fault in network.isolate_nic: KeyError")
    assert "a fault in network.isolate_nic" in caplog.text


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [(1, None, 30), (2, None, 60), (3, None, 120), (6, None, 600), (7, None, 600), (1, 7.0, 30), (1, 900.0, 900)],
)
def test_it_is_tried_again_after_ever_longer_waits_and_never_before_azure_allows(
    attempts: int, asked: float | None, seconds: int
) -> None:
    end = ended(entry(attempts=attempts), Outcome(state="planned", wait=asked), ISOLATE, NOW)

    assert (end.state, end.due_for) == ("planned", "again")
    assert end.due == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("otherwise", ["failed", "uncertain", "unverified"])
def test_it_is_given_up_in_the_end(otherwise: GivenUp) -> None:
    outcome = Outcome(state="planned", reason="down", otherwise=otherwise)
    end = ended(entry(attempts=MOST_ATTEMPTS), outcome, ISOLATE, NOW)

    assert (end.state, end.due) == (otherwise, None)
    assert end.reason == f"given up after {MOST_ATTEMPTS} attempts: down"


def test_what_failed_is_uncertain_if_an_earlier_attempt_may_have_worked() -> None:
    end = ended(entry(), Outcome(state="failed", reason="forbidden", otherwise="uncertain"), ISOLATE, NOW)

    assert (end.state, end.reason) == ("uncertain", "forbidden")


@pytest.mark.parametrize(("state", "kept"), [("planned", "uncertain"), ("refused", "failed"), ("done", "failed")])
def test_a_doubt_is_remembered_as_long_as_the_step_waits(state: State, kept: GivenUp) -> None:
    assert ended(entry(), Outcome(state=state, otherwise="uncertain"), ISOLATE, NOW).otherwise == kept


def test_an_end_frees_the_claim() -> None:
    end = ended(entry(), Outcome(state="done", reason="r", notes=("n",)), ISOLATE, NOW)

    assert (end.owner, end.lease, end.due, end.reason, end.notes) == ("", None, None, "r", ("n",))


def test_an_operation_with_a_second_half_is_due_for_it() -> None:
    end = ended(entry("keyvault.rotate_secret"), Outcome(state="done"), all_responders()["keyvault.rotate_secret"], NOW)

    assert end.due_for == "later"
    assert end.due is not None
    assert end.due > NOW


def test_every_state_that_a_step_can_end_in_is_a_decision_that_is_explained() -> None:
    assert set(DECISIONS.values()) <= set(ALL)
