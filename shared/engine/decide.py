"""The answer to a request for approval: once, by somebody else than who asked, and only while the plan holds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from msgspec.structs import replace

from shared.azure.ledger import LEASE, Noted
from shared.engine import outbox, record
from shared.engine.again import try_again
from shared.engine.app import App
from shared.engine.lapse import lapse
from shared.engine.moves import move
from shared.engine.undo import resume_undo
from shared.model.approval import Approval
from shared.model.errors import Changed, Refused
from shared.model.ledger import Entry
from shared.model.record import Decision, Record
from shared.model.states import State
from shared.model.step import Actor
from shared.wire.scope import scope

AT_ONCE = 16
"""Cases that are read side by side."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for approval in the ledger."""

    approval: Approval
    noted: Noted

    @property
    def waits(self) -> bool:
        """Whether it can still be answered."""
        return self.noted.entry.asks is not None


async def find(approval: str, app: App) -> Asked | None:
    """A request for approval; None if there is none under this id, or its step has gone on to another.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    for noted in await app.ledger.entries(approval.partition("-")[0]):
        if noted.entry.approval is not None and noted.entry.approval.id == approval:
            return Asked(noted.entry.approval, noted)
    return None


async def waiting(app: App) -> list[Asked]:
    """The requests that wait for an answer, those that lapse first at the head.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    now, found = app.clock.now(), []
    partitions = await app.ledger.asking()
    for start in range(0, len(partitions), AT_ONCE):
        for entries in await asyncio.gather(*map(app.ledger.entries, partitions[start : start + AT_ONCE])):
            asked = [Asked(noted.entry.asks, noted) for noted in entries if noted.entry.asks is not None]
            found += [each for each in asked if each.approval.until > now]
    return sorted(found, key=lambda each: each.approval.until)


async def decide(asked: Asked, actor: Actor, reason: str, app: App, *, approved: bool) -> Noted:
    """Answer a request. What was approved is to be gone on with by `go_on`; should this instance die, by the sweep.

    Raises:
        Refused: If this caller may not answer this request.
        Changed: If it has been answered, or has lapsed.
        AzureError: If the ledger cannot be written.
    """
    _may_answer(asked.approval, actor, approved=approved)
    noted, now = asked.noted, app.clock.now()
    entry, partition = noted.entry, noted.row.partition
    await app.ledger.come_back(partition, entry.step.event.case, now)
    if not asked.waits:
        raise Changed("it has been answered, or has lapsed")
    if asked.approval.until <= now:
        if entry.state == "held":
            await lapse(noted, "nobody approved its plan in time", "analyst", app)
        raise Changed(f"it lapsed at {asked.approval.until.isoformat()}")
    answer = replace(asked.approval, approver=actor, approved=approved, decided=now, reason=reason)
    answered = replace(entry, approval=answer)
    if answer.plan.deed == "forced_undo":
        return await _on_forced_undo(noted, answered, app, approved=approved)
    state: State = "planned" if approved else "denied"
    end = replace(
        answered, state=state, reason=reason, due=now if approved else None, due_for="again" if approved else ""
    )
    return await move(noted, end, [_told(end, approved=approved, app=app)], "analyst", app)


async def go_on(noted: Noted, app: App) -> None:
    """Do what has been approved, and tell what came of it.

    Raises:
        AzureError: If the ledger cannot be written: then the sweep goes on.
    """
    partition, case = noted.row.partition, noted.entry.step.event.case
    row = await app.ledger.come_back(partition, case, app.clock.now() + LEASE)
    with scope(f"approved:{noted.entry.step.key}"):
        if noted.entry.state == "undoing":
            await resume_undo(noted, app)
        elif noted.entry.state == "planned":
            await try_again(noted, app)
    await outbox.post_case(partition, app)
    await app.ledger.settle(partition, case, row)


def _may_answer(asked: Approval, actor: Actor, *, approved: bool) -> None:
    """Anybody of the role may deny; to approve takes somebody else than who asked."""
    if actor.kind != "user":
        raise Refused("only somebody who has signed in can answer: set RIPOSTE_EASY_AUTH")
    if not approved:
        return
    if asked.by.kind == "function_key":
        raise Refused("whoever asked for it did not sign in, so nobody can be known to be somebody else")
    if asked.by.id == actor.id:
        raise Refused("whoever asked for it cannot approve it: somebody else must")


async def _on_forced_undo(noted: Noted, answered: Entry, app: App, *, approved: bool) -> Noted:
    """The step's state stays until the way back begins; then its lease makes sure that it goes on."""
    entry = noted.entry
    records = [_told(answered, approved=approved, app=app)]
    if not approved:
        return await move(noted, replace(answered, approval=None), records, "analyst", app)
    counted = replace(answered, attempts=entry.attempts + 1)
    findings = record.Findings(reason="to be put back over somebody else's change")
    responder = app.responders.get(entry.step.aim.responder)
    records.append(record.of_step(entry.step, responder, "intent", app.clock.now(), findings, counted))
    lease = app.clock.now() + LEASE
    begun = replace(counted, state="undoing", was=entry.state, owner=app.instance, lease=lease)
    return await move(noted, begun, records, "analyst", app)


def _told(entry: Entry, *, approved: bool, app: App) -> Record:
    decision: Decision = "approved" if approved else "denied"
    findings = record.Findings(reason=entry.approval.reason if entry.approval else "")
    return record.of_step(
        entry.step, app.responders.get(entry.step.aim.responder), decision, app.clock.now(), findings, entry
    )
