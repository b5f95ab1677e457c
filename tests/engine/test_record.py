from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from shared.engine import record
from shared.engine.read import DeadLetter
from shared.kinds.responder import all_responders
from shared.model.change import state_digest
from shared.model.delivery import Delivery
from shared.model.entity import Ip
from shared.model.ids import content_digest
from shared.model.ledger import Entry, Run, Times
from shared.model.record import SCHEMA_VERSION, Decision, Record, columns
from shared.model.step import Actor, Aim, Brief, Step
from shared.wire.dry_run import KeptBack
from shared.wire.journal import Exchange
from tests import lab
from tests.engine.cases import ANALYST, ISOLATE, acting, alert, delivered, delivery, event

NOW = datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC)
RESPONDER = all_responders()[ISOLATE]
STATE = RESPONDER.state
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
BRIEF = Brief(
    id="e",
    source="s",
    digest="d",
    case="c",
    title="t",
    severity="high",
    received=NOW - timedelta(seconds=1),
    trace=TRACE,
)
STEP = Step(
    key="k",
    run="r",
    order=0,
    playbook="p",
    version="v",
    mode="act",
    why=("because",),
    event=BRIEF,
    aim=Aim(responder=ISOLATE, params={"quarantine_group": "g"}, entity=Ip(address="203.0.113.9")),
    target={"id": "/nic", "kind": "Microsoft.Network/networkInterfaces"},
    actor=ANALYST,
)


def of_step(decision: Decision = "done", entry: Entry | None = None, **findings: object) -> Record:
    return record.of_step(STEP, RESPONDER, decision, NOW, record.Findings(**findings), entry)  # type: ignore[arg-type]


def entry(attempts: int = 1, times: Times = Times()) -> Entry:
    return Entry(step=STEP, state="done", started=NOW, attempts=attempts, times=times)


def test_a_record_of_a_step_says_what_why_where_and_who() -> None:
    made = of_step(entry=entry())

    assert (made.SchemaVersion, made.Decision, made.CaseId, made.RunId, made.StepId) == (
        SCHEMA_VERSION,
        "done",
        "c",
        "r",
        "k",
    )
    assert (made.Playbook, made.PlaybookVersion, made.PlaybookMode, made.Match) == ("p", "v", "act", ("because",))
    assert (made.Responder, made.Params) == (ISOLATE, {"quarantine_group": "g"})
    assert (made.Target, made.TargetKind) == ("/nic", "Microsoft.Network/networkInterfaces")
    assert made.Entity == {"kind": "ip", "address": "203.0.113.9"}
    assert (made.ActorKind, made.ActorName, made.ActorId) == (ANALYST.kind, ANALYST.name, ANALYST.id)
    assert (made.Mitigations, made.D3fend, made.Mcsb) == (
        RESPONDER.facts.attack,
        RESPONDER.facts.d3fend,
        RESPONDER.facts.mcsb,
    )


def test_a_record_can_be_correlated_by_event_trace_and_azures_own_ids() -> None:
    journal = [Exchange("GET", "x", 200, "id-1"), Exchange("GET", "x", 0, ""), Exchange("PUT", "x", 200, "id-2")]

    made = of_step(journal=journal)

    assert (made.EventId, made.EventDigest, made.EventSource, made.TraceParent) == ("e", "d", "s", TRACE)
    assert made.AzureRequestIds == ("id-1", "id-2")


def test_every_station_has_its_time_in_utc_to_the_microsecond() -> None:
    east = timezone(timedelta(hours=2))
    times = Times(decided=NOW.astimezone(east), acted=NOW + timedelta(seconds=2), verified=NOW + timedelta(seconds=3))

    made = of_step(entry=entry(times=times))

    assert (made.ReceivedTime, made.DecidedTime) == ("2026-03-02T08:59:59.000005Z", "2026-03-02T09:00:00.000005Z")
    assert (made.ActedTime, made.VerifiedTime) == ("2026-03-02T09:00:02.000005Z", "2026-03-02T09:00:03.000005Z")


def test_a_station_that_was_not_passed_has_no_time() -> None:
    made = of_step("refused", entry())

    assert (made.DecidedTime, made.ActedTime, made.VerifiedTime) == (made.TimeGenerated, "", "")


def test_states_show_as_their_difference_and_their_digests() -> None:
    before, after = STATE(None), STATE("/q")

    made = of_step(before=before, after=after)

    assert made.Diff == [{"field": "network_security_group", "before": None, "after": "/q"}]
    assert (made.BeforeDigest, made.AfterDigest) == (state_digest(before), state_digest(after))
    half = of_step(before=before)
    assert (half.Diff, half.AfterDigest) == (None, "")


def test_the_same_decision_of_the_same_attempt_has_the_same_id_and_no_other_has() -> None:
    found = [of_step(d, entry(n)).RecordId for d in ("intent", "done", "failed") for n in (1, 2, 3)]

    assert len(set(found)) == 9
    assert of_step("done", entry(2), reason="said in other words").RecordId == of_step("done", entry(2)).RecordId


def test_outside_the_ledger_each_event_and_each_version_of_a_playbook_has_its_own_record() -> None:
    def made(**fields: str) -> str:
        event = msgspec.structs.replace(BRIEF, digest=fields.get("digest", "d"))
        step = msgspec.structs.replace(STEP, event=event, version=fields.get("version", "v"))
        return record.of_step(step, RESPONDER, "dry_run", NOW, record.Findings()).RecordId

    assert len({made(), made(digest="other"), made(version="other")}) == 3
    assert made() == made()


@pytest.mark.parametrize(
    ("decision", "told"),
    [("done", True), ("already", True), ("dry_run", True), ("unverified", True), ("refused", False), ("intent", False)],
)
def test_what_a_responder_does_not_do_is_told_where_it_matters(decision: Decision, *, told: bool) -> None:
    assert (of_step(decision).Limits == RESPONDER.facts.limits) is told


def test_long_texts_and_lists_are_cut_where_log_analytics_would_do_so_without_a_word() -> None:
    kept = [KeptBack("PUT", f"https://x/{number}", ()) for number in range(record.MOST_ITEMS + 1)]

    made = of_step(reason="x" * (record.MOST_TEXT + 1), would_send=kept)
    whole = of_step(reason="x" * record.MOST_TEXT)

    assert made.Reason == "x" * record.MOST_TEXT + " (cut)"
    assert whole.Reason == "x" * record.MOST_TEXT
    assert len(made.WouldSend) == record.MOST_ITEMS


def test_a_write_that_was_kept_back_is_told_without_query_and_body() -> None:
    assert of_step(would_send=[KeptBack("PUT", "https://x/secrets/a", ("value",))]).WouldSend == (
        "PUT https://x/secrets/a",
    )


def test_a_dead_letter_names_the_place_and_never_the_content() -> None:
    body = b'{"password": "S3cr3t"'
    came = Delivery(body=body, door="event_hub", received=NOW, trace=TRACE)

    made = record.of_dead_letter(DeadLetter("not JSON", "byte 21", body, "graph_alert"), came, "letter", NOW)
    nowhere = record.of_dead_letter(DeadLetter("no source knows it", "", body), came, "letter", NOW)

    assert (made.Decision, made.Reason) == ("dead_letter", "not JSON (at byte 21)")
    assert nowhere.Reason == "no source knows it"
    assert (made.EventId, made.EventDigest, made.EventSource) == ("letter", content_digest(body), "graph_alert")
    assert (made.Door, made.TraceParent) == ("event_hub", TRACE)
    assert "S3cr3t" not in str(made)


def test_an_event_without_a_match_is_recorded_whole_and_says_why(tmp_path: Path) -> None:
    made = acting(tmp_path)
    found = event(made, alert())

    told = record.of_event(found, delivery(made, alert()), "no_match", "no playbook", NOW)

    assert (told.Decision, told.Reason, told.CaseId, told.EventId) == ("no_match", "no playbook", found.case, found.id)
    assert (told.EventSeverity, told.EventProduct, told.EventDigest) == ("high", found.product, found.digest)
    assert (told.Techniques, told.ActorKind, told.StepId) == (found.techniques, "system", "")


def test_a_run_that_ended_before_any_step_says_who_asked() -> None:
    run = Run(id="r", playbook="p", mode="act", actor=Actor("function_key"), event=BRIEF, entities=(), accepted=NOW)

    told = record.of_run(run, "refused", "the playbook is gone", NOW)

    assert (told.RunId, told.Playbook, told.PlaybookMode) == ("r", "p", "act")
    assert (told.ActorKind, told.Decision, told.Reason) == ("function_key", "refused", "the playbook is gone")


async def test_every_column_of_a_record_is_one_of_the_stream(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await delivered(made, alert(), b"{", lab.recording("defender_low_severity"))

    known = {column["name"] for column in columns()}
    assert made.records
    assert all(set(row) <= known for row in made.records)
    assert all({"TimeGenerated", "RecordId", "SchemaVersion", "Decision"} <= set(row) for row in made.records)
