from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, AzureResource, ContainerImage, Host
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

NAME = "defender_assessment_unhealthy"
FINDING = "defender_subassessment_finding"
SCORE = "defender_score_subscription"
KEY = "1d7e0b3c-5a49-4f28-9c61-7b8a2d3e4f50"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-web-01"


def with_properties(name: str, /, **changes: Any) -> dict[str, Any]:
    given = body(name)
    where = "Properties" if "Properties" in given else "properties"
    return {**given, where: {**given[where], **changes}}


def enriched(**changes: Any) -> dict[str, Any]:
    """The recommendation with something else said about its export."""
    return body(NAME, assessmentEventDataEnrichment=changes, securityEventDataEnrichment=None)


def test_a_recommendation_says_what_is_wrong_with_which_resource() -> None:
    found = event(NAME)

    assert (found.id, found.kind) == (KEY, f"Microsoft.Security/assessments/{KEY}")
    assert (found.title, found.severity, found.status) == (
        "Management ports should be closed",
        Severity.HIGH,
        "Unhealthy",
    )
    assert (found.time, found.tenant, found.subscription) == ("2026-03-02T08:55:03.3376828Z", TENANT, SUBSCRIPTION)
    assert found.entities == (AzureResource(resource_id=VM.lower()),)


def test_the_portals_address_is_written_without_its_scheme() -> None:
    assert event(NAME).link.startswith("https://portal.azure.com/#blade/")
    assert read(with_properties(NAME, links={"azurePortal": "javascript:alert(1)"})).links == ()


@pytest.mark.parametrize(
    ("enrichment", "status"),
    [
        ({"action": "Insert", "isSnapshot": False}, "Unhealthy"),
        ({"action": "Update"}, "Unhealthy"),
        ({"action": "Delete", "isSnapshot": False}, "Deleted"),
        ({"Action": "DELETE", "isSnapshot": True}, "Deleted"),
        ({"action": "Insert", "isSnapshot": True}, "Snapshot"),
        ({"IsSnapshot": "True"}, "Snapshot"),
        ({}, "Unhealthy"),
        (None, "Unhealthy"),
    ],
)
def test_what_is_gone_or_repeated_does_not_look_like_what_is_new(enrichment: Any, status: str) -> None:
    assert read(enriched(**enrichment) if enrichment is not None else enriched()).status == status


def test_a_repeated_state_is_the_same_case_and_a_new_or_ended_one_is_not() -> None:
    cases = [event(f"defender_assessment_{name}").case for name in ("unhealthy", "snapshot", "healthy")]

    assert cases[0] == cases[1] != cases[2]
    assert event(FINDING).case != event("defender_subassessment_deleted").case
    assert read(body(NAME, id=body(NAME)["id"].replace("vm-web-01", "vm-web-02"))).case != cases[0]


def test_what_became_unhealthy_once_more_is_another_case() -> None:
    again = {"code": "Unhealthy", "statusChangeDate": "2026-03-05T10:00:00Z"}

    assert read(with_properties(NAME, status=again)).case != event(NAME).case


def test_a_row_is_the_same_case_as_the_export() -> None:
    row, nested, _ = events("defender_assessment_rows")

    assert row.case == event(NAME).case
    assert (row.title, row.severity, row.status) == ("Management ports should be closed", Severity.HIGH, "Unhealthy")
    assert (nested.kind, nested.status) == (f"Microsoft.Security/assessments/subAssessments/{KEY}", "Snapshot")
    assert nested.title == "A needless kernel module is loaded"


def test_the_workspace_in_a_row_is_not_taken_for_the_tenant() -> None:
    assert {found.tenant for found in events("defender_assessment_rows")} == {""}


@pytest.mark.parametrize(
    ("properties", "severity", "word"),
    [
        ({"metadata": {"severity": "Medium"}, "status": {"code": "Unhealthy", "severity": "High"}}, Severity.MEDIUM, "Medium"),
        ({"metadata": None, "status": {"severity": "Low"}}, Severity.LOW, "Low"),
        ({"metadata": {}, "status": None, "additionalData": {"severity": "high"}}, Severity.HIGH, "high"),
        ({"metadata": {"severity": "Unheard of"}}, None, "Unheard of"),
        ({"metadata": None, "status": "Unhealthy"}, None, ""),
    ],
)  # fmt: skip
def test_the_severity_is_that_of_the_recommendation(
    properties: dict[str, Any], severity: Severity | None, word: str
) -> None:
    found = read(with_properties(NAME, **properties))

    assert (found.severity, found.severity_word) == (severity, word)


def test_a_finding_belongs_to_its_recommendation() -> None:
    found = event(FINDING)

    assert found.kind == f"Microsoft.Security/assessments/subAssessments/{KEY}"
    assert (found.id, found.time) == ("5b6c7d8e-9f0a-4b1c-8d2e-3f4a5b6c7d8e", "2026-03-02T08:58:32.2607101Z")
    assert found.entities == (AzureResource(resource_id=VM),)


def test_a_finding_in_an_image_names_the_image() -> None:
    image, _ = events("defender_subassessment_odd")

    assert image.severity is Severity.HIGH
    assert image.entities[1] == ContainerImage(
        digest="sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        registry="crcontososhop.azurecr.io",
    )


def test_accounts_without_a_second_factor_are_named_if_their_ids_are_ids() -> None:
    accounts, _, _ = events("defender_assessment_odd")

    assert accounts.entities == (Account(object_id="1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"),)


def test_a_machine_outside_of_azure_is_named_by_what_its_agent_says() -> None:
    _, machine, _ = events("defender_assessment_odd")

    assert machine.entities[1] == Host(
        name="srv-till-01",
        vm_id="4a5b6c7d-8e9f-4a0b-9c1d-2e3f4a5b6c7d",
        agent_id="8f0c2d4e-6a1b-4c3d-9e5f-7b8a9c0d1e2f",
    )


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        (VM.upper(), VM.upper()),
        (f"/subscriptions/{SUBSCRIPTION}", VM),
        ("arn:aws:ec2:::instance/i-1", VM),
        (None, VM),
    ],
)
def test_the_resource_is_the_one_assessed_or_else_the_one_the_id_lies_below(resource: str | None, found: str) -> None:
    details = {"source": "Azure", "id": resource}

    assert read(with_properties(NAME, resourceDetails=details)).entities == (AzureResource(resource_id=found),)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None, "properties": {"displayName": "x"}},
        {"id": "null", "name": None, "properties": None},
        {"id": KEY, "properties": {"resourceDetails": {"id": "N/A"}}},
    ],
)
def test_a_recommendation_about_nothing_is_unreadable(changes: dict[str, Any]) -> None:
    letter = refused([body(NAME, **changes)])

    assert letter.reason == "the recommendation does not say what it is about"
    assert (letter.where, letter.source) == ("$[0].id, name", "defender_assessment")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (NAME, {"type": None}),
        (NAME, {"type": "microsoft.security/ASSESSMENTS"}),
        (NAME, {"properties": json.dumps(body(NAME)["properties"])}),
        (FINDING, {"Type": None}),
        (FINDING, {"Type": "Microsoft.Security/subAssessments"}),
    ],
)
def test_it_is_known_by_its_type_or_else_by_what_export_says_of_it(name: str, changes: dict[str, Any]) -> None:
    found, wanted = read(body(name, **changes)), event(name)

    assert (found.kind, found.title, found.case) == (wanted.kind, wanted.title, wanted.case)


def test_a_recommendation_may_come_without_an_object_for_its_properties() -> None:
    given = body(NAME)

    assert read({**given, **given["properties"], "properties": None}).entities == event(NAME).entities


def test_a_score_says_how_high_it_is_and_has_no_severity() -> None:
    found = event(SCORE)

    assert (found.kind, found.title) == ("Microsoft.Security/secureScores", "ASC score: 34.5 of 58")
    assert (found.severity, found.entities, found.subscription) == (None, (), SUBSCRIPTION)


def test_another_score_is_another_case_and_the_row_of_the_same_one_is_not() -> None:
    rows = events("defender_score_rows")

    assert rows[0].case == event(SCORE).case
    assert read(with_properties(SCORE, score={"current": 35})).case != event(SCORE).case
    assert [row.kind.rpartition("/")[2] for row in rows] == [
        "secureScores",
        "secureScoreControls",
        "secureScoreControls",
    ]
    assert [row.status for row in rows] == ["", "Snapshot", ""]


def test_a_score_of_nought_is_one() -> None:
    assert event("defender_score_control").title == "Protect applications against DDoS attacks: 0 of 2"


@pytest.mark.parametrize("score", [None, {}, {"max": 58}, {"current": "N/A"}])
def test_a_score_without_a_number_is_unreadable(score: Any) -> None:
    letter = refused(with_properties(SCORE, score=score))

    assert (letter.reason, letter.where) == ("the score is not given", "$.properties.score.current")
