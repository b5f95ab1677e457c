from __future__ import annotations

from typing import Any

import pytest

from tests.sources.bodies import body, read, readers, refused
from tests.sources.goldens import event, events

NAME = "defender_compliance_assessment"
KEY = "1d7e0b3c-5a49-4f28-9c61-7b8a2d3e4f50"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
STANDARD = "Microsoft.Security/regulatoryComplianceStandards"


def with_properties(**changes: Any) -> dict[str, Any]:
    given = body(NAME)
    return {**given, "properties": {**given["properties"], **changes}}


def row(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = body("defender_compliance_rows")["records"][0]
    return {**given, **changes}


def test_an_assessment_says_which_standard_it_belongs_to_and_has_no_severity() -> None:
    found = event(NAME)

    assert found.kind == f"{STANDARD}/regulatoryComplianceControls/regulatoryComplianceAssessments/PCI-DSS-4"
    assert (found.id, found.title, found.status) == (KEY, "Management ports should be closed", "Failed")
    assert (found.severity, found.time, found.tenant, found.entities) == (None, "", "", ())
    assert found.subscription == SUBSCRIPTION


def test_a_control_and_a_standard_are_read_too() -> None:
    control, standard = events("defender_compliance_control")

    assert (control.kind, control.id) == (f"{STANDARD}/regulatoryComplianceControls/PCI-DSS-4", "1.1")
    assert (standard.kind, standard.id, standard.title) == (f"{STANDARD}/PCI-DSS-4", "PCI-DSS-4", "PCI-DSS-4")
    assert (control.status, standard.status) == ("Passed", "Failed")


def test_a_row_is_the_same_case_as_the_export() -> None:
    failed, repeated, passed = events("defender_compliance_rows")

    assert failed.case == event(NAME).case
    assert (failed.status, repeated.status, passed.status) == ("Failed", "Snapshot", "Passed")
    assert len({failed.case, repeated.case, passed.case}) == 3
    assert (failed.time, failed.tenant) == ("2026-03-02T09:10:00Z", "")


@pytest.mark.parametrize("changes", [{"state": "Passed"}, {"failedResources": 3}])
def test_another_state_is_another_case(changes: dict[str, Any]) -> None:
    assert read(with_properties(**changes)).case != event(NAME).case


@pytest.mark.parametrize(
    ("enrichment", "status"),
    [({"action": "Delete"}, "Deleted"), ({"isSnapshot": "true"}, "Snapshot"), ({"action": "Insert"}, "Failed")],
)
def test_what_is_gone_or_repeated_does_not_look_like_what_is_new(enrichment: dict[str, Any], status: str) -> None:
    assert read(body(NAME, securityEventDataEnrichment=enrichment)).status == status


def test_the_letter_case_of_an_id_does_not_make_another_case() -> None:
    given = body(NAME)

    assert read({**given, "id": given["id"].upper(), "name": KEY.upper()}).case == event(NAME).case


@pytest.mark.parametrize(
    ("value", "reason", "where"),
    [
        (with_properties(state=None), "the state is not given", "$.properties.state"),
        (with_properties(state="N/A"), "the state is not given", "$.properties.state"),
        (body(NAME, id=None), "it does not say with what it complies", "$.id, name"),
        (body(NAME, id=f"/subscriptions/{SUBSCRIPTION}"), "it does not say with what it complies", "$.id, name"),
        (row(ComplianceStandard=None), "it does not say with what it complies", "$.id, name"),
        (row(RecommendationId=None, RecommendationName=""), "it does not say with what it complies", "$.id, name"),
    ],
)
def test_what_has_no_state_or_no_standard_is_unreadable(value: Any, reason: str, where: str) -> None:
    letter = refused(value)

    assert (letter.reason, letter.where, letter.source) == (reason, where, "defender_compliance")


@pytest.mark.parametrize(
    "changes", [{}, {"Type": None}, {"Type": "SECURITYREGULATORYCOMPLIANCE"}, {"RegulatoryComplianceSubscriptionId": None}]
)  # fmt: skip
def test_a_row_is_known_by_its_table_or_else_by_its_columns(changes: dict[str, Any]) -> None:
    assert read(row(**changes)).status == "Failed"


def test_a_row_of_another_table_is_left_alone() -> None:
    assert "defender_compliance" not in readers(row(Type="PolicyStates"))
