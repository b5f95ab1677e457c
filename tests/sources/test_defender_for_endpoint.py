from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, File, FileHash, Host, Ip, Malware, Process
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

NAME = "defender_for_endpoint_alert"
DETECTIONS = "defender_for_endpoint_detections"
DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
SHA1 = "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"


def evidence(*items: Any) -> dict[str, Any]:
    return body(NAME, relatedUser=None, machineId=None, computerDnsName=None, evidence=list(items))


def test_an_alert_names_its_machine_with_its_id() -> None:
    wanted = Host(name="vm-web-01", fqdn="vm-web-01.shop.contoso.example", mde_device_id=DEVICE)

    assert event(NAME).entities[0] == wanted


def test_the_program_of_a_process_is_a_file_too() -> None:
    found = read(
        evidence({"entityType": "Process", "fileName": "a.exe", "filePath": "C:\\T", "processId": 7, "sha1": SHA1})
    )

    assert found.entities == (
        Process(image="C:\\T\\a.exe", pid="7"),
        FileHash(value=SHA1, algorithm="sha1"),
        File(name="a.exe", directory="C:\\T"),
    )


def test_a_local_account_has_no_ids_of_the_cloud() -> None:
    local = {"entityType": "User", "accountName": "root", "domainName": "vm-web-01", "aadUserId": None}

    assert read(evidence(local)).entities == (Account(name="root", nt_domain="vm-web-01"),)


@pytest.mark.parametrize(
    "item",
    [
        {"entityType": "File", "sha1": "111", "sha256": "111"},
        {"entityType": "File", "sha1": "1" * 40},
        {"entityType": "Ip", "ipAddress": "127.0.0.1"},
        {"entityType": "User", "aadUserId": "00000000-0000-0000-0000-000000000000", "accountName": "REDACTED"},
        {"entityType": "Url", "url": None},
        {"entityType": "Process", "processId": 7},
        {"entityType": None},
        None,
        "text",
    ],
)
def test_what_is_not_certain_is_no_entity(item: Any) -> None:
    assert read(evidence(item)).entities == ()


@pytest.mark.parametrize("machine", ["zz1e6dd8c833c8a052ea231ec1b19adaf497b625", "0" * 40, "1" * 44, "pc-07", None])
def test_an_id_that_no_machine_can_have_is_left_out(machine: str | None) -> None:
    assert read(body(NAME, machineId=machine, evidence=[], relatedUser=None)).entities == (
        Host(name="vm-web-01", fqdn="vm-web-01.shop.contoso.example"),
    )


def test_those_who_work_on_an_alert_are_no_entities() -> None:
    assert "analyst@contoso.example" not in str(event(NAME).entities)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "New"),
        ({"status": "Resolved", "classification": "TruePositive"}, "Resolved"),
        ({"status": "Resolved", "classification": "FalsePositive"}, "FalsePositive"),
        ({"status": "New", "classification": "falsePositive"}, "falsePositive"),
        ({"status": None}, ""),
    ],
)
def test_a_false_alert_says_so_in_its_status(changes: dict[str, Any], status: str) -> None:
    assert read(body(NAME, **changes)).status == status


@pytest.mark.parametrize("alert", [None, "", "0"])
def test_an_alert_without_an_id_is_unreadable(alert: str | None) -> None:
    letter = refused({"value": [body(NAME, id=alert)]})

    assert (letter.reason, letter.where) == ("the alert has no id", "$.value[0].id")
    assert refused(body(DETECTIONS, AlertId=alert)).where == "$.AlertId"
    assert letter.source == "defender_for_endpoint"


def test_an_older_alert_without_evidence_has_its_file_and_machine() -> None:
    old = {name: value for name, value in body(NAME).items() if name != "evidence"}
    found = read({**old, "relatedUser": None, "fileHash": SHA1, "threatFamilyName": "EICAR"})

    assert [type(entity) for entity in found.entities] == [Host, Malware, FileHash]


def test_the_parts_of_a_detection_are_one_event_without_the_machines_own_addresses() -> None:
    whole = event(DETECTIONS)

    assert whole.case == "alert:da637551227677560899_5"
    assert [entity.address for entity in whole.entities if isinstance(entity, Ip)] == ["198.51.100.77"]
    assert {Account, File, FileHash, Process, Malware} <= {type(entity) for entity in whole.entities}


@pytest.mark.parametrize(
    ("word", "severity"), [("High", Severity.HIGH), ("informational", Severity.INFORMATIONAL), ("UnSpecified", None)]
)
def test_the_severity_is_that_of_the_provider(word: str, severity: Severity | None) -> None:
    found = read(body(NAME, severity=word))

    assert (found.severity, found.severity_word) == (severity, word)


@pytest.mark.parametrize("name", ["alertCreationTime", "ALERTCREATIONTIME"])
def test_an_alert_is_known_by_the_time_it_was_created(name: str) -> None:
    given = {key: value for key, value in body(NAME).items() if key != "alertCreationTime"}

    assert refused(given).reason.startswith("no source knows it; its fields: ")
    assert read({**given, name: "2026-03-02T08:57:20Z"}).time == "2026-03-02T08:57:20Z"
