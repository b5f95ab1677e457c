"""Runs: start a playbook, see how far it is, undo it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.api.answer import Answer, Problem, problem
from shared.azure import sentinel
from shared.engine.app import App
from shared.engine.asked import take_up
from shared.engine.plan import brief
from shared.engine.playbook.load import Playbook
from shared.engine.playbook.mistakes import nearest
from shared.engine.sdk import in_our_words
from shared.engine.undo import undo_run
from shared.kinds import valid
from shared.model import ids
from shared.model.change import Difference
from shared.model.delivery import Delivery
from shared.model.entity import AnyEntity
from shared.model.errors import NotFound
from shared.model.event import Event
from shared.model.ledger import ENDS, Entry, Run
from shared.model.step import Actor, Mode

log = logging.getLogger(__name__)

WAIT = 20.0
"""Seconds that a request waits for its run to end. What takes longer goes on; the answer is the same."""

MOST_ENTITIES = 100
MOST_KEY = 256
_RUN = re.compile(r"[0-9a-f]{32}-[0-9a-f]{12}")


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to run a playbook on: exactly one of an event, an incident or entities.

    Args:
        event: An event's body, as its provider sends it.
        incident: The id of a Sentinel incident.
        entities: Entities, each with its `kind` and ids.
        dry_run: Whether only to say what would be done; if not given, as the playbook's mode says.
        reason: Why, for the record.
    """

    event: dict[str, Any] | None = None
    incident: str | None = None
    entities: list[AnyEntity] | None = None
    dry_run: bool | None = None
    reason: str = ""


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

    Args:
        name: The playbook's name.
        body: A `Request` as JSON.
        headers: Names in lower case. `idempotency-key`: the same request again is the same run. `prefer:
            respond-async`: do not wait for the run to end.
        actor: Who asks.
        trace: W3C trace context of the request.
        app: Everything else.

    Raises:
        Problem: 400, 404, 409, 422 or 503, with what was wrong.
    """
    delivery = Delivery(body=body, door="http", received=app.clock.now(), trace=trace)
    order = _understood(name, headers, actor, delivery, app)
    event = await _event(order, app)
    entities = tuple(e for e in event.entities if not order.playbook.condition.entities.isdisjoint(e.kinds))
    if not entities:
        wanted = " or ".join(sorted(order.playbook.condition.entities))
        raise Problem(problem(422, "Nothing to act on", f"{name} acts on {wanted}, and there is none."))
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
        raise Problem(problem(404, "No such run", "It may be too old, or never was."))
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
    )


async def undo(run_id: str, actor: Actor, app: App) -> Answer:
    """Undo what a run did, last step first; what became of each.

    Raises:
        Problem: 404 if there is no such run.
    """
    shown = await show(run_id, app)
    place = run_id.partition("-")[0]
    ends = await undo_run(place, str(shown.body["case"]), run_id, actor, app)
    return Answer(200, {"run": run_id, "steps": [msgspec.to_builtins(end) for end in ends]})


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
        "responder": entry.step.aim.responder,
        "target": entry.step.target_id,
        "state": entry.state,
        "reason": entry.reason,
        "changed": changed,
        "verified": list(entry.notes),
        "attempts": entry.attempts,
        "due": entry.due,
        "times": msgspec.to_builtins(entry.times),
        "actor": msgspec.to_builtins(entry.step.actor),
    }


def _understood(name: str, headers: Mapping[str, str], actor: Actor, delivery: Delivery, app: App) -> _Order:
    """What a request wants."""
    playbook = app.playbooks.named(name)
    if playbook is None:
        raise Problem(problem(404, "No such playbook", nearest(name, (each.name for each in app.playbooks.all))))
    try:
        request = msgspec.json.decode(delivery.body or b"{}", type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(problem(400, "The body cannot be understood", str(error))) from error
    if sum(part is not None for part in (request.event, request.incident, request.entities)) != 1:
        raise Problem(problem(400, "Nothing to run on", "Give exactly one of `event`, `incident` and `entities`."))
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


async def _event(order: _Order, app: App) -> Event:
    """The event that a request is about."""
    request = order.request
    if request.entities is not None:
        return _entities(order, request.entities)
    body = request.event
    if request.incident is not None:
        body = await _incident(request.incident, app)
    events, dead = app.sources.read(msgspec.json.encode(body))
    if dead or len(events) != 1:
        told = [f"{letter.reason} at {letter.where}" for letter in dead]
        detail = f"It holds {len(events)} events; one is needed."
        raise Problem(problem(422, "The event cannot be read", detail, told))
    return events[0]


def _entities(order: _Order, entities: list[AnyEntity]) -> Event:
    """An event that is nothing but what somebody wants something done to."""
    if not 0 < len(entities) <= MOST_ENTITIES:
        raise Problem(problem(400, "Too many or no entities", f"Give 1 to {MOST_ENTITIES} entities."))
    return Event(
        source="http",
        id=order.key,
        case=f"asked:{order.key}",
        title=order.request.reason or "asked for",
        entities=tuple(dict.fromkeys(entities)),
        digest=ids.content_digest(order.delivery.body),
    )


async def _incident(incident: str, app: App) -> dict[str, Any]:
    workspace = app.settings.sentinel_workspace
    if not workspace:
        raise Problem(problem(422, "Incidents cannot be read", "RIPOSTE_SENTINEL_WORKSPACE is not set."))
    if not valid.guid(incident):
        detail = f"{incident!r} is not a GUID: give the incident's name, not its number."
        raise Problem(problem(400, "No incident id", detail))
    try:
        azure = app.azure((sentinel.READ,), [])
        return await in_our_words(sentinel.incident(workspace, valid.guid(incident), azure), wrote=False)
    except NotFound as error:
        raise Problem(problem(404, "No such incident", str(error))) from error


async def _accepted(order: _Order, event: Event, entities: tuple[AnyEntity, ...], app: App) -> Answer:
    """Store the run, begin it, and answer."""
    opened = await app.ledger.open(event.case, event.same)
    run = Run(
        id=f"{opened.partition}-{ids.digest('asked', order.playbook.name, order.key)[:12]}",
        playbook=order.playbook.name,
        mode=order.mode,
        actor=order.actor,
        event=replace(brief(event, order.delivery), case=opened.case, title=order.request.reason or event.title),
        entities=entities,
        same=event.same,
        accepted=order.delivery.received,
        request=ids.content_digest(order.delivery.body),
    )
    before = await app.ledger.once(f"idempotency:{order.key}", f"{run.id} {run.request}")
    if before and before != f"{run.id} {run.request}":
        detail = "Use a new key for a new request."
        raise Problem(problem(422, "The Idempotency-Key was used for another request", detail))
    if await app.ledger.accept(opened.partition, run):
        work = asyncio.create_task(take_up(run, order.playbook, app))
        app.tasks.add(work)
        work.add_done_callback(app.tasks.discard)
        work.add_done_callback(_tell)
        await asyncio.wait({work}, timeout=0 if order.at_once else WAIT)
    place = f"/api/runs/{run.id}"
    body = {"run": run.id, "status": place, "playbook": run.playbook, "mode": run.mode, "case": opened.case}
    return Answer(202, body, {"Location": place, "Retry-After": "2"})


def _tell(work: asyncio.Task[None]) -> None:
    """A run that broke off is taken up by the sweep; say why it did."""
    if not work.cancelled() and work.exception() is not None:
        log.error("a run broke off; the sweep takes it up", exc_info=work.exception())
