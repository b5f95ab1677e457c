"""What must be so after a walk, however it went: read from the tenant, the ledger and Log Analytics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.azure.ledger.form import read
from shared.azure.row import Row
from shared.engine.outcome import DECISIONS
from shared.model.ledger import Entry, Run
from shared.model.states import ENDS, State
from tests.chaos import chain
from tests.chaos.crash.stage import Stage
from tests.lab import Lab

_ON_THE_WAY = ("intent", "deferred")

_WISHES = ("redriven",)
"""Each is on record, however often somebody has it."""


@dataclass(frozen=True)
class Sight:
    """How things stand.

    Args:
        effects: How often the tenant was changed, by request.
        states: How far each step is, and until when it lasts.
        ends: How many records there are of each end, by step or event.
        runs: The runs that were asked for, and whether they are finished.
        letters: The dead letters in their hub.
    """

    effects: Counter[str]
    states: dict[str, tuple[State, str]]
    ends: Counter[tuple[str, str]]
    runs: dict[str, bool]
    letters: frozenset[str]


def seen(stage: Stage, made: Lab) -> Sight:
    """How things stand now."""
    entries = steps(made)
    told = {row["RecordId"]: row for row in stage.first.records}
    return Sight(
        effects=Counter(stage.effects.counted),
        states={entry.step.key: (entry.state, "expires" if entry.expires else "") for entry in entries},
        ends=Counter(
            (row.get("StepId") or row.get("EventId", ""), row["Decision"])
            for row in told.values()
            if row["Decision"] not in (*_ON_THE_WAY, *_WISHES)
        ),
        runs={run.id: run.finished for run in runs(made)},
        letters=frozenset(stage.letters),
    )


def left(made: Lab) -> list[str]:
    """What an instance has left half done."""
    found = [f"step {entry.step.aim.responder} is {entry.state}, with a lease" for entry in steps(made) if entry.lease]
    found += [f"step {entry.step.aim.responder} is planned" for entry in steps(made) if entry.state == "planned"]
    found += [f"run {run.id} is not finished" for run in runs(made) if not run.finished]
    for row in made.ledger_rows():
        if row["PartitionKey"] == "packet" or row["RowKey"].startswith("out-"):
            found.append(f"a record waits in {row['RowKey']}")
        if row["RowKey"] == "target" and json.loads(row["Data"]).get("owner"):
            found.append(f"the lock {row['PartitionKey']} is held")
        if row["RowKey"].startswith("redrive-") and _at_it(row, made):
            found.append(f"{row['RowKey']} is being put back")
    return found


def _at_it(row: dict[str, Any], made: Lab) -> bool:
    """Whether somebody is putting a dead letter back; who died on it is not, once its time is over."""
    until = json.loads(row["Data"])["times"][-1].get("until")
    return until is not None and datetime.fromisoformat(until) > made.world.clock.now()


def wrong(stage: Stage, made: Lab, clean: Sight) -> list[str]:
    """In what this differs from a walk that nobody interrupted."""
    now = seen(stage, made)
    found = left(made)
    for name, mine, theirs in (
        ("the tenant was changed", now.effects, clean.effects),
        ("the steps are", now.states, clean.states),
        ("the ends on record are", now.ends, clean.ends),
        ("the runs are", now.runs, clean.runs),
        ("the dead letters are", now.letters, clean.letters),
    ):
        if mine != theirs:
            found.append(f"{name} {_told(mine)}, not {_told(theirs)}")
    return [*found, *unended(stage, made), *untold(stage, made), *chain.broken(stage.first.records)]


def unended(stage: Stage, made: Lab) -> Iterator[str]:
    """Intents without an end in Log Analytics. A step whose targets were found has ended in steps of its own."""
    resolved = {entry.step.key for entry in steps(made) if entry.state == "resolved"}
    last = {row["StepId"]: row["Decision"] for row in stage.first.records if row.get("StepId")}
    for step, said in last.items():
        if said in _ON_THE_WAY and step not in resolved:
            yield f"the last record of step {step} is {said}"


def untold(stage: Stage, made: Lab) -> list[str]:
    """Steps that have ended without a record of that end."""
    told = {(row.get("StepId"), row["Decision"]) for row in stage.first.records}
    ended = [entry for entry in steps(made) if entry.state in ENDS and entry.state != "resolved"]
    return [
        f"no record says that step {entry.step.key} is {entry.state}"
        for entry in ended
        if (entry.step.key, DECISIONS[entry.state]) not in told
    ]


def steps(made: Lab) -> list[Entry]:
    """Every step in the ledger, looked at without asking for it."""
    return [read(_row(row), Entry) for row in made.ledger_rows() if row["RowKey"].startswith("step-")]


def runs(made: Lab) -> list[Run]:
    """Every run in the ledger."""
    return [read(_row(row), Run) for row in made.ledger_rows() if row["RowKey"].startswith("run-")]


def _row(row: dict[str, Any]) -> Row:
    return Row(row["PartitionKey"], row["RowKey"], row)


def _told(value: object) -> str:
    return str(dict(sorted(value.items()))) if isinstance(value, dict) else str(value)
