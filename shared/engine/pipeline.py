"""The walk: read, match, plan, guard, claim, act, record. The only place that knows this order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

from msgspec.structs import replace

from shared.azure.ledger import Opened
from shared.engine import outbox, record
from shared.engine.act import act
from shared.engine.app import App
from shared.engine.claim import claim
from shared.engine.conclude import conclude
from shared.engine.guard import guard
from shared.engine.match import Match
from shared.engine.plan import Ask, Planned, brief, in_order, planned
from shared.engine.rehearse import rehearse
from shared.model.delivery import Delivery
from shared.model.record import Record
from shared.model.step import Brief
from shared.wire.scope import scope


async def handle(deliveries: Sequence[Delivery], app: App) -> str:
    """Handle a batch: every event in it ends in a record, and every step in the ledger. Returns a line for the log.

    Raises:
        Exception: If something could not even be stored: then the batch must come again, which does nothing twice.
    """
    records: list[Record] = []
    letters = []
    walks: list[Awaitable[list[Record]]] = []
    for delivery, events, dead in app.sources.read_all(deliveries):  # 1 read
        for event in events:
            matches, reason = app.playbooks.match(event)  # 2 match
            if not matches:
                records.append(record.of_event(event, delivery, "no_match", reason, app.clock.now()))
            for match in matches:
                about, ask = brief(event, delivery), Ask(match.playbook.mode)
                work = walk(match, about, ask, app) if ask.mode == "act" else rehearse(match, about, ask, app)
                walks.append(_numbered(len(walks), work))
        for piece in dead:
            letters.append(await outbox.letter(piece, delivery, app))
            records.append(record.of_dead_letter(piece, delivery, letters[-1].id, app.clock.now()))
    ends = await asyncio.gather(*walks, return_exceptions=True)
    records += [made for end in ends if isinstance(end, list) for made in end]
    await outbox.post(records, letters, app)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return f"deliveries={len(deliveries)} matches={len(walks)} dead_letters={len(letters)} records={len(records)}"


async def _numbered(number: int, work: Awaitable[list[Record]]) -> list[Record]:
    """A walk in a scope of its own, for one batch may hold the same event twice."""
    with scope(str(number)):
        return await work


async def walk(match: Match, about: Brief, ask: Ask, app: App) -> list[Record]:
    """Go through with a match. Its records are in the ledger with its steps; none are left to store.

    Raises:
        AzureError: If the ledger cannot be written.
    """
    with scope(f"{about.digest[:16]}:{match.playbook.name}"):
        opened = await app.ledger.open(about.case, match.event.same)
        plans = await planned(match, replace(about, case=opened.case), ask, app)  # 3 plan
        for group in in_order(plans):
            ends = await asyncio.gather(
                *(do_step(plan, len(plans), opened, ask, app) for plan in group), return_exceptions=True
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
            verdict = await guard(plan, count, app)  # 4 guard
            noted = await claim(plan, verdict, opened, ask, app)  # 5 claim
            if noted is None or noted.entry.state != "claimed":
                return
            outcome = await act(noted.entry, app, plan.journal)  # 6 act
            await conclude(noted, outcome, plan.journal, app)  # 7 record
