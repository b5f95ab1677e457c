from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import Account, FileHash, Host, Ip, Other
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import SOURCES, event

TRIGGER = "sentinel_entity_trigger"
RESOURCE = "sentinel_entity_resource"
ANSWER = "sentinel_entity_answer"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
INCIDENT = "c0ffee33-2b3c-4d5e-8f60-718293a4b5c6"
LAW = "resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law/providers/Microsoft.SecurityInsights"
UNKNOWN = "no source knows it; its fields: "


def entity(kind: str, **properties: Any) -> dict[str, Any]:
    return {"kind": kind, "type": "Microsoft.SecurityInsights/Entities", "properties": properties}


@pytest.mark.parametrize("name", [TRIGGER, "sentinel_entity_hosts", RESOURCE, ANSWER])
def test_entities_have_no_severity_and_no_title_of_their_own(name: str) -> None:
    found = event(name)

    assert (found.kind, found.severity, found.title, found.id) == ("entity", None, "", "")
    assert found.product == "Microsoft Sentinel"


def test_the_entity_that_an_analyst_chose_belongs_to_the_incident() -> None:
    found = event(TRIGGER)

    assert (found.case, found.subscription) == (f"incident:sentinel:{INCIDENT}", SUBSCRIPTION)
    assert found.case == event("sentinel_incident_session").case
    assert [e.upn for e in found.entities if isinstance(e, Account)] == ["adele.vance@contoso.example"]


@pytest.mark.parametrize("name", ["IncidentArmID", "incidentArmId", "IncidentARMId"])
def test_the_incident_is_known_under_each_spelling_of_its_name(name: str) -> None:
    given = body(TRIGGER)
    given[name] = given.pop("IncidentArmID")

    assert read(given).case == f"incident:sentinel:{INCIDENT}"


def test_an_entity_may_be_flat_and_without_an_id_beside_its_incident() -> None:
    found = read(body(TRIGGER, Entity={"Type": "ip", "Address": "203.0.113.9"}))

    assert (found.case, found.entities) == (f"incident:sentinel:{INCIDENT}", (Ip(address="203.0.113.9"),))
    assert (
        read(body(TRIGGER, Entity=entity("Ip", address="203.0.113.9"), IncidentArmID=None)).subscription == SUBSCRIPTION
    )


@pytest.mark.parametrize("incident", [None, "", "x", "/subscriptions/s/Incidents", "{incident}"])
def test_an_entity_of_no_incident_is_its_own_case(incident: str | None) -> None:
    found = read(body(TRIGGER, IncidentArmID=incident))

    assert found.case.startswith("object:/subscriptions/")
    assert found.case.endswith("/entities/3d4e5f6a-7b8c-4d9e-9f0a-2b3c4d5e6f7a:entity")


@pytest.mark.parametrize(
    "place",
    [
        None,
        "1",
        "test_id_1",
        f"/subscriptions/xxxxxxxx/{LAW}/entities/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
        f"/subscriptions/{SUBSCRIPTION}/{LAW}/Entities/",
        f"/subscriptions/{SUBSCRIPTION}/{LAW}/Incidents/0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
    ],
)
def test_an_entity_whose_id_is_not_certain_makes_no_case(place: str | None) -> None:
    found = read(body(RESOURCE, id=place))

    assert found.case.startswith("record:sentinel_entity:")
    assert found.entities == event(RESOURCE).entities


def test_several_entities_are_one_event_and_no_case() -> None:
    found = event(ANSWER)

    assert [type(e) for e in found.entities] == [Host, Account, Ip]
    assert found.case.startswith("record:sentinel_entity:")


def test_the_alerts_among_entities_are_other_names_of_them() -> None:
    assert event(ANSWER).same == (
        "alert:2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215",
        "alert:d1e2f3a4-b5c6-4d7e-8f90-a1b2c3d4e5f6",
    )


def test_a_list_without_entities_is_an_event_all_the_same() -> None:
    assert read({"entities": [], "metaData": []}).entities == ()


def test_the_answer_may_come_as_an_array() -> None:
    given = body(ANSWER)["entities"][:3]

    assert read(given).entities == event(ANSWER).entities


@pytest.mark.parametrize(
    ("given", "entities"),
    [
        (entity("Account", accountName="<redacted>", aadUserId="ANONYMIZED"), ()),
        (entity("Ip", address="127.0.0.1"), ()),
        (entity("IP", address="::ffff:203.0.113.54"), (Ip(address="203.0.113.54"),)),
        (entity("Host", hostName="xxxxx"), ()),
        (entity("FileHash", hashValue="0" * 64), ()),
        (entity("Quasar", friendlyName="far away"), (Other(type="Quasar", name="far away"),)),
    ],
)
def test_placeholders_and_addresses_of_the_machine_itself_are_no_entities(
    given: dict[str, Any], entities: tuple[Any, ...]
) -> None:
    assert read(given).entities == entities


def test_the_name_of_the_resource_is_never_taken_for_that_of_the_account() -> None:
    flat = {
        "kind": "Account",
        "type": "Microsoft.SecurityInsights/Entities",
        "name": INCIDENT,
        "sid": "S-1-5-21-1-2-3-4",
    }

    assert read(flat).entities == (Account(sid="S-1-5-21-1-2-3-4"),)
    assert read({**flat, "account_name": "adele"}).entities == (Account(sid="S-1-5-21-1-2-3-4", name="adele"),)


def test_what_an_action_answered_is_read_with_all_that_it_lists() -> None:
    assert [e.name for e in event("sentinel_entity_hosts").entities if isinstance(e, Host)] == [
        "vm-web-01",
        "vm-web-02",
    ]
    both = read({"Hosts": [{"HostName": "vm-a", "Type": "host"}], "IPs": [{"Address": "203.0.113.9", "Type": "ip"}]})
    assert both.entities == (Host(name="vm-a"), Ip(address="203.0.113.9"))


def test_hashes_beside_an_incident_belong_to_it() -> None:
    found = event("sentinel_entity_hashes_odd")

    assert found.case == "incident:sentinel:c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
    assert [e.algorithm for e in found.entities if isinstance(e, FileHash)] == ["sha256"]


@pytest.mark.parametrize("name", ["accounts", "entities"])
def test_what_is_not_known_beside_the_entities_does_not_hide_them(name: str) -> None:
    found = read({name: [{"Name": "adele", "Type": "account"}], "runId": "x", "zone": None})

    assert [getattr(entity, "name", "") for entity in found.entities] == ["adele"]


@pytest.mark.parametrize(
    "other",
    [
        {"hosts": []},
        {"hosts": [{"HostName": "vm-a"}]},
        {"hosts": ["vm-a"]},
        {"accounts": [{"Name": "a", "Type": "account"}], "severity": "High"},
        {"entities": [{"name": "a"}]},
        {"entities": [{"kind": "Account"}], "title": "x"},
        {"entity": "vm-a"},
        {"entity": {"name": "vm-a"}},
        {"type": "host", "name": "vm-a"},
        {"type": "ip", "address": "203.0.113.9", "category": "x"},
        {"kind": "Account", "name": "a"},
        {"kind": "Scheduled", "properties": {"displayName": "a rule"}},
    ],
)
def test_what_only_looks_like_entities_is_left_to_others(other: dict[str, Any]) -> None:
    assert refused(other).reason.startswith(UNKNOWN)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"objectSchemaType": "Entity", "object": entity("Ip", address="203.0.113.9")}, Ip(address="203.0.113.9")),
        ({"kind": "Ip", "properties": {"address": "203.0.113.9"}}, Ip(address="203.0.113.9")),
        ({"Type": "ip", "Address": "203.0.113.9"}, Ip(address="203.0.113.9")),
        ({"Type": "host", "NetBiosName": "VM-A"}, Host(name="VM-A")),
    ],
)
def test_one_entity_is_known_in_whatever_it_comes(given: dict[str, Any], found: Any) -> None:
    assert read(given).entities == (found,)


@pytest.mark.parametrize("kind", ["Bookmark", "HuntingBookmark"])
def test_a_bookmark_is_no_entity(kind: str) -> None:
    assert refused(entity(kind, displayName="x")).reason.startswith(UNKNOWN)


def test_an_entity_of_no_kind_is_unreadable() -> None:
    letter = refused(body(RESOURCE, kind=None))

    assert (letter.reason, letter.where) == ("no entity says of what kind it is", "$.kind")
    assert letter.source == "sentinel_entity"


def test_records_and_alerts_of_others_with_entities_are_not_claimed() -> None:
    for name in ("defender_vm_bruteforce", "sentinel_alert_row", "sentinel_incident_vm"):
        found, _ = SOURCES.read(json.dumps(body(name)).encode())
        assert "sentinel_entity" not in {one.source for one in found}
