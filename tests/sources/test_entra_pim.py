from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, DirectoryRole, Ip, SecurityGroup
from shared.model.severity import Severity
from tests.sources.bodies import read, refused
from tests.sources.entra import logged, record
from tests.sources.goldens import events

RECORDS, ALERTS, OPERATIONS = "entra_pim_records", "entra_pim_alerts", "entra_pim_operations"
ADELE = Account(
    upn="adele.vance@contoso.example",
    object_id="1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f",
    display_name="Adele Vance",
    role="target",
)
GLOBAL_ADMINISTRATOR = DirectoryRole(
    id="62e90394-69f5-4237-9190-012177145e10", name="Global Administrator", role="target"
)


def test_a_request_and_its_end_share_an_id_and_are_two_cases() -> None:
    requested, completed, *_ = events(RECORDS)

    assert requested.id == completed.id
    assert requested.case != completed.case


def test_a_change_is_the_same_case_as_a_record_as_a_row_and_from_graph() -> None:
    found = [events(RECORDS)[1], events("entra_pim_rows")[0], events("entra_pim_graph")[0]]

    assert len({event.case for event in found}) == len({event.entities for event in found}) == 1


def test_an_activation_names_who_the_role_and_the_address_that_is_only_in_the_details() -> None:
    assert read(record(RECORDS, 1)).entities == (
        Ip(address="198.51.100.23", role="related"),
        ADELE,
        GLOBAL_ADMINISTRATOR,
    )


def test_the_service_itself_is_nobody_s_account() -> None:
    assert events(RECORDS)[2].entities == (ADELE, GLOBAL_ADMINISTRATOR)


@pytest.mark.parametrize(
    ("service", "activity", "source"),
    [
        ("PIM", "Add member to role", "entra_pim"),
        ("pim", "Update role setting in PIM", "entra_pim"),
        ("Core Directory", "Add member to role completed (PIM activation)", "entra_audit"),
        (None, "Add member to role completed (PIM activation)", "entra_pim"),
        (None, "Add eligible member to role in PIM requested (timebound)", "entra_pim"),
        (None, "Add member to role", "entra_audit"),
        ("", "Update PIMENTO", "entra_audit"),
    ],
)
def test_a_record_is_of_the_one_who_logged_it(service: Any, activity: str, source: str) -> None:
    given = logged(RECORDS, loggedByService=service, activityDisplayName=activity)
    row = {"Type": "AuditLogs", "LoggedByService": service, "OperationName": activity, "TargetResources": "[]"}

    assert read(given).source == read(row).source == read(given["properties"]).source == source


def test_a_role_in_a_group_is_no_role_of_the_directory() -> None:
    event = events("entra_pim_graph")[1]

    assert not [found for found in event.entities if isinstance(found, DirectoryRole)]
    assert [found.name for found in event.entities if isinstance(found, SecurityGroup)] == ["Shop operators"]


def test_an_operation_names_who_asked_and_for_whom() -> None:
    grady, adele, role = read(record(OPERATIONS)).entities

    assert (grady.role, adele.role, role.role) == ("related", "target", "target")
    assert isinstance(adele, Account)
    assert (adele.mail, adele.upn) == ("adele.vance@contoso.example", "")


def test_operations_are_told_apart_by_their_id_and_by_what_was_asked() -> None:
    cases = {read(record(OPERATIONS, **changes)).case for changes in ({}, {"id": "2"}, {"requestType": "Remove"})}

    assert len(cases) == 3
    assert read(record(OPERATIONS, id=None)).case.startswith("record:entra_pim:")


@pytest.mark.parametrize(("ends", "end"), [("0001-01-01T00:00:00Z", ""), ("2026-03-02T17:32:38Z",) * 2])
def test_an_assignment_without_an_end_has_none(ends: str, end: str) -> None:
    assert read(record(OPERATIONS, expirationDateTime=ends)).end == end


def test_an_alert_is_another_case_each_time_it_changes() -> None:
    first, again = record(ALERTS), record(ALERTS, lastScannedDateTime="2026-03-02T11:00:00Z")
    changed = record(ALERTS, lastModifiedDateTime="2026-03-03T09:40:00Z")

    assert read(first).case == read(again).case != read(changed).case


@pytest.mark.parametrize(
    ("active", "word", "severity", "status"),
    [
        (True, "high", Severity.HIGH, "active"), ("True", "Medium", Severity.MEDIUM, "active"),
        (None, "low", Severity.LOW, "active"), (True, None, None, "active"),
        (False, "high", Severity.INFORMATIONAL, "inactive"), ("false", None, Severity.INFORMATIONAL, "inactive"),
    ],
)  # fmt: skip
def test_the_definition_says_how_bad_an_alert_is_as_long_as_it_is_active(
    active: Any, word: Any, severity: Severity | None, status: str
) -> None:
    event = read(record(ALERTS, isActive=active, alertDefinition={"severityLevel": word}))

    assert (event.severity, event.status) == (severity, status)


def test_an_alert_names_who_was_found_and_the_rule_the_tenant() -> None:
    event = read(record(ALERTS))

    assert event.kind == "RolesAssignedOutsidePrivilegedIdentityManagementAlert"
    assert event.tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
    assert event.entities[0] == ADELE


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"alertDefinitionId": "String"}, "alertDefinitionId"),
        ({"alertDefinitionId": "  "}, "alertDefinitionId"),
        ({"id": None}, "id"),
        ({"id": "String"}, "id"),
    ],
)
def test_an_alert_of_no_rule_is_unreadable(changes: dict[str, Any], where: str) -> None:
    letter = refused({"value": [record(ALERTS, **changes)]})

    assert letter.reason == "the alert does not say which rule it is of"
    assert (letter.where, letter.source) == (f"$.value[0].{where}", "entra_pim")


@pytest.mark.parametrize("changes", [{"roleId": "r", "roleName": "N/A"}, {"userId": "user-1", "userMail": "none"}])
def test_what_is_no_id_makes_no_entity(changes: dict[str, str]) -> None:
    assert len(read(record(OPERATIONS, **changes)).entities) == 2
