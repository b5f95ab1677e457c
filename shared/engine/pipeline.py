"""The walk: read, match, plan, guard, claim, act, record. The only place that knows this order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from shared.azure.ledger import Opened
from shared.engine import outbox, poison, record
from shared.engine.act import act
from shared.engine.app import App
from shared.engine.approval import asked_for, to_be_asked
from shared.engine.claim import claim, seen
from shared.engine.complete import completed
from shared.engine.conclude import conclude
from shared.engine.evidence import collected
from shared.engine.guard import guard
from shared.engine.match import Match
from shared.engine.plan import Ask, Planned, brief, in_order, planned
from shared.engine.poison import Fault
from shared.engine.rehearse import rehearse
from shared.engine.urgency import urgency
from shared.model.dead_letter import Letter
from shared.model.delivery import Delivery
from shared.model.event import Event
from shared.model.record import Record
from shared.model.step import Brief
from shared.wire.scope import scope
from shared.wire.urgency import urgent


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of a batch.

    Args:
        deliveries: How many bodies there were.
        matches: How many playbooks were asked for.
        letters: The dead letters.
        records: How many records there are besides those of steps.
    """

    deliveries: int
    matches: int
    letters: tuple[Letter, ...]
    records: int

    def __str__(self) -> str:
        counts = f"deliveries={self.deliveries} matches={self.matches} dead_letters={len(self.letters)}"
        return f"{counts} records={self.records}"


async def handle(deliveries: Sequence[Delivery], app: App) -> Handled:
    """Handle a batch: every event in it ends in a record, and every step in the ledger.

    An event that cannot be handled for a fault of ours becomes a dead letter, as a body does that cannot be read.

    Raises:
        Exception: If something could not even be stored: then the batch must come again, which does nothing twice.
    """
    records: list[Record] = []
    letters: list[Letter] = []
    faults: list[Fault] = []
    found: list[tuple[Event, Delivery, Match, Brief]] = []
    for delivery, events, dead in await completed(poison.read(deliveries, app.sources), app):  # 1 read
        for event in events:
            try:
                matches, reason = app.playbooks.match(event)  # 2 match
                about = brief(event, delivery)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the rest of the batch along
                faults.append(Fault(event, delivery, error))
                continue
            if not matches:
                records.append(record.of_event(event, delivery, "no_match", reason, app.clock.now()))
            found += [(event, delivery, match, about) for match in matches]
        for piece in dead:
            letters.append(await outbox.letter(piece, delivery, app))
            records.append(record.of_dead_letter(piece, delivery, letters[-1].id, app.clock.now()))
    walks = (_numbered(number, match, about, app) for number, (_, _, match, about) in enumerate(found))
    ends = await asyncio.gather(*walks, return_exceptions=True)
    for (event, delivery, _, _), end in zip(found, ends, strict=True):
        if isinstance(end, list):
            records += end
        elif poison.is_poison(end):
            faults.append(Fault(event, delivery, end))
    for fault, piece in poison.dead_letters(faults, deliveries, app.sources):
        letters.append(await outbox.letter(piece, fault.delivery, app))
        made = record.of_dead_letter(piece, fault.delivery, letters[-1].id, app.clock.now())
        records.append(replace(made, CaseId=fault.event.case))
    await outbox.post(records, letters, app)
    for end in ends:
        if isinstance(end, BaseException) and not poison.is_poison(end):
            raise end
    return Handled(len(deliveries), len(found), tuple(letters), len(records))


async def _numbered(number: int, match: Match, about: Brief, app: App) -> list[Record]:
    """A walk in a scope of its own, for one batch may hold the same event twice."""
    ask = Ask(match.playbook.mode)
    with scope(str(number)):
        return await (walk(match, about, ask, app) if ask.mode == "act" else rehearse(match, about, ask, app))


async def walk(match: Match, about: Brief, ask: Ask, app: App) -> list[Record]:
    """Go through with a match. Its records are in the ledger with its steps; none are left to store.

    Raises:
        AzureError: If the ledger cannot be written.
    """
    with scope(f"{about.digest[:16]}:{match.playbook.name}"), urgent(urgency(about, ask.actor)):
        opened = await app.ledger.open(about.case, match.event.same)
        plans = await planned(match, replace(about, case=opened.case), ask, app)  # 3 plan
        count = len(plans)
        plans = await collected(
            plans,
            match.playbook.within,
            opened.partition,
            lambda plan: do_step(plan, count, opened, ask, app),
            app,
        )
        for group in in_order(plans):
            ends = await asyncio.gather(
                *(do_step(plan, count, opened, ask, app) for plan in group), return_exceptions=True
            )
            for end in ends:
                if isinstance(end, BaseException):
                    raise end
        await outbox.post_case(opened.partition, app)
        await app.ledger.settle(opened.partition, opened.case, opened.row)
        return []


async def do_step(plan: Planned, count: int, opened: Opened, ask: Ask, app: App) -> None:
    """Go through with one step."""
    async with app.slots:
        with scope(plan.step.key):
            if await seen(plan, opened, ask, app):
                return
            verdict = await guard(plan, count, app)  # 4 guard
            verdict = await asked_for(plan, verdict, opened.partition, app)
            noted = await claim(plan, verdict, opened, ask, app)  # 5 claim
            if noted is None or noted.entry.state != "claimed":
                return
            outcome = await act(noted.entry, app, plan.journal, verdict.unasked)  # 6 act
            await conclude(noted, to_be_asked(outcome, verdict), plan.journal, app)  # 7 record
