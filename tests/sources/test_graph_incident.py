from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, Host, Ip, Mailbox, RegistryKey
from shared.model.severity import Severity
from tests.sources.bodies import body, read, readers, refused
from tests.sources.goldens import event, events

GRAPH = "graph_incident_expanded"
ADELE = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
MDE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"


def defender(**changes: Any) -> dict[str, Any]:
    return {"incidentId": 2092, "incidentName": "Tool on one endpoint", "status": "Active", "alerts": [], **changes}


def of_alert(**changes: Any) -> dict[str, Any]:
    return defender(alerts=[{"alertId": "da1_1", "serviceSource": "OfficeATP", **changes}])


def test_an_incident_is_also_known_by_every_id_of_every_alert_in_it() -> None:
    found = event(GRAPH)

    assert found.case == "incident:xdr:2088"
    assert found.same == (
        "alert:2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215",
        "alert:5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215",
        "alert:7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e",
        "alert:ca1f2e3d4c5b6a7988a7b6c5d4e3f201",
    )


def test_an_incident_whose_alerts_were_not_asked_for_names_nothing() -> None:
    found = events("graph_incident_list")[0]

    assert (found.entities, found.same, found.tactics) == ((), (), ())
    assert (found.product, found.severity, found.status) == ("Microsoft Defender XDR", Severity.MEDIUM, "Active")


@pytest.mark.parametrize("given", ["2099", 2099, " 2099 "])
def test_an_incident_that_was_merged_into_another_says_so_and_names_nothing(given: Any) -> None:
    found = read(body(GRAPH, redirectIncidentId=given))

    assert (found.status, found.entities) == ("redirected", ())
    assert found.same == ("incident:xdr:2099",)


def test_a_redirected_incident_names_nothing_even_if_it_does_not_say_where_it_went() -> None:
    found = read(body(GRAPH, status="Redirected"))

    assert (found.status, found.entities, found.same) == ("redirected", (), ())


@pytest.mark.parametrize("given", [None, "", 0, "0", "null", "2088"])
def test_an_incident_that_leads_nowhere_else_is_itself(given: Any) -> None:
    found = read(body(GRAPH, redirectIncidentId=given))

    assert (found.status, len(found.entities), len(found.same)) == ("active", 3, 4)


@pytest.mark.parametrize("given", [None, "", 0, "String", "String (identifier)"])
def test_an_incident_without_an_id_is_unreadable(given: Any) -> None:
    letter = refused({"value": [body(GRAPH, id=given)]})

    assert (letter.reason, letter.where) == ("the incident has no id", "$.value[0].id")
    assert letter.source == "graph_incident"


def test_an_incident_of_the_other_api_without_an_id_is_unreadable_at_its_own_place() -> None:
    letter = refused([defender(incidentId="String")])

    assert (letter.reason, letter.where) == ("the incident has no id", "$[0].incidentId")


def test_analysts_are_no_entities() -> None:
    comment = {"comment": "kai@contoso.example", "createdBy": "kai@contoso.example"}
    analysts = {"assignedTo": "kai@contoso.example", "lastModifiedBy": "kai@contoso.example", "comments": [comment]}

    assert "kai" not in str(read(body(GRAPH, **analysts)).entities)
    assert read(defender(**analysts)).entities == ()


@pytest.mark.parametrize(
    ("source", "product"),
    [
        ("OfficeATP", "Microsoft Defender for Office 365"),
        ("MicrosoftDefenderATP", "Microsoft Defender for Endpoint"),
        ("AzureATP", "Microsoft Defender for Identity"),
        ("MicrosoftCloudAppSecurity", "Microsoft Defender for Cloud Apps"),
        ("AADIdentityProtection", "Microsoft Entra ID Protection"),
        (None, "Microsoft Defender XDR"),
    ],
)
def test_the_product_of_the_other_apis_incident_is_that_of_its_first_alert_that_says(
    source: str | None, product: str
) -> None:
    assert read(of_alert(serviceSource=source)).product == product
    assert read(body(GRAPH)).product == "Microsoft Defender XDR"


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"entityType": "User", "accountName": "adele", "aadUserId": ADELE}, Account(name="adele", object_id=ADELE)),
        ({"entityType": "MailBox", "mailboxAddress": "a@contoso.example"}, Mailbox(address="a@contoso.example")),
        ({"entityType": "Ip", "ipAddress": "203.0.113.54"}, Ip(address="203.0.113.54")),
        ({"entityType": "Registry", "registryKey": "SOFTWARE\\Run"}, RegistryKey(key="SOFTWARE\\Run")),
    ],
)
def test_a_row_of_entities_is_what_its_type_says(row: dict[str, Any], wanted: Any) -> None:
    wide = {"sha1": None, "fileName": None, "userSid": None, "url": None, "subject": None, "deviceId": MDE}

    assert read(of_alert(entities=[{**wide, **row}, {"entityType": None}, None])).entities == (wanted,)


def test_a_device_is_a_machine_and_who_is_logged_on_to_it_is_nobody() -> None:
    device = {"mdatpDeviceId": MDE, "deviceDnsName": "pc", "loggedOnUsers": [{"accountName": "kai"}]}

    assert read(of_alert(devices=[device])).entities == (Host(name="pc", mde_device_id=MDE),)


def test_it_spans_the_time_of_all_its_alerts() -> None:
    first = {"alertId": "1", "firstActivity": "2026-03-02T08:40:00Z", "lastActivity": "2026-03-02T08:50:00.5Z"}
    second = {"alertId": "2", "firstActivity": "2026-03-02T08:40:00.5Z", "lastActivity": "2026-03-02T08:50:00Z"}
    found = read(defender(alerts=[second, first, {"alertId": "3", "firstActivity": None}]))

    assert (found.start, found.end) == ("2026-03-02T08:40:00Z", "2026-03-02T08:50:00.5Z")


@pytest.mark.parametrize(
    "changes", [{"@odata.type": None}, {"@odata.type": "#Microsoft.Graph.Security.Incident", "incidentWebUrl": None}]
)
def test_an_incident_is_known_by_its_type_or_by_its_link(changes: dict[str, Any]) -> None:
    assert read(body(GRAPH, **changes)).case == "incident:xdr:2088"


@pytest.mark.parametrize(
    "given",
    [
        {"IncidentName": ADELE, "IncidentNumber": 7, "IncidentId": "7", "Title": "A row of Sentinel"},
        {"@odata.type": None, "id": "2088", "displayName": "No link"},
        {"@odata.type": "#microsoft.graph.group", "id": "7", "displayName": "x", "incidentWebUrl": "https://x.example"},
    ],
)
def test_what_is_no_incident_of_xdr_is_not_taken_for_one(given: dict[str, Any]) -> None:
    assert "graph_incident" not in readers(given)
