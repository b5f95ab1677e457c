"""The audit record: one line for every decision and deed. Its fields are the columns of the Log Analytics table."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args, get_type_hints

from msgspec import Meta, Struct

STREAM = "Custom-RiposteAudit"
TABLE = "RiposteAudit_CL"
SCHEMA_VERSION = 1

Decision = Literal[
    "no_match",
    "dead_letter",
    "redriven",
    "missed",
    "dry_run",
    "refused",
    "intent",
    "done",
    "already",
    "deferred",
    "unverified",
    "failed",
    "uncertain",
    "finished",
    "undone",
    "released",
    "undo_refused",
    "undo_failed",
    "held",
    "approved",
    "denied",
    "lapsed",
    "extended",
    "switched",
]

DECISIONS: dict[str, str] = {
    "no_match": "No playbook asks for this event.",
    "dead_letter": "No source could read this body, or handling it broke off; it went to the dead-letter hub.",
    "redriven": "A dead letter was put back into the walk by the one who is named; what became of it follows.",
    "missed": "A provider lists this event, but it was not delivered or not handled; what became of it follows.",
    "dry_run": "The step would have been done; nothing was changed.",
    "refused": "A guard said no, the target is ambiguous or not there: nothing was done.",
    "intent": "The step is about to be done; written before the first change.",
    "done": "The step was done and its effect was seen.",
    "already": "The target was as wanted before; nothing was changed.",
    "deferred": "It did not work this time; it will be tried again.",
    "unverified": "The step was done, but its effect was not seen.",
    "failed": "The step could not be done.",
    "uncertain": "Whether the step was done could not be found out: a person must look.",
    "finished": "The second half of the step was done, such as disabling the old version of a secret.",
    "undone": "The target was put back to what it was.",
    "released": "This case no longer holds the target; another case still does, so it stays as it is.",
    "undo_refused": "It was not put back: somebody changed the target since or is at work on it, or there is no way back.",
    "undo_failed": "Putting it back did not work.",
    "held": "Somebody must approve its plan first; nothing is done until then.",
    "approved": "Somebody approved its plan.",
    "denied": "Somebody denied its plan: nothing was done.",
    "lapsed": "Its plan was not approved in time, or the target has changed since: nothing was done.",
    "extended": "Somebody had it last longer.",
    "switched": "Somebody turned the kill switch: who, why, from what and to what.",
}
assert set(DECISIONS) == set(get_args(Decision))

Text = Annotated[str, Meta(extra={"column": "string"})]
Time = Annotated[str, Meta(extra={"column": "datetime"})]
Number = Annotated[int, Meta(extra={"column": "int"})]
Anything = Annotated[Any, Meta(extra={"column": "dynamic"})]


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One audit record. Times are UTC, RFC 3339; an empty field is left out."""

    TimeGenerated: Annotated[Time, Meta(description="When the record was made.")]
    RecordId: Annotated[Text, Meta(description="Equal for the same record delivered twice: keep one of each.")]
    SchemaVersion: Annotated[Number, Meta(description="Version of this schema.")]
    Decision: Annotated[Text, Meta(description="What was decided or done; see the list of decisions.")]
    Reason: Annotated[Text, Meta(description="Why, in words.")] = ""
    CaseId: Annotated[Text, Meta(description="The incident, or the alert outside one; equal on every channel.")] = ""
    RunId: Annotated[Text, Meta(description="The playbook's run on the case.")] = ""
    StepId: Annotated[Text, Meta(description="The step: case, playbook, responder and target.")] = ""
    EventId: Annotated[Text, Meta(description="The provider's own id of the event.")] = ""
    EventDigest: Annotated[Text, Meta(description="SHA-256 of the body.")] = ""
    EventSource: Annotated[Text, Meta(description="The source that read it.")] = ""
    EventProvider: Annotated[Text, Meta(description="Who detected it, in their own word.")] = ""
    EventProduct: Annotated[Text, Meta(description="The product that detected it.")] = ""
    EventKind: Annotated[Text, Meta(description="The rule or type that fired.")] = ""
    EventTitle: Annotated[Text, Meta(description="Its title.")] = ""
    EventSeverity: Annotated[Text, Meta(description="informational, low, medium, high or critical.")] = ""
    EventLink: Annotated[Text, Meta(description="Where to read more.")] = ""
    AzureTenantId: Annotated[Text, Meta(description="The Entra tenant of the event.")] = ""
    SubscriptionId: Annotated[Text, Meta(description="The subscription of the event.")] = ""
    Door: Annotated[
        Text, Meta(description="How it came in: event_hub, event_grid, http, sweep, redrive or reconcile.")
    ] = ""
    Playbook: Annotated[Text, Meta(description="The playbook.")] = ""
    PlaybookVersion: Annotated[Text, Meta(description="SHA-256 of the playbook's file.")] = ""
    PlaybookMode: Annotated[Text, Meta(description="dry_run or act.")] = ""
    Match: Annotated[Anything, Meta(description="Why the playbook matched, condition by condition.")] = None
    Responder: Annotated[Text, Meta(description="The responder.")] = ""
    Params: Annotated[Anything, Meta(description="What the playbook sets.")] = None
    Entity: Annotated[Anything, Meta(description="What the alert speaks of, with the ids it carries.")] = None
    Target: Annotated[Text, Meta(description="What is acted on.")] = ""
    TargetKind: Annotated[Text, Meta(description="Its type, as Azure names it.")] = ""
    Guard: Annotated[Anything, Meta(description="What the guards looked at and said.")] = None
    Diff: Annotated[Anything, Meta(description="What differs between before and after, field by field.")] = None
    BeforeDigest: Annotated[Text, Meta(description="SHA-256 of the state before.")] = ""
    AfterDigest: Annotated[Text, Meta(description="SHA-256 of the state after.")] = ""
    Verification: Annotated[Anything, Meta(description="What reading back showed.")] = None
    Limits: Annotated[Anything, Meta(description="What this responder does not do.")] = None
    WouldSend: Annotated[Anything, Meta(description="In dry run: the writes that were kept back.")] = None
    Attempt: Annotated[Number, Meta(description="How many times it was tried.")] = 0
    ActorKind: Annotated[Text, Meta(description="system, function_key, user or command.")] = ""
    ActorName: Annotated[Text, Meta(description="Who asked for it.")] = ""
    ActorId: Annotated[Text, Meta(description="Their object id.")] = ""
    ApprovalId: Annotated[Text, Meta(description="The request for approval.")] = ""
    Plan: Annotated[Anything, Meta(description="What was to be approved.")] = None
    PlanHash: Annotated[Text, Meta(description="SHA-256 of the plan.")] = ""
    ApproverName: Annotated[Text, Meta(description="Who approved or denied it.")] = ""
    ApproverId: Annotated[Text, Meta(description="The approver's object id.")] = ""
    ExpiresTime: Annotated[Time, Meta(description="When it is undone by itself.")] = ""
    MissingEvidence: Annotated[Anything, Meta(description="Evidence that was not there when it was done.")] = None
    EventTime: Annotated[Time, Meta(description="When the event happened.")] = ""
    ReceivedTime: Annotated[Time, Meta(description="When it came in.")] = ""
    DecidedTime: Annotated[Time, Meta(description="When the guards had decided.")] = ""
    ActedTime: Annotated[Time, Meta(description="When the change had been made.")] = ""
    VerifiedTime: Annotated[Time, Meta(description="When the effect had been seen.")] = ""
    Tactics: Annotated[Anything, Meta(description="MITRE ATT&CK tactics of the event.")] = None
    Techniques: Annotated[Anything, Meta(description="MITRE ATT&CK techniques of the event.")] = None
    Mitigations: Annotated[Anything, Meta(description="MITRE ATT&CK mitigations that the responder applies.")] = None
    D3fend: Annotated[Anything, Meta(description="MITRE D3FEND techniques of the responder.")] = None
    Mcsb: Annotated[Anything, Meta(description="Controls of the Microsoft cloud security benchmark.")] = None
    TraceParent: Annotated[Text, Meta(description="W3C trace context of the call.")] = ""
    AzureRequestIds: Annotated[Anything, Meta(description="Azure's ids of the requests that were made.")] = None
    RecordedTime: Annotated[Time, Meta(description="When the record was made, whatever becomes of TimeGenerated.")] = ""
    Chain: Annotated[Text, Meta(description="The hash chain it is in: the case's, or an instance's own.")] = ""
    Sequence: Annotated[Number, Meta(description="Its place in the chain: 1, 2, 3 and so on.")] = 0
    PreviousHash: Annotated[Text, Meta(description="The hash of the record before it in the chain.")] = ""
    Hash: Annotated[Text, Meta(description="SHA-256 of this record's canonical form.")] = ""


def columns() -> list[dict[str, str]]:
    """The columns of the stream and the table, as a data collection rule declares them."""
    return [{"name": name, "type": str(_meta(hint, "column"))} for name, hint in _hints().items()]


def descriptions() -> dict[str, str]:
    """What each column means."""
    return {name: str(_meta(hint, "description")) for name, hint in _hints().items()}


def _hints() -> dict[str, Any]:
    hints = get_type_hints(Record, include_extras=True)
    return {name: hints[name] for name in Record.__struct_fields__}


def _meta(hint: Any, wanted: str) -> Any:
    for meta in get_args(hint)[1:]:
        if wanted == "description" and meta.description:
            return meta.description
        if meta.extra and wanted in meta.extra:
            return meta.extra[wanted]
    raise TypeError(f"{hint} has no {wanted}")
