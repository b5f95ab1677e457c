"""Runs: start a playbook, see how far it is, undo it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec.structs import replace

from shared.api.answer import Answer, Problem, problem
from shared.api.background import begin
from shared.api.request import Request, understood
from shared.api.subject import subject
from shared.engine.app import App
from shared.engine.asked import take_up
from shared.engine.plan import brief
from shared.engine.playbook.load import Playbook
from shared.engine.playbook.mistakes import nearest
from shared.model import ids
from shared.model.change import Difference
from shared.model.delivery import Delivery
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.ledger import Entry, Run
from shared.model.states import ENDS
from shared.model.step import Actor, Mode

WAIT = 20.0
"""Seconds that a request waits for its run to end. What takes longer goes on; the answer is the same."""

MOST_KEY = 256
AGAIN = {"Retry-After": "2"}
_RUN = re.compile(r"[0-9a-f]{32}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """A request that has been understood.

    Args:
        playbook: What to run.
        mode: Whether it acts.
        request: What was asked.
        key: What makes a repeated request the same.
        actor: Who asks.
        delivery: The request itself.
        at_once: Whether to answer before the run has ended.
    """

    playbook: Playbook
    mode: Mode
    request: Request
    key: str
    actor: Actor
    delivery: Delivery
    at_once: bool


async def start(name: str, body: bytes, headers: Mapping[str, str], actor: Actor, trace: str, app: App) -> Answer:
    """Accept a run of a playbook: 202 with its id and the address of its state. It is stored before this answers.

    Whoever asks has judged the case: of the playbook's `when` only the kinds of entity count here. The guards count all.

    Args:
        name: The playbook's name.
        body: A `Request` as JSON.
        headers: Names in lower case. `idempotency-key`: the same request again is the same run. `prefer:
            respond-async`: do not wait for the run to end.
        actor: Who asks.
        trace: W3C trace context of the request.
        app: Everything else.

    Raises:
        Problem: 400, 404, 409, 413 or 422, with what was wrong.
        AzureError: If the request cannot be stored now: then nothing was done.
    """
    delivery = Delivery(body=body, door="http", received=app.clock.now(), trace=trace)
    order = _understood(name, headers, actor, delivery, app)
    event = await subject(order.request, order.key, delivery.body, app)
    wanted = order.playbook.condition.entities & _accepted_kinds(order.playbook, app)
    entities = tuple(entity for entity in event.entities if not wanted.isdisjoint(entity.kinds))
    left = [
        f"entities[{number}]: {entity.label} is of kind {' and '.join(sorted(entity.kinds))}"
        for number, entity in enumerate(order.request.entities or ())
        if wanted.isdisjoint(entity.kinds)
    ]
    if left or not entities:
        raise Problem(problem(422, "Nothing to act on", f"{name} acts on {' or '.join(sorted(wanted))} alone.", left))
    return await _accepted(order, event, entities, app)


async def show(run_id: str, app: App) -> Answer:
    """How far a run is.

    Raises:
        Problem: 404 if there is no such run.
    """
    if not _RUN.fullmatch(run_id):
        raise Problem(problem(404, "No such run", "A run's id has 32 and 12 hexadecimal digits."))
    place = run_id.partition("-")[0]
    run = await app.ledger.run(place, run_id)
    entries = [noted.entry for noted in await app.ledger.entries(place)]
    mine = [e for e in entries if e.step.run == run_id or (run and e.step.playbook == run.playbook)]
    if run is None and not mine:
        detail = "It never was, or it was the dry run of an event, which leaves its records in the audit alone."
        raise Problem(problem(404, "No such run", detail))
    finished = (run is None or run.finished) and all(entry.state in ENDS for entry in mine)
    about = run.event if run else mine[0].step.event
    return Answer(
        200,
        {
            "run": run_id,
            "playbook": run.playbook if run else mine[0].step.playbook,
            "mode": run.mode if run else mine[0].step.mode,
            "case": about.case,
            "state": "finished" if finished else "running",
            "steps": [_step(entry) for entry in sorted(mine, key=lambda entry: entry.step.order)],
            "rehearsed": [msgspec.to_builtins(made) for made in run.rehearsed] if run else [],
        },
        {} if finished else AGAIN,
    )


def _step(entry: Entry) -> dict[str, Any]:
    changed = []
    if entry.before is not None and entry.after is not None:
        names = dict.fromkeys([*entry.before, *entry.after])
        changed = [
            str(Difference(name, entry.before.get(name), entry.after.get(name)))
            for name in names
            if entry.before.get(name) != entry.after.get(name)
        ]
    return {
        "step": entry.step.key,
        "run": entry.step.run,
        "responder": entry.step.aim.responder,
        "target": entry.step.target_id,
        "state": entry.state,
        "reason": entry.reason,
        "changed": changed,
        "verified": list(entry.notes),
        "attempts": entry.attempts,
        "due": entry.due,
        "expires": entry.expires,
        "approval": entry.approval.id if entry.approval else "",
        "times": msgspec.to_builtins(entry.times),
        "actor": msgspec.to_builtins(entry.step.actor),
    }


def _understood(name: str, headers: Mapping[str, str], actor: Actor, delivery: Delivery, app: App) -> _Order:
    """What a request wants."""
    playbook = app.playbooks.named(name)
    if playbook is None:
        raise Problem(problem(404, "No such playbook", nearest(name, (each.name for each in app.playbooks.all))))
    request = understood(delivery.body)
    mode: Mode = playbook.mode if request.dry_run is None else ("dry_run" if request.dry_run else "act")
    if mode == "act" and playbook.mode != "act":
        detail = f"{name} is in dry run. Its file says `mode: dry_run`; switching it to `act` is a reviewed change."
        raise Problem(problem(409, "The playbook does not act", detail))
    key = headers.get("idempotency-key", "").strip()
    if len(key) > MOST_KEY:
        raise Problem(problem(400, "The Idempotency-Key is too long", f"It may have {MOST_KEY} characters."))
    return _Order(
        playbook=playbook,
        mode=mode,
        request=request,
        key=ids.digest(actor.id, name, key) if key else app.chance.id(),
        actor=actor,
        delivery=delivery,
        at_once="respond-async" in headers.get("prefer", "").lower(),
    )


def _accepted_kinds(playbook: Playbook, app: App) -> frozenset[str]:
    """What the steps of a playbook act on."""
    return frozenset().union(*(app.responders[call.responder].target.accepts for call in playbook.steps))


async def _accepted(order: _Order, event: Event, entities: tuple[AnyEntity, ...], app: App) -> Answer:
    """Store the run, begin it, and answer."""
    asked = order.request.reason if order.request.entities is None else ""
    opened = await app.ledger.open(event.case, event.same)
    run = Run(
        id=f"{opened.partition}-{ids.digest('asked', order.playbook.name, order.key)[:12]}",
        playbook=order.playbook.name,
        mode=order.mode,
        actor=order.actor,
        event=replace(
            brief(event, order.delivery),
            case=opened.case,
            title=f"{event.title}; asked for: {asked}" if asked else event.title,
        ),
        entities=entities,
        same=event.same,
        accepted=order.delivery.received,
        request=ids.content_digest(order.delivery.body),
    )
    name = f"idempotency:{order.key}"
    before = await app.ledger.once(name, f"{run.id} {run.request}")
    if not before:
        await app.ledger.known_as(opened.partition, [name])
    if before and before != f"{run.id} {run.request}":
        detail = "Use a new key for a new request."
        raise Problem(problem(422, "The Idempotency-Key was used for another request", detail))
    if await app.ledger.accept(opened.partition, run):
        work = begin(take_up(run, order.playbook, app), "a run", app)
        await asyncio.wait({work}, timeout=0 if order.at_once else WAIT)
    place = f"/api/runs/{run.id}"
    body = {"run": run.id, "status": place, "playbook": run.playbook, "mode": run.mode, "case": opened.case}
    return Answer(202, body, {"Location": place, **AGAIN})
