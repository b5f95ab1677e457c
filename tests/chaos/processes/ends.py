"""Whether every event has its end, and whether the ledger and Log Analytics say the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from shared.engine.outcome import DECISIONS
from shared.engine.read import Sources
from shared.kinds.source import all_sources
from shared.model import ids
from shared.model.dead_letter import Letter
from shared.model.event import Event
from shared.model.ledger import Entry
from shared.model.states import ENDS
from tests.chaos.processes.books import Books
from tests.chaos.processes.targets import Target
from tests.chaos.processes.traffic import Sent

Records = Sequence[Mapping[str, Any]]


def lost(sent: Iterable[Sent], books: Books, records: Records, letters: Iterable[Letter]) -> list[str]:
    """The events that have no end: no record that nothing matched, no dead letter, no step that has ended."""
    sources = Sources(all_sources())
    decided = {(record["Decision"], record["EventDigest"]) for record in records}
    dead = {letter.digest for letter in letters}
    wrong = []
    for one in sent:
        digest = ids.content_digest(one.body)
        if not one.readable:
            if ("dead_letter", digest) not in decided or digest not in dead:
                wrong.append(f"lost: broken body {one.body!r}")
            continue
        for event in sources.read(one.body)[0]:
            if one.target is None and ("no_match", event.digest) not in decided:
                wrong.append(f"lost: {event.case}")
            if one.target is not None and not _ended(event, one.target, books):
                wrong.append(f"lost: {event.case} on {one.target.name}")
    return wrong


def _ended(event: Event, target: Target, books: Books) -> bool:
    """Whether a case that the event belongs to has a step on the target that has ended, with nothing left to do."""
    partitions = {ids.partition(case) for name in (event.case, *event.same) if (case := books.cases.get(name))}
    return any(
        partition in partitions and target.name in entry.step.target_id and entry.state in ENDS and not entry.waits
        for (partition, _), entry in books.steps.items()
    )


def differing(books: Books, records: Records) -> list[str]:
    """Where the ledger and Log Analytics do not say the same, step by step."""
    of_step: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        if record.get("StepId"):
            of_step[record["StepId"]].append(record)
    wrong = [f"still in the ledger: {key}" for key in books.left]
    entries = {key: entry for (_, key), entry in books.steps.items()}
    wrong += [f"in Log Analytics and not in the ledger: step {key}" for key in sorted(of_step.keys() - entries.keys())]
    for key, entry in sorted(entries.items()):
        wrong += [f"step {key}: {text}" for text in _of_one(entry, of_step[key])]
    return wrong


def _of_one(entry: Entry, records: Records) -> list[str]:
    wrong = []
    by_id: defaultdict[str, set[bytes]] = defaultdict(set)
    for record in records:
        by_id[record["RecordId"]].add(msgspec.json.encode(record, order="deterministic"))
    wrong += [f"record {name} came in {len(texts)} forms" for name, texts in by_id.items() if len(texts) > 1]
    if DECISIONS[entry.state] not in {record["Decision"] for record in records}:
        wrong.append(f"it is {entry.state}, and no record says so")
    intents = {record.get("Attempt") for record in records if record["Decision"] == "intent"}
    if entry.state in ("done", "already") and intents != set(range(1, entry.attempts + 1)):
        wrong.append(f"{entry.attempts} attempts, and intents of {sorted(map(str, intents))}")
    return wrong


def unexpected(books: Books) -> list[str]:
    """Steps that ended otherwise than they should where nothing fails but workers."""
    return [
        f"step {key} on {entry.step.target_id} is {entry.state}: {entry.reason}"
        for (_, key), entry in sorted(books.steps.items())
        if entry.state not in ("done", "already")
    ]
