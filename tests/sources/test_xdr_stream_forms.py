"""Records of the streaming API that are no evidence, and all the forms they come in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AnyEntity, Host, Process
from tests.sources.bodies import read, refused
from tests.sources.goldens import event, events

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ALERT = "da637551227677560813_1122334455"
DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
PIECES = "xdr_stream_alert_in_pieces"


def streamed(table: str, **row: Any) -> dict[str, Any]:
    return {
        "category": f"AdvancedHunting-{table}",
        "tenantId": TENANT,
        "time": "2026-03-02T09:00:00Z",
        "properties": row,
    }


def found(body: dict[str, Any]) -> tuple[AnyEntity, ...]:
    return read(body).entities


@pytest.mark.parametrize(
    ("row", "tactics"),
    [
        ({"Categories": '["InitialAccess", "CredentialAccess"]'}, ("InitialAccess", "CredentialAccess")),
        ({"Category": "DefenseEvasion"}, ("DefenseEvasion",)),
        ({"Categories": "", "Category": "Persistence"}, ("Persistence",)),
        ({"Categories": '["SuspiciousActivity"]'}, ()),
    ],
)
def test_tactics_are_the_categories_that_are_some(row: dict[str, Any], tactics: tuple[str, ...]) -> None:
    assert read(streamed("AlertInfo", AlertId=ALERT, **row)).tactics == tactics


@pytest.mark.parametrize("text", ['["Masquerading (T1036)","Phishing(T1566.001)"]', "T1036, Phishing (T1566.001)"])
def test_techniques_are_the_ids_in_their_names(text: str) -> None:
    assert read(streamed("AlertInfo", AlertId=ALERT, AttackTechniques=text)).techniques == ("T1036", "T1566.001")


def test_the_time_is_that_of_the_alert_and_else_that_of_the_record() -> None:
    assert (
        read(streamed("AlertInfo", AlertId=ALERT, Timestamp="2026-03-02T08:57:20.1Z")).time == "2026-03-02T08:57:20.1Z"
    )
    assert read(streamed("AlertInfo", AlertId=ALERT, Timestamp="soon")).time == "2026-03-02T09:00:00Z"


def test_the_tenant_of_a_row_is_its_workspace_and_not_a_tenant() -> None:
    row = {"TenantId": TENANT, "TimeGenerated": "2026-03-02T09:00:00Z", "AlertId": ALERT, "Title": "A"}

    assert read({**row, "Type": "AlertInfo"}).tenant == ""
    assert read(streamed("AlertInfo", AlertId=ALERT)).tenant == TENANT


def test_telemetry_is_an_event_without_title_and_severity() -> None:
    body = streamed("DeviceEvents", Title="A", Severity="High", ActionType="UsbDriveMounted", DeviceName="pc-07")
    seen = read(body)

    assert (seen.kind, seen.title, seen.severity, seen.severity_word, seen.id) == ("DeviceEvents", "", None, "", "")
    assert seen.product == "Microsoft Defender for Endpoint"


@pytest.mark.parametrize(
    ("row", "case"),
    [
        ({"DeviceId": DEVICE, "ReportId": 7}, f"object:xdr:{DEVICE}/7/2026-03-02t08:00:00z:DeviceEvents"),
        ({"DeviceId": DEVICE, "ReportId": 0}, ""),
        ({"DeviceId": "pc-07", "ReportId": 7}, ""),
        ({"ReportId": TENANT}, f"object:xdr:{TENANT}:DeviceEvents"),
        ({"ReportId": "00000000-0000-0000-0000-000000000000"}, ""),
    ],
)
def test_telemetry_has_a_case_of_its_own_only_if_its_ids_are_certain(row: dict[str, Any], case: str) -> None:
    seen = read(streamed("DeviceEvents", Timestamp="2026-03-02T08:00:00Z", **row))

    assert seen.case == case if case else seen.case.startswith("record:xdr_stream:")


def test_who_did_it_and_to_whom_stand_in_columns_with_a_prefix() -> None:
    row = {
        "InitiatingProcessAccountUpn": "a@contoso.example",
        "InitiatingProcessId": 7,
        "InitiatingProcessFileName": "a",
    }
    body = streamed(
        "DeviceEvents",
        **row,
        TargetAccountUpn="b@contoso.example",
        DestinationDeviceName="dc-01",
        RemoteDeviceName="pc-09",
    )

    assert set(found(body)) == {
        Account(upn="a@contoso.example"),
        Account(upn="b@contoso.example"),
        Process(image="a", pid="7"),
        Host(name="dc-01"),
        Host(name="pc-09"),
    }


@pytest.mark.parametrize(
    "row",
    [
        {"AlertId": ALERT, "ServiceSource": "Microsoft Defender for Endpoint", "Timestamp": "2026-03-02T08:00:00Z"},
        {"alertid": ALERT, "evidencerole": "Related", "timegenerated": "2026-03-02T08:00:00Z", "entitytype": "Ip"},
        {"AlertId_string": ALERT, "Timestamp_datetime": "2026-03-02T08:00:00Z"},
        {"AlertId_s": ALERT, "TimeGenerated": "2026-03-02T08:00:00Z"},
        {"Type": "AlertInfo", "AlertId": ALERT},
        {"category": "AdvancedHunting-AlertInfo", "properties.AlertId": ALERT},
        {"category": "AdvancedHunting-AlertInfo", "properties_AlertId_s": ALERT},
        {"CATEGORY": "advancedhunting-alertinfo", "PROPERTIES": json.dumps({"ALERTID": ALERT})},
    ],
)
def test_an_alert_is_known_in_every_form_of_its_row(row: dict[str, Any]) -> None:
    assert (read(row).source, read(row).case) == ("xdr_stream", f"alert:{ALERT}")


@pytest.mark.parametrize(
    "row",
    [
        {"AlertId": ALERT, "ServiceSource": "x"},
        {"AlertId": ALERT, "ServiceSource": "x", "Timestamp": "2026-03-02T08:00:00Z", "devices": []},
        {"ReportId": 7, "DeviceId": DEVICE},
        {"category": "AdvancedHuntingAlertInfo", "properties": {"AlertId": ALERT}},
        {"Type": "AlertInfos", "AlertId": ALERT},
    ],
)
def test_what_only_looks_like_a_row_is_left_to_others(row: dict[str, Any]) -> None:
    assert refused(row).reason.startswith("no source knows it; its fields: ")


def test_a_head_and_evidence_from_rows_and_the_stream_are_one_case() -> None:
    assert {one.case for one in events("xdr_stream_rows")} >= {event(PIECES).case, event("xdr_stream_mail_alert").case}
