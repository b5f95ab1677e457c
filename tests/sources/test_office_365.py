from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AnyEntity, FileHash, Ip, Mailbox, MailMessage, Malware, Url
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

NAME = "office_365_alert_in_pieces"
ALERT = "5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def alert(data: Any = None, **changes: Any) -> dict[str, Any]:
    text = json.dumps(data) if isinstance(data, dict) else data
    return body(NAME, **{"AlertEntityId": None, "EntityType": None, "Data": text, **changes})


def record(**fields: Any) -> dict[str, Any]:
    return {"RecordType": 1, "Operation": "New-InboxRule", "Workload": "Exchange", "Id": "a1", **fields}


def test_the_pieces_of_an_alert_that_come_together_are_one_event() -> None:
    whole = event(NAME)

    assert (whole.id, whole.case, whole.status) == (ALERT, f"alert:{ALERT}", "Active")
    assert (whole.title, whole.severity) == ("Invoice mail with a program inside", Severity.INFORMATIONAL)
    assert {Account, Malware, Mailbox, Url, Ip, MailMessage} <= {type(entity) for entity in whole.entities}


@pytest.mark.parametrize("missing", [None, "", "00000000-0000-0000-0000-000000000000"])
def test_an_alert_without_an_id_is_unreadable(missing: str | None) -> None:
    letter = refused(alert(AlertId=missing))

    assert (letter.reason, letter.where, letter.source) == ("the alert has no id", "$.AlertId", "office_365")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        ({"f3u": "a@contoso.example"}, (Account(upn="a@contoso.example"),)),
        ({"f3u": "a@contoso.example;b@contoso.example"},
            (Account(upn="a@contoso.example"), Account(upn="b@contoso.example"))),
        ({"f3u": "SecurityComplianceAlerts"}, ()),
        ({"etype": "User", "eid": "a@contoso.example"}, (Account(upn="a@contoso.example"),)),
        ({"etype": "MalwareFamily", "eid": "Phish"}, (Malware(name="Phish"),)),
        ({"etype": "Recipients", "eid": "a@contoso.example"}, (Mailbox(address="a@contoso.example"),)),
        ({"trc": "a@contoso.example,b@contoso.example"},
            (Mailbox(address="a@contoso.example"), Mailbox(address="b@contoso.example"))),
        ({"tsd": "eve@elsewhere.example"}, (Mailbox(address="eve@elsewhere.example"),)),
        ({"zu": "https://a.example/x"}, (Url(url="https://a.example/x"),)),
        ({"thn": "Phish"}, (Malware(name="Phish"),)),
        ({"sip": "203.0.113.25"}, (Ip(address="203.0.113.25"),)),
        ({"sip": "127.0.0.1"}, ()),
        ({"zfh": SHA256}, (FileHash(value=SHA256, algorithm="sha256"),)),
        ({"imsgid": "<1@a.example>"}, (MailMessage(internet_message_id="<1@a.example>"),)),
        ({"etype": "Tenant", "eid": "x"}, ()),
        ("not json", ()),
        ("", ()),
    ],
)  # fmt: skip
def test_the_short_names_of_the_data_are_understood(data: Any, wanted: tuple[AnyEntity, ...]) -> None:
    assert read(alert(data)).entities == wanted


def test_the_service_that_wrote_an_alert_and_whoever_updates_it_are_no_entities() -> None:
    assert read(alert(UserId="analyst@contoso.example", Operation="AlertUpdated")).entities == ()


def test_times_without_a_zone_are_utc() -> None:
    found = read(alert({"ts": "2026-03-02T09:02:18", "te": "0001-01-01T00:00:00"}))

    assert (found.time, found.start, found.end) == ("2026-03-02T09:10:07Z", "2026-03-02T09:02:18Z", "")


def test_an_investigation_has_the_case_of_the_alert_it_began_with() -> None:
    first, second = events("office_365_investigation")

    assert (first.case, first.title) == (f"alert:{ALERT}", "Mail reported by user as malware or phish")
    assert second.case == "object:investigation:urn:userinvestig:1a:Running"


def test_an_investigation_stays_one_although_the_alert_in_it_looks_like_defender_for_clouds() -> None:
    given = body("office_365_investigation")["value"][0]
    inside = {**json.loads(given["Data"]), "SystemAlertId": "2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"}

    assert read({**given, "Data": json.dumps(inside)}).source == "office_365"


def test_an_investigation_without_any_id_is_still_an_event() -> None:
    assert read({"RecordType": 64, "Operation": "AirInvestigationData"}).case.startswith("record:office_365:")


def test_an_alert_of_cloud_apps_has_the_id_in_its_link_and_no_guessed_user() -> None:
    found = events("office_365_records")[0]

    assert (found.case, found.status) == ("alert:603f704aaf7417985bbf3b22", "")
    assert {type(entity) for entity in found.entities} == {Ip}


@pytest.mark.parametrize(
    ("user", "wanted"),
    [
        ("adele.vance@contoso.example", (Account(upn="adele.vance@contoso.example"),)),
        ("app@sharepoint", ()),
        ("NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)", ()),
        ("ServicePrincipal_2d3e4f50", ()),
        ("Not Available", ()),
        (None, ()),
    ],
)
def test_a_user_is_one_only_if_the_name_is_a_users(user: str | None, wanted: tuple[AnyEntity, ...]) -> None:
    assert read(record(UserId=user)).entities == wanted


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("198.51.100.23:443", "198.51.100.23"),
        ("[2001:db8::17]:54321", "2001:db8::17"),
        ("[2001:db8::17]", "2001:db8::17"),
        ("::ffff:192.0.2.17", "192.0.2.17"),
        ("<null>", ""),
        ("::1", ""),
        ("", ""),
    ],
)
def test_an_address_may_have_a_port_and_brackets(address: str, wanted: str) -> None:
    found = [entity.address for entity in read(record(ClientIP=address)).entities if isinstance(entity, Ip)]

    assert found == [wanted] * bool(wanted)


def test_a_record_is_told_apart_by_its_id_and_its_operation() -> None:
    assert read(record()).case == "object:o365:a1:New-InboxRule"
    assert read(record(Operation="Set-InboxRule")).case != read(record()).case
    assert read(record(Id=None)).case.startswith("record:office_365:")


@pytest.mark.parametrize("kind", [40, "40", "SecurityComplianceAlerts"])
def test_the_kind_of_a_record_is_a_number_or_a_name(kind: Any) -> None:
    assert refused(record(RecordType=kind)).reason == "the alert has no id"


def test_a_search_of_the_audit_log_holds_the_record_as_text_or_object() -> None:
    inner = record(UserId="adele.vance@contoso.example")

    assert read({"AuditData": json.dumps(inner)}).case == read({"auditData": inner}).case == read(inner).case


@pytest.mark.parametrize("value", [{"AuditData": "text"}, {"AuditData": {}}, {"RecordType": 1}, {"Operation": "x"}])
def test_what_is_no_record_is_left_to_others(value: dict[str, Any]) -> None:
    assert refused(value).reason.startswith("no source knows it; its fields: ")


def test_a_line_of_the_old_agent_is_refused() -> None:
    assert refused("2026-03-02T09:00:00Z CEF:0|MCAS|SIEM_Agent|0.102.17|ALERT|policy|3|externalId=1").source == ""
