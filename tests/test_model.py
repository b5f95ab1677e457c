"""Random interleavings against what must be true; `make chaos` takes many more of them, and counts the arrows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from shared.model.states import ARROWS
from tests.chaos.lanes.model import bounds
from tests.chaos.model import machine
from tests.chaos.model.truth import Truth
from tests.chaos.races.stage import QUARANTINE

EXAMPLES = 10
STEPS = 20


@pytest.mark.parametrize("played", [machine.Machine, machine.MachineWithFaults])
def test_whatever_happens_in_whatever_order_the_promises_hold(played: type[machine.Machine]) -> None:
    run_state_machine_as_test(played, settings=settings(bounds(EXAMPLES, STEPS, same=True), print_blob=False))

    assert machine.DONE["deliver"] > EXAMPLES
    assert machine.TAKEN.keys() <= ARROWS


NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def cut_off(truth: Truth) -> None:
    """One case holds the interface."""
    truth.held("nic", 1, "web")
    truth.written("nic", QUARANTINE)


def not_remembered(truth: Truth) -> None:
    truth.written("nic", QUARANTINE)


def not_as_it_was(truth: Truth) -> None:
    cut_off(truth)
    truth.written("nic", "constant")


def not_heeded(truth: Truth) -> None:
    truth.switch = ("deny", NOW - timedelta(seconds=11))
    cut_off(truth)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (not_remembered, "before anything is remembered"),
        (not_as_it_was, "was in web before the first hold"),
        (not_heeded, "the kill switch has been at deny"),
    ],
    ids=["no memory", "a constant", "switch"],
)
def test_the_model_sees_what_must_not_be(happens: Callable[[Truth], None], told: str) -> None:
    truth = Truth(lambda: NOW, {"nic": "web"})

    happens(truth)

    (wrong,) = truth.wrong
    assert told in wrong


def test_the_model_knows_where_an_interface_belongs() -> None:
    truth = Truth(lambda: NOW, {"nic": "web"})
    assert truth.at_rest("nic", QUARANTINE)
    cut_off(truth)
    assert (truth.at_rest("nic", QUARANTINE), bool(truth.at_rest("nic", "web"))) == ("", True)
    truth.by_hand("nic", "other")
    assert (truth.at_rest("nic", "other"), bool(truth.at_rest("nic", QUARANTINE))) == ("", True)
    truth.written("nic", "web")
    truth.held("nic", 0, "web")
    assert (truth.at_rest("nic", "web"), bool(truth.at_rest("nic", QUARANTINE)), truth.wrong) == ("", True, [])
