"""Station 3: plan. A match becomes steps: what, to which target, under which key. Pure but for finding the targets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby

import msgspec

from shared.engine.app import App
from shared.engine.match import Match
from shared.engine.outcome import Outcome, of_error
from shared.engine.playbook.call import Call
from shared.engine.resolve import resolve
from shared.model import ids
from shared.model.delivery import Delivery
from shared.model.event import Event
from shared.model.step import Actor, Aim, Brief, Instead, Mode, Step, Terms
from shared.model.target import Target
from shared.wire.journal import Exchange
from shared.wire.scope import scope


@dataclass(frozen=True, slots=True)
class Ask:
    """Who wants a playbook to run, and how.

    Args:
        mode: Whether it acts.
        actor: Who.
        run: The run that was asked for; empty if an event asks, and not a person.
    """

    mode: Mode
    actor: Actor = Actor()
    run: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """A step, with its target or the reason why it has none.

    Args:
        step: The step.
        target: Its target; None if none was found.
        end: How it ended already; None if it goes on.
        journal: The requests that finding the target took.
        approved: Whether somebody has approved its plan.
    """

    step: Step
    target: Target | None
    end: Outcome | None
    journal: list[Exchange] = field(default_factory=list)
    approved: bool = False


async def planned(match: Match, about: Brief, ask: Ask, app: App) -> list[Planned]:
    """Every step of a match, each target once."""
    found = await asyncio.gather(*(planned_for(match, about, aim, ask, app) for aim in aims(match, app)))
    distinct = {plan.step.key: plan for plans in reversed(found) for plan in reversed(plans)}
    agreed = [replace(plan, step=on_terms(plan.step, match, len(distinct), app)) for plan in distinct.values()]
    return sorted(agreed, key=lambda plan: (plan.step.order, plan.step.target_id))


def on_terms(step: Step, match: Match, targets: int, app: App) -> Step:
    """A step, with the terms on which it is done in a run with so many targets."""
    terms = _terms(match.playbook.call(step.aim.responder), match, targets, app)
    instead = () if not terms.approval else tuple(_instead(match, targets, app))
    return msgspec.structs.replace(step, terms=terms, targets=targets, instead=instead)


def _instead(match: Match, targets: int, app: App) -> Iterator[Instead]:
    """What the playbook does instead of steps that nobody approves in time."""
    for call in match.playbook.lapsed:
        for aim in _aims(call, match, app):
            order = match.playbook.order(call.responder)
            yield Instead(aim=aim, terms=_terms(call, match, targets, app), order=order)


def _terms(call: Call, match: Match, targets: int, app: App) -> Terms:
    return call.terms_for(match.event, app.responders[call.responder].facts.impact, targets)


async def planned_for(match: Match, about: Brief, aim: Aim, ask: Ask, app: App) -> list[Planned]:
    """The steps of one aim: one for each target it stands for, or one that says why there is none."""
    journal: list[Exchange] = []
    try:
        with scope(ids.value_digest(msgspec.to_builtins(aim))[:16]):
            targets = await resolve(aim, app.responders[aim.responder], app, journal)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is how the step ended
        end = of_error(error, f"looking for the target of {aim.responder}")
        return [Planned(step(match, about, aim, None, ask), None, end, journal)]
    return [Planned(step(match, about, aim, target, ask), target, None, list(journal)) for target in targets]


def in_order(plans: Iterable[Planned]) -> Iterator[list[Planned]]:
    """Steps by their place in the playbook: those of one place may go side by side."""
    for _, group in groupby(plans, key=lambda plan: plan.step.order):
        yield list(group)


def aims(match: Match, app: App) -> Iterator[Aim]:
    """What the playbook wants to do, step by step, to each entity that the step's responder can act on."""
    for call in match.playbook.steps:
        yield from _aims(call, match, app)


def _aims(call: Call, match: Match, app: App) -> Iterator[Aim]:
    for entity in match.entities:
        if not app.responders[call.responder].target.accepts.isdisjoint(entity.kinds):
            yield Aim(responder=call.responder, params=call.params, entity=entity)


def brief(event: Event, delivery: Delivery) -> Brief:
    """What is kept of an event."""
    return Brief(
        id=event.id,
        source=event.source,
        digest=event.digest,
        case=event.case,
        provider=event.provider,
        product=event.product,
        kind=event.kind,
        title=event.title,
        severity=event.severity.word if event.severity else "",
        time=event.time,
        tenant=event.tenant,
        subscription=event.subscription,
        workspace=event.workspace,
        tactics=event.tactics,
        techniques=event.techniques,
        link=event.link,
        door=delivery.door,
        received=delivery.received,
        trace=delivery.trace,
    )


def step(match: Match, about: Brief, aim: Aim, target: Target | None, ask: Ask) -> Step:
    """One step. Without a target its key stands for the aim itself."""
    place = target.id if target else ids.value_digest(msgspec.to_builtins(aim))
    return Step(
        key=ids.step_key(about.case, match.playbook.name, aim.responder, place),
        run=ask.run or ids.run_id(about.case, match.playbook.name),
        order=match.playbook.order(aim.responder),
        playbook=match.playbook.name,
        version=match.playbook.version,
        mode=ask.mode,
        why=match.why,
        event=about,
        aim=aim,
        target=msgspec.to_builtins(target) if target else {},
        actor=ask.actor,
    )
