from __future__ import annotations

import logging
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.faults import Cut, Status
from shared.azure.ledger import Noted
from shared.engine.act import act
from shared.engine.conclude import conclude
from shared.engine.outcome import Outcome
from shared.model.ledger import Times
from shared.model.record import Decision
from shared.model.states import State
from shared.wire.journal import Exchange
from tests.engine.cases import acting, alert, claimed, steps
from tests.lab import Lab

EXCHANGE = Exchange("GET", "management.azure.com/x", 200, "00000000-0000-4000-8000-000000000001")


async def unsent(made: Lab, noted: Noted) -> list[tuple[str, str]]:
    """The records of the case that are on their way, less the intent."""
    found = await made.app.ledger.unsent(noted.row.partition)
    return [(record.Decision, record.Reason) for record, _ in found if record.Decision != "intent"]


@pytest.mark.parametrize(
    ("outcome", "state", "decision"),
    [
        (Outcome(state="done"), "done", "done"),
        (Outcome(state="already", reason="r"), "already", "already"),
        (Outcome(state="refused", reason="r"), "refused", "refused"),
        (Outcome(state="unverified", reason="r"), "unverified", "unverified"),
        (Outcome(state="failed", reason="r"), "failed", "failed"),
        (Outcome(state="failed", reason="r", otherwise="uncertain"), "uncertain", "uncertain"),
        (Outcome(state="refused", reason="r", otherwise="uncertain"), "uncertain", "uncertain"),
        (Outcome(state="planned", reason="r"), "planned", "deferred"),
    ],
    ids=lambda value: f"{value.state} {value.otherwise}" if isinstance(value, Outcome) else "",
)
async def test_state_and_record_are_stored_together(
    outcome: Outcome, state: State, decision: Decision, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())

    await conclude(noted, outcome, [EXCHANGE], made.app)

    (stored,) = await steps(made, alert())
    assert (stored.entry.state, stored.entry.owner, stored.entry.lease) == (state, "", None)
    assert (stored.entry.due is not None) == (state == "planned")
    assert await unsent(made, noted) == [(decision, outcome.reason)]


async def test_the_record_holds_what_the_outcome_does(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.latency = 0.1
    noted = await claimed(made, alert())
    journal: list[Exchange] = []
    outcome = await act(noted.entry, made.app, journal)

    await conclude(noted, outcome, journal, made.app)

    found = await made.app.ledger.unsent(noted.row.partition)
    (record,) = [record for record, _ in found if record.Decision == "done"]
    assert (record.Verification, record.Attempt) == (list(outcome.notes), 1)
    assert record.AzureRequestIds == [exchange.request_id for exchange in journal]
    assert [difference["field"] for difference in record.Diff] == ["network_security_group"]
    assert record.DecidedTime < record.ActedTime < record.VerifiedTime
    (stored,) = await steps(made, alert())
    assert (stored.entry.times, stored.entry.notes) == (outcome.times, outcome.notes)
    assert stored.entry.before != stored.entry.after


async def test_an_end_that_comes_too_late_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    await made.app.ledger.move(noted, replace(noted.entry, owner="another", attempts=2), [])

    with caplog.at_level(logging.WARNING):
        await conclude(noted, Outcome(state="done"), [], made.app)

    (stored,) = await steps(made, alert())
    assert (stored.entry.state, stored.entry.owner) == ("claimed", "another")
    assert await unsent(made, noted) == []
    assert "was taken over before it was concluded as done" in caplog.text


async def test_an_end_whose_answer_is_lost_is_stored_once(tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    made.world.faults.on("POST", r"\.table\.core.*batch", Cut("after"))

    await conclude(noted, Outcome(state="done", times=Times()), [], made.app)

    assert await unsent(made, noted) == [("done", "")]


async def test_an_end_that_cannot_be_stored_is_an_error_and_leaves_the_claim(tmp_path: Path) -> None:
    made = acting(tmp_path)
    noted = await claimed(made, alert())
    made.world.faults.always("*", r"\.table\.core", Status(503))

    with pytest.raises(Exception, match="503"):
        await conclude(noted, Outcome(state="done"), [], made.app)

    made.world.faults.clear()
    (stored,) = await steps(made, alert())
    assert (stored.row.etag, await unsent(made, noted)) == (noted.row.etag, [])
