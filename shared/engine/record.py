"""Station 7: record. Everything that is known of a decision or deed, in one line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.engine.read import DeadLetter
from shared.kinds.responder import Responder
from shared.model import ids
from shared.model.change import differences, state_digest
from shared.model.delivery import Delivery
from shared.model.event import Event
from shared.model.ledger import Entry, Run
from shared.model.record import SCHEMA_VERSION, Decision, Record
from shared.model.step import Brief, Step
from shared.wire.dry_run import KeptBack
from shared.wire.journal import Exchange

MOST_TEXT = 8_000
"""Characters of a reason or title; Log Analytics cuts a field at 64 KB without a word."""

MOST_ITEMS = 100
"""Of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a record of a step says besides the step itself."""

    reason: str = ""
    guard: tuple[str, ...] = ()
    before: Struct | None = None
    after: Struct | None = None
    notes: tuple[str, ...] = ()
    would_send: Sequence[KeptBack] = ()
    journal: Sequence[Exchange] = ()


def of_event(event: Event, delivery: Delivery, decision: Decision, reason: str, now: datetime) -> Record:
    """The record of an event that ended before any step."""
    return Record(
        TimeGenerated=_time(now),
        RecordId=ids.record_id(event.digest, decision),
        SchemaVersion=SCHEMA_VERSION,
        Decision=decision,
        Reason=_cut(reason),
        CaseId=event.case,
        EventId=event.id,
        EventDigest=event.digest,
        EventSource=event.source,
        EventProvider=event.provider,
        EventProduct=event.product,
        EventKind=event.kind,
        EventTitle=_cut(event.title),
        EventSeverity=event.severity.word if event.severity else "",
        EventLink=_cut(event.link),
        EventTime=event.time,
        AzureTenantId=event.tenant,
        SubscriptionId=event.subscription,
        Door=delivery.door,
        ReceivedTime=_time(delivery.received),
        DecidedTime=_time(now),
        Tactics=event.tactics or None,
        Techniques=event.techniques or None,
        ActorKind="system",
        TraceParent=delivery.trace,
    )


def of_dead_letter(letter: DeadLetter, delivery: Delivery, letter_id: str, now: datetime) -> Record:
    """The record of a body, or a part of one, that could not be read. It names the place, never the content."""
    return Record(
        TimeGenerated=_time(now),
        RecordId=ids.record_id(letter_id, "dead_letter"),
        SchemaVersion=SCHEMA_VERSION,
        Decision="dead_letter",
        Reason=_cut(f"{letter.reason} (at {letter.where})" if letter.where else letter.reason),
        EventId=letter_id,
        EventDigest=ids.content_digest(letter.body),
        EventSource=letter.source,
        Attempt=delivery.attempt if delivery.attempt > 1 else 0,
        Door=delivery.door,
        ReceivedTime=_time(delivery.received),
        DecidedTime=_time(now),
        ActorKind="system",
        TraceParent=delivery.trace,
    )


def of_run(run: Run, decision: Decision, reason: str, now: datetime) -> Record:
    """The record of a run that ended before any step."""
    return Record(
        **_about(run.event),
        TimeGenerated=_time(now),
        RecordId=ids.record_id(run.id, decision),
        SchemaVersion=SCHEMA_VERSION,
        Decision=decision,
        Reason=_cut(reason),
        RunId=run.id,
        Playbook=run.playbook,
        PlaybookMode=run.mode,
        ActorKind=run.actor.kind,
        ActorName=run.actor.name,
        ActorId=run.actor.id,
        DecidedTime=_time(now),
    )


def of_step(
    step: Step,
    responder: Responder | None,
    decision: Decision,
    now: datetime,
    findings: Findings,
    entry: Entry | None = None,
) -> Record:
    """The record of a decision about a step, or of what it did.

    Args:
        step: The step.
        responder: What it calls; None if it is not there any more.
        decision: What happened.
        now: When.
        findings: What is known of it.
        entry: The step in the ledger; None if it is not there, as in dry run.
    """
    facts = responder.facts if responder else None
    times = entry.times if entry else None
    asked = entry.approval if entry else None
    told = asked is not None and decision in ("held", "approved", "denied", "lapsed")
    attempt = entry.attempts if entry else 0
    place = "" if entry else f"{step.event.digest}:{step.version}"
    return Record(
        **_about(step.event),
        TimeGenerated=_time(now),
        RecordId=ids.record_id(step.key, decision, str(attempt), place),
        SchemaVersion=SCHEMA_VERSION,
        Decision=decision,
        Reason=_cut(findings.reason),
        RunId=step.run,
        StepId=step.key,
        Playbook=step.playbook,
        PlaybookVersion=step.version,
        PlaybookMode=step.mode,
        Match=step.why or None,
        Responder=step.aim.responder,
        Params=step.aim.params or None,
        Entity=msgspec.to_builtins(step.aim.entity),
        Target=step.target_id,
        TargetKind=str(step.target.get("kind", "")),
        Guard=findings.guard or None,
        Diff=_diff(findings.before, findings.after),
        BeforeDigest=state_digest(findings.before) if findings.before else "",
        AfterDigest=state_digest(findings.after) if findings.after else "",
        Verification=findings.notes or None,
        Limits=facts.limits if facts and decision in ("done", "already", "dry_run", "unverified") else None,
        WouldSend=_first(map(str, findings.would_send)),
        Attempt=attempt,
        ActorKind=step.actor.kind,
        ActorName=step.actor.name,
        ActorId=step.actor.id,
        MissingEvidence=step.lacking or None,
        ApprovalId=asked.id if asked else "",
        Plan=msgspec.to_builtins(asked.plan) if asked and told else None,
        PlanHash=asked.hash if asked else "",
        ApproverName=asked.approver.name if asked and asked.approver else "",
        ApproverId=asked.approver.id if asked and asked.approver else "",
        ExpiresTime=_time(entry.expires) if entry and entry.expires else "",
        DecidedTime=_time(times.decided if times and times.decided else now),
        ActedTime=_time(times.acted) if times and times.acted else "",
        VerifiedTime=_time(times.verified) if times and times.verified else "",
        Mitigations=facts.attack if facts else None,
        D3fend=facts.d3fend if facts else None,
        Mcsb=facts.mcsb if facts else None,
        AzureRequestIds=_first(exchange.request_id for exchange in findings.journal if exchange.request_id),
    )


def of_undo_refused(entry: Entry, responder: Responder | None, reason: str, now: datetime) -> Record:
    """The record of an undo that was not begun. It counts as no attempt: its time and who asked tell it from others."""
    step = entry.step
    made = of_step(step, responder, "undo_refused", now, Findings(reason=reason), entry)
    who = (step.actor.kind, step.actor.name, step.actor.id)
    return replace(made, RecordId=ids.record_id(step.key, made.Decision, reason, made.TimeGenerated, *who))


def _about(event: Brief) -> dict[str, Any]:
    return {
        "CaseId": event.case,
        "EventId": event.id,
        "EventDigest": event.digest,
        "EventSource": event.source,
        "EventProvider": event.provider,
        "EventProduct": event.product,
        "EventKind": event.kind,
        "EventTitle": _cut(event.title),
        "EventSeverity": event.severity,
        "EventLink": _cut(event.link),
        "EventTime": event.time,
        "AzureTenantId": event.tenant,
        "SubscriptionId": event.subscription,
        "Door": event.door,
        "ReceivedTime": _time(event.received) if event.received else "",
        "Tactics": event.tactics or None,
        "Techniques": event.techniques or None,
        "TraceParent": event.trace,
    }


def _diff(before: Struct | None, after: Struct | None) -> list[dict[str, Any]] | None:
    if before is None or after is None:
        return None
    return [msgspec.to_builtins(difference) for difference in differences(before, after)[:MOST_ITEMS]]


def _first(texts: Iterable[str]) -> tuple[str, ...] | None:
    return tuple(texts)[:MOST_ITEMS] or None


@lru_cache(maxsize=256)
def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} (cut)"
