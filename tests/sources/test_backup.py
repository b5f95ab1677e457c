from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import AzureResource, Host
from shared.model.severity import Severity
from tests.sources.bodies import body, read
from tests.sources.goldens import event, events

ALERT = "backup_alert"


def alert(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = body(ALERT)["records"][0]
    return {**given, "properties": {**given["properties"], **changes}}


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Critical", Severity.CRITICAL),
        ("Warning", None),
        ("Information", Severity.INFORMATIONAL),
        ("Informational", Severity.INFORMATIONAL),
        (None, None),
    ],
)
def test_an_alert_keeps_its_own_word_for_how_bad_it_is(word: str | None, severity: Severity | None) -> None:
    found = read(alert(AlertSeverity=word))

    assert (found.severity, found.severity_word) == (severity, word or "")


def test_an_alert_is_one_case_as_a_record_and_as_a_row() -> None:
    assert event(ALERT).case == event("backup_row").case == "alert:6b1d6c50-1b7e-4b0e-9d55-7f3b2c9e8a01"
    assert (event(ALERT).status, event("backup_row").status) == ("Active", "Resolved")


def test_an_alert_whose_id_is_a_placeholder_is_its_own_case() -> None:
    assert read(alert(AlertUniqueId="00000000-0000-0000-0000-000000000000")).case.startswith("record:backup:")


def test_what_was_done_and_to_what_is_told() -> None:
    job, operation, item = events("backup_job_operation")

    assert [found.kind for found in (job, operation, item)] == [
        "DeleteBackupData",
        "StopProtectionWithDeleteData",
        "BackupItem",
    ]
    assert item.status == "ProtectionStopped"
    assert job.title == "DeleteBackupData: vm-web-01"
    assert operation.entities[-1].label.endswith("/virtualMachines/vm-web-01")


def test_the_steps_of_a_job_are_cases_of_their_own() -> None:
    given = body("backup_job_operation")["records"][0]
    done = read(given)
    failed = read({**given, "properties": {**given["properties"], "JobStatus": "Failed"}})

    assert done.id == failed.id
    assert done.case != failed.case


def test_only_a_protected_machine_is_a_host() -> None:
    *_, item = body("backup_job_operation")["records"]
    files = {**item, "properties": {**item["properties"], "BackupItemType": "AzureFileShare"}}

    assert Host(name="vm-web-01") in read(item).entities
    assert not [entity for entity in read(files).entities if isinstance(entity, Host)]


def test_columns_that_say_their_type_are_the_same_columns() -> None:
    found = events("backup_odd")[0]

    assert (found.severity, found.severity_word) == (Severity.INFORMATIONAL, "Information")
    assert isinstance(found.entities[0], AzureResource)
