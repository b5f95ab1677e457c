"""Every order in which two walks can meet at Azure, with one switch or with two, and what is wrong after each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.races.pairs import Pair
from tests.chaos.races.stage import ANN, BEFORE, Stage, posted
from tests.chaos.races.turns import Turn, Turns

WAITS = (0.1, 9.0)
"""Seconds for which whoever has the turn keeps it while it waits for the other. No request may be held up for longer: from
10 on it counts as unanswered, and that is a fault and no race."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of turns."""

    turns: tuple[Turn, ...]
    patience: float

    def __str__(self) -> str:
        return f"{', '.join(map(str, self.turns))}; who waits keeps its turn for {self.patience:g} s"


async def alone(pair: Pair, folder: Path) -> dict[str, list[str]]:
    """What each of the walks sends when it is the first: the methods of its requests."""
    return {who: (await _played(pair, Order((Turn(who),), WAITS[0]), folder))[1].sent[who] for who in "ab"}


def with_one_switch(sent: Mapping[str, Sequence[str]], *, writes_only: bool = False) -> Iterator[Order]:
    """One walk up to each of its requests, then the other to its end.

    Args:
        sent: What each of them sends.
        writes_only: Only before each request that writes, for between two reads nothing changes.
    """
    for one, other in ("ab", "ba"):
        for number, method in enumerate(sent[one]):
            if number and not (writes_only and method == "GET"):
                for patience in WAITS:
                    yield Order((Turn(one, number), Turn(other)), patience)


def with_two_switches(sent: Mapping[str, Sequence[str]], every: int = 1) -> Iterator[Order]:
    """One walk up to each of its requests, then the other up to each of its own, then the first to its end.

    Args:
        sent: What each of them sends.
        every: Only every so many requests.
    """
    for one, other in ("ab", "ba"):
        for number in range(1, len(sent[one]), every):
            for second in range(1, len(sent[other]), every):
                yield Order((Turn(one, number), Turn(other, second), Turn(one)), WAITS[(number + second) % 2])


async def wrong(pair: Pair, order: Order, folder: Path) -> list[str]:
    """What is wrong after an order."""
    stage, turns = await _played(pair, order, folder)
    found = await stage.settled()
    cases = sorted({str(row["CaseId"]).rpartition("_")[2] for row in stage.first.records})
    end = (stage.group, *(stage.said(case)[-1] for case in cases))
    if end not in pair.ends:
        found.append(f"it ended as {end}, and what was decided is {[stage.said(case) for case in cases]}")
    if stage.written not in pair.changes:
        found.append(f"the interface was changed {stage.written} times")
    if not turns.switched and len(order.turns) > 1:
        found.append("nobody was interrupted")
    for case in cases:
        ends = [said for said in stage.said(case) if said in ("done", "already", "denied", "lapsed")]
        ends += stage.said(case)[-1:] if stage.said(case)[-1] == "held" else []
        if len(ends) != 1:
            found.append(f"case {case} ended as {ends}")
    found += await _given_back(stage, cases)
    found += await stage.broken()
    return [f"{pair.title}: {order}: {text}" for text in found]


async def _given_back(stage: Stage, cases: Sequence[str]) -> list[str]:
    """With the last case that holds it the interface is as it was before the first."""
    for case in cases:
        await posted(stage.instance(), f"/api/runs/{stage.run(case)}/undo", None, ANN)
    found = await stage.settled()
    if stage.group != BEFORE:
        found.append(f"everything is undone, and the interface is in {stage.group}")
    return found


async def _played(pair: Pair, order: Order, folder: Path) -> tuple[Stage, Turns]:
    stage = Stage(folder, pair.options)
    await pair.prepare(stage)
    stage.effects.counted.clear()
    turns = Turns(order.turns, order.patience, pair.between)
    made = {who: stage.instance(lambda send, who=who: turns.under(who, send)) for who in "ab"}  # type: ignore[misc]
    await turns.go({"a": pair.a(stage, made["a"]), "b": pair.b(stage, made["b"])})
    return stage, turns
