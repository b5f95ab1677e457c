"""Pairs of walks at one interface, and what must be so after them whatever the order was."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.races.stage import ANN, BEFORE, BOB, QUARANTINE, Stage, delivered, posted, swept
from tests.lab import Lab

HOUR = 3600.0

Walk = Callable[[Stage, Lab], Coroutine[Any, Any, None]]


async def _nothing(stage: Stage) -> None:
    """Nothing need be there before."""
    del stage


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two walks at one interface.

    Args:
        title: Their names.
        a: The one that begins.
        b: The other one.
        prepare: What must have happened before.
        options: What the playbook says of the step.
        ends: How things may stand when both are done: the interface's group, and the last decision in each case.
        changes: How often they may change the interface, the preparation aside.
        between: Seconds that pass at each switch.
    """

    title: str
    a: Walk
    b: Walk
    prepare: Callable[[Stage], Awaitable[None]] = _nothing
    options: Mapping[str, Any] = field(default_factory=dict)
    ends: frozenset[tuple[str, ...]]
    changes: frozenset[int]
    between: float = 0.0


def act(case: str) -> Walk:
    """The alert of a case is delivered."""

    async def walk(_: Stage, made: Lab) -> None:
        await delivered(made, case)

    return walk


def undo(case: str) -> Walk:
    """Somebody undoes the run of a case."""

    async def walk(stage: Stage, made: Lab) -> None:
        await posted(made, f"/api/runs/{stage.run(case)}/undo", None, ANN)

    return walk


def answer(decision: str) -> Walk:
    """Somebody answers the request for approval of case 1."""

    async def walk(stage: Stage, made: Lab) -> None:
        await posted(made, f"/api/approvals/{stage.approval('1')}", {"decision": decision, "reason": "so"}, BOB)

    return walk


async def expire(_: Stage, made: Lab) -> None:
    """A sweep finds what is over."""
    await swept(made)


async def extend(stage: Stage, made: Lab) -> None:
    """Somebody has the run of case 1 last longer."""
    await posted(made, f"/api/runs/{stage.run('1')}/extend", {"lasts": "30h", "reason": "not clean yet"}, ANN)


async def _one(stage: Stage) -> None:
    await delivered(stage.instance(), "1")


async def _both(stage: Stage) -> None:
    for case in "12":
        await delivered(stage.instance(), case)


async def _approved(stage: Stage) -> None:
    await _one(stage)
    await answer("approve")(stage, stage.instance())


async def _over(stage: Stage) -> None:
    await _one(stage)
    await asyncio.sleep(HOUR)


async def _nearly_over(stage: Stage) -> None:
    """One second before it expires, or before nobody can approve it any more."""
    await _one(stage)
    await asyncio.sleep(HOUR - 1)


def _ends(*ends: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(end.split()) for end in ends)


CUT, BACK = QUARANTINE, BEFORE

PAIRS = (
    Pair(
        title="act, act",
        a=act("1"),
        b=act("2"),
        ends=_ends(f"{CUT} done already", f"{CUT} already done"),
        changes=frozenset({1}),
    ),
    Pair(title="act, the same act", a=act("1"), b=act("1"), ends=_ends(f"{CUT} done"), changes=frozenset({1})),
    Pair(
        title="act, undo",
        a=act("2"),
        b=undo("1"),
        prepare=_one,
        ends=_ends(f"{CUT} undone done", f"{CUT} released already"),
        changes=frozenset({0, 2}),
    ),
    Pair(
        title="act if approved, undo",
        a=act("2"),
        b=undo("1"),
        prepare=_approved,
        options={"approval": "required"},
        ends=_ends(f"{CUT} released already", f"{BACK} undone held", f"{BACK} undone lapsed"),
        changes=frozenset({0, 1}),
    ),
    Pair(
        title="undo, undo",
        a=undo("1"),
        b=undo("2"),
        prepare=_both,
        ends=_ends(f"{BACK} undone released", f"{BACK} released undone"),
        changes=frozenset({1}),
    ),
    Pair(
        title="undo, the same undo",
        a=undo("1"),
        b=undo("1"),
        prepare=_one,
        ends=_ends(f"{BACK} undone", f"{BACK} undo_refused"),
        changes=frozenset({1}),
    ),
    Pair(
        title="act, expiry",
        a=act("2"),
        b=expire,
        prepare=_over,
        options={"expires": "1h"},
        ends=_ends(f"{CUT} undone done", f"{CUT} released already"),
        changes=frozenset({0, 2}),
    ),
    Pair(
        title="extend, expiry",
        a=extend,
        b=expire,
        prepare=_nearly_over,
        options={"expires": "1h"},
        ends=_ends(f"{CUT} extended", f"{BACK} undone"),
        changes=frozenset({0, 1}),
        between=2.0,
    ),
    Pair(
        title="approve, lapse",
        a=answer("approve"),
        b=expire,
        prepare=_nearly_over,
        options={"approval": "required", "within": "1h"},
        ends=_ends(f"{CUT} done", f"{BACK} lapsed"),
        changes=frozenset({0, 1}),
        between=2.0,
    ),
    Pair(
        title="expiry, extend",
        a=expire,
        b=extend,
        prepare=_over,
        options={"expires": "1h"},
        ends=_ends(f"{CUT} extended", f"{CUT} undo_refused", f"{BACK} undone"),  # refused: the sweep came too late
        changes=frozenset({0, 1}),
    ),
    Pair(
        title="lapse, approve",
        a=expire,
        b=answer("approve"),
        prepare=_over,
        options={"approval": "required", "within": "1h"},
        ends=_ends(f"{BACK} lapsed"),
        changes=frozenset({0}),
    ),
    Pair(
        title="approve, deny",
        a=answer("approve"),
        b=answer("deny"),
        prepare=_one,
        options={"approval": "required"},
        ends=_ends(f"{CUT} done", f"{BACK} denied"),
        changes=frozenset({0, 1}),
    ),
)
