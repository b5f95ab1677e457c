from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.event import Event
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events, recording

RESOURCE = "sentinel_incident_resource"
XDR = "sentinel_incident_xdr"
NUMBER = "c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
WORKSPACE = "4b3a2918-0716-4f5e-8d4c-3b2a19080716"


def row(**changes: Any) -> dict[str, Any]:
    """A row of data export with other values in some of its columns."""
    (found,) = json.loads(recording("sentinel_incident_row"))["records"]
    return {**found, **changes}


def resource(name: str, /, **changes: Any) -> dict[str, Any]:
    """A recorded resource with other properties."""
    found = body(name)
    return {**found, "properties": {**found["properties"], **changes}}


def test_a_row_and_the_resource_of_one_incident_say_the_same() -> None:
    known, told = event("sentinel_incident_row"), event("sentinel_incident_vm")

    assert (known.case, known.time, known.start, known.end) == (told.case, told.time, told.start, told.end)
    assert (known.subscription, known.workspace, known.links) == (told.subscription, told.workspace, told.links)
    assert (known.severity, known.tactics, known.products) == (told.severity, told.tactics, told.products)


@pytest.mark.parametrize("kind", ["SecurityIncident", "securityincident", None])
def test_a_row_is_known_by_its_table_or_by_its_columns(kind: str | None) -> None:
    assert read(row(Type=kind)).id == NUMBER


def test_the_alerts_of_a_row_are_among_its_other_names() -> None:
    assert read(row()).same == ("alert:d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e5f6",)
    assert read(row(AlertIds=["A", "b", None])).same == ("alert:a", "alert:b")


@pytest.mark.parametrize("none", ["[]", "", None, [], "None"])
def test_a_row_without_alerts_and_rules_has_no_other_names(none: Any) -> None:
    found = read(row(AlertIds=none, RelatedAnalyticRuleIds=none))

    assert (found.same, found.kind) == ((), "incident")


@pytest.mark.parametrize(
    ("changes", "known", "case"),
    [
        ({"IncidentName": None}, NUMBER, f"incident:sentinel:{NUMBER}"),
        ({"IncidentName": None, "IncidentUrl": ""}, "4711", f"incident:sentinel:{WORKSPACE}:4711"),
        ({"IncidentName": None, "IncidentUrl": "", "IncidentNumber": "12"}, "12", f"incident:sentinel:{WORKSPACE}:12"),
    ],
)
def test_a_row_without_a_name_has_that_of_its_link_or_its_number_in_the_workspace(
    changes: dict[str, Any], known: str, case: str
) -> None:
    found = read(row(**changes))

    assert (found.id, found.case) == (known, case)


@pytest.mark.parametrize("none", ["[]", None, []])
def test_a_row_whose_alerts_are_of_no_product_names_none(none: Any) -> None:
    assert read(row(AdditionalData={"alertProductNames": none})).products == ()


def test_a_number_without_its_workspace_makes_no_case() -> None:
    found = read(row(IncidentName=None, IncidentUrl="", TenantId=None))

    assert found.id == "4711"
    assert found.case.startswith("record:sentinel_incident:")


@pytest.mark.parametrize("name", [None, "00000000-0000-0000-0000-000000000000", "<REDACTED>"])
def test_a_row_without_name_link_and_number_is_unreadable(name: str | None) -> None:
    letter = refused(row(IncidentName=name, IncidentUrl=None, IncidentNumber="one"))

    assert (letter.reason, letter.where, letter.source) == ("the incident has no id", "$.name", "sentinel_incident")


def test_the_workspace_of_a_row_is_never_taken_for_the_tenant() -> None:
    assert read(row()).tenant == ""


@pytest.mark.parametrize(("word", "severity"), [("High", Severity.HIGH), ("50", None), (None, None)])
def test_a_severity_that_a_client_counted_is_no_severity(word: str | None, severity: Severity | None) -> None:
    found = read(row(Severity=word))

    assert (found.severity, found.severity_word) == (severity, word or "")


def test_who_owns_or_comments_on_a_row_is_no_entity_of_it() -> None:
    assert event("sentinel_incident_row_xdr").entities == ()


@pytest.mark.parametrize("provider", ["Microsoft XDR", "Microsoft 365 Defender", "microsoft defender xdr"])
@pytest.mark.parametrize("number", ["2088", 2088])
def test_an_incident_of_defender_has_the_case_that_it_has_there(provider: str, number: Any) -> None:
    found = read(resource(XDR, providerName=provider, providerIncidentId=number))

    assert found.case == "incident:xdr:2088"
    assert found.same == ("incident:sentinel:c0ffee88-2b3c-4d5e-8f60-718293a4b5c6",)
    assert found.id == "c0ffee88-2b3c-4d5e-8f60-718293a4b5c6"


@pytest.mark.parametrize(
    "changes",
    [
        {"providerName": "Azure Sentinel"},
        {"providerName": None},
        {"providerIncidentId": None},
        {"providerIncidentId": "<id>"},
    ],
)
def test_any_other_incident_has_the_case_that_it_has_in_sentinel(changes: dict[str, Any]) -> None:
    found = read(resource(XDR, **changes))

    assert (found.case, found.same) == ("incident:sentinel:c0ffee88-2b3c-4d5e-8f60-718293a4b5c6", ())


def test_an_incident_of_defender_is_readable_without_its_name_in_sentinel() -> None:
    found = read({**body(XDR), "id": "1", "name": None, "properties": {**body(XDR)["properties"], "incidentUrl": ""}})

    assert (found.case, found.id) == ("incident:xdr:2088", "4718")
    bare = {"providerName": "Microsoft XDR", "providerIncidentId": 2088, "title": "a"}
    assert read({**body(XDR), "id": "1", "name": None, "properties": bare}).id == "2088"


def test_it_links_to_sentinel_first_and_then_to_defender() -> None:
    assert [link.split("/")[2] for link in event(XDR).links] == ["portal.azure.com", "security.microsoft.com"]


def test_what_a_client_has_flattened_is_read_like_the_resource() -> None:
    flat, dotted = events("sentinel_incident_sdk")

    assert (flat.kind, flat.title) == ("7a6b5c4d-3e2f-4a1b-9c0d-8e7f6a5b4c3d", "Session cookie used from a new place")
    assert (flat.products, flat.tactics) == (("Microsoft Entra ID Protection",), ("CredentialAccess",))
    assert (dotted.title, dotted.severity, dotted.tactics) == (
        "Flattened with the way in the name",
        Severity.LOW,
        ("Discovery",),
    )


def told(found: Event) -> tuple[object, ...]:
    """What is read of an incident, without the body that it is read from."""
    return tuple(getattr(found, name) for name in found.__struct_fields__ if name not in ("digest", "raw"))


def test_flattening_a_resource_changes_nothing() -> None:
    given = body(RESOURCE)
    flat = {**given.pop("properties"), **given}
    dotted = {**given, **{f"properties.{name}": value for name, value in body(RESOURCE)["properties"].items()}}

    assert told(read(flat)) == told(read(dotted)) == told(event(RESOURCE))


@pytest.mark.parametrize("name", ["incident-4711", "4711", "Brute force on the shop"])
def test_a_name_that_is_no_guid_is_an_id_if_there_is_none_that_is(name: str) -> None:
    found = read(resource(RESOURCE, incidentUrl=None) | {"name": name, "id": None})

    assert (found.id, found.case) == (name, f"incident:sentinel:{name.lower()}")


def test_an_id_that_ends_in_another_name_is_taken_with_that() -> None:
    place = body(RESOURCE)["id"].replace(NUMBER, "incident-4711")

    assert read(resource(RESOURCE, incidentUrl=None) | {"name": None, "id": place}).id == "incident-4711"


def test_what_has_neither_type_nor_id_is_an_incident_only_by_number_and_title() -> None:
    found = body("sentinel_incident_minimal")["value"][0]

    assert read(found).id == "incident-from-the-shop"
    for name in ("incidentNumber", "title"):
        letter = refused({**found, "properties": {**found["properties"], name: None}})
        assert letter.reason.startswith("no source knows it; its fields: ")
