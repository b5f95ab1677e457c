"""Every walk that an instance may die on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from azsim.functions.host import Invocation
from shared.engine import outbox
from shared.engine.read import DeadLetter
from shared.kinds.responder import Setting, can_undo
from shared.model.delivery import Delivery
from tests import lab
from tests.chaos.crash.reports import in_one_alert, reported
from tests.chaos.crash.stage import ANN, BOB, Stage, asked, call
from tests.lab import Lab
from tests.scenario import RESPONDERS, SCENARIOS

Resume = Literal["redelivered at once", "redelivered late", "swept, then redelivered", "swept"]
"""How it goes on. The event hub delivers the same body again: at once, when the lease has ended, or after the sweep has done
what it can. Whoever called by HTTP sees what has come of it, and asks again only if that is nothing."""

REDELIVERED: tuple[Resume, ...] = ("redelivered at once", "redelivered late", "swept, then redelivered")


async def _nothing(stage: Stage) -> None:
    """Nothing need be there before."""
    del stage


@dataclass(frozen=True, kw_only=True)
class Walk:
    """A walk.

    Args:
        title: Its name.
        go: The walk, by an instance that may be killed. May be done again.
        prepare: What must be there before, done by another instance.
        options: What the playbook says of the step.
        more: Other fields of the playbook, for a responder.
        resumes: How it may go on after the instance died.
        fits: For which responders there is such a walk.
        alone: Whether it is the same for every responder, and so is played for one.
    """

    title: str
    go: Callable[[Stage, Lab], Coroutine[Any, Any, None]]
    prepare: Callable[[Stage], Awaitable[None]] = _nothing
    options: Mapping[str, Any] = field(default_factory=dict)
    more: Callable[[str], Mapping[str, Any]] = lambda _: {}
    resumes: tuple[Resume, ...] = ("swept",)
    fits: Callable[[str], bool] = lambda _: True
    alone: bool = False


def cases() -> list[tuple[Walk, str]]:
    """Every walk with every responder that has it."""
    found = []
    for walk in WALKS:
        names = sorted(name for name in RESPONDERS if walk.fits(name))
        found += [(walk, name) for name in (names[:1] if walk.alone else names)]
    return found


def walk_of(title: str) -> Walk:
    """The walk of a title."""
    return next(walk for walk in WALKS if walk.title == title)


def other(name: str) -> str:
    """Another responder, to collect what stands for evidence."""
    names = sorted(RESPONDERS)
    return names[(names.index(name) + 1) % len(names)]


def otherwise(name: str) -> str:
    """A responder to go on with when a step has lapsed: one whose entity an alert speaks of, too; none if it cannot."""
    mine = SCENARIOS[name].entity
    fitting = (each for each in sorted(RESPONDERS) if each != name and in_one_alert(mine, SCENARIOS[each].entity))
    return next(fitting, "")


async def _done(stage: Stage) -> None:
    status, body = await asked(stage.first, stage.entity)
    assert status == 202, body
    stage.kept["run"] = body["run"]


async def _held(stage: Stage) -> None:
    await _done(stage)
    stage.kept["approval"] = await _approval(stage)


async def _approval(stage: Stage) -> str:
    _, body = await stage.first.get("/api/approvals", **BOB)
    (waits,) = body["approvals"]
    return str(waits["approval"])


async def _overdue(stage: Stage) -> None:
    branch = otherwise(stage.name)
    entities = [SCENARIOS[name].entity for name in (stage.name, branch) if name]
    _well(await stage.first.host.event_hub("alerts", [reported(*entities)]))
    await _approval(stage)
    await asyncio.sleep(31 * 60)


async def _expired(stage: Stage) -> None:
    await _done(stage)
    await asyncio.sleep(3600 + 1)


async def _half(stage: Stage) -> None:
    await _done(stage)
    later = SCENARIOS[stage.name].later
    assert later is not None
    await asyncio.sleep(later.total_seconds())


async def _forced(stage: Stage) -> None:
    await _done(stage)
    drift = SCENARIOS[stage.name].drift
    assert drift is not None, f"the scenario of {stage.name} does not say how somebody else changes its target: `drift`"
    drift(stage.world)
    force = {"force": True, "reason": "it was a mistake"}
    status, body = await stage.first.post(f"/api/runs/{stage.kept['run']}/undo", force, **ANN)
    assert status == 200, body
    stage.kept["approval"] = await _approval(stage)


async def _deliver(stage: Stage, made: Lab) -> None:
    _well(await made.host.event_hub("alerts", [reported(stage.entity)]))


async def _deliver_other(_: Stage, made: Lab) -> None:
    _well(await made.host.event_hub("alerts", [lab.recording("defender_low_severity")]))


async def _deliver_three(stage: Stage, made: Lab) -> None:
    """One that acts, one that matches nothing and one that nobody can read: each has an end of its own kind."""
    bodies = [reported(stage.entity), lab.recording("defender_low_severity"), b"{"]
    _well(await made.host.event_hub("alerts", bodies))


async def _deliver_nothing(_: Stage, made: Lab) -> None:
    _well(await made.host.event_hub("alerts", [b"{"]))


async def _letter(stage: Stage) -> None:
    """A dead letter whose event can be handled after all."""
    app, body = stage.first.app, reported(stage.entity)
    came = Delivery(body=body, door="event_hub", received=app.clock.now(), trace="")
    made = await outbox.letter(DeadLetter("handling it broke off", "", body), came, app)
    await outbox.post((), [made], app)
    stage.kept["letter"] = made.id
    assert made.id in stage.letters


async def _put_back(stage: Stage, made: Lab) -> None:
    await made.post(f"/api/dead-letters/{stage.kept['letter']}/redrive", None, **ANN)


async def _ask(stage: Stage, made: Lab) -> None:
    await asked(made, stage.entity)


async def _ask_both(stage: Stage, made: Lab) -> None:
    await asked(made, SCENARIOS[other(stage.name)].entity, stage.entity)


async def _sweep(_: Stage, made: Lab) -> None:
    _well(await made.host.timer("sweep"))


async def _sweep_twice(_: Stage, made: Lab) -> None:
    """What is to be done instead is done by the next sweep."""
    _well(await made.host.timer("sweep"))
    await asyncio.sleep(60)
    _well(await made.host.timer("sweep"))


async def _undo(stage: Stage, made: Lab) -> None:
    await made.post(f"/api/runs/{stage.kept['run']}/undo", None, **ANN)


async def _approve(stage: Stage, made: Lab) -> None:
    await made.post(f"/api/approvals/{stage.kept['approval']}", {"decision": "approve", "reason": "yes"}, **BOB)


async def _extend(stage: Stage, made: Lab) -> None:
    longer = {"until": "2026-03-03T09:00:00Z", "reason": "not clean yet"}
    await made.post(f"/api/runs/{stage.kept['run']}/extend", longer, **ANN)


def _well(done: Invocation) -> None:
    if done.error is not None:
        raise done.error


def _undone(name: str) -> bool:
    return can_undo(RESPONDERS[name])


def _first(name: str) -> dict[str, Any]:
    return {"first": {"within": "1m", "steps": [call(other(name))]}}


def _lapsed(name: str) -> dict[str, Any]:
    branch = otherwise(name)
    return {"lapsed": [call(branch)]} if branch else {}


WALKS = (
    Walk(title="an event is delivered", go=_deliver, resumes=REDELIVERED),
    Walk(title="a run is asked for", go=_ask),
    Walk(
        title="the second half",
        prepare=_half,
        go=_sweep,
        fits=lambda name: SCENARIOS[name].later is not None,
    ),
    Walk(title="undo", prepare=_done, go=_undo, fits=_undone),
    Walk(title="its time is over", prepare=_expired, go=_sweep, options={"expires": "1h"}, fits=_undone),
    Walk(title="held, approved", prepare=_held, go=_approve, options={"approval": "required"}),
    Walk(
        title="held, lapsed, otherwise",
        prepare=_overdue,
        go=_sweep_twice,
        options={"approval": "required", "within": "30m"},
        more=_lapsed,
    ),
    Walk(
        title="forced undo",
        prepare=_forced,
        go=_approve,
        fits=lambda name: _undone(name) and isinstance(RESPONDERS[name], Setting),
    ),
    Walk(title="extended", prepare=_done, go=_extend, options={"expires": "4h"}, fits=_undone),
    Walk(title="evidence first", go=_ask_both, more=_first),
    Walk(title="a dead letter is put back", prepare=_letter, go=_put_back),
    Walk(title="a dead letter is posted", go=_deliver_nothing, resumes=REDELIVERED, alone=True),
    Walk(title="a batch of three", go=_deliver_three, resumes=REDELIVERED, alone=True),
    Walk(title="an event that matches nothing", go=_deliver_other, resumes=REDELIVERED, alone=True),
)
