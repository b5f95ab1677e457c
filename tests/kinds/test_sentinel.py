from __future__ import annotations

from typing import Any

import pytest

from shared.kinds import sentinel
from shared.kinds.fields import Fields
from shared.model.entity import Account, Host

GUID = "c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
LAW = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-riposte"
    "/providers/Microsoft.OperationalInsights/workspaces/law"
)
PLACE = f"{LAW}/providers/Microsoft.SecurityInsights"


@pytest.mark.parametrize(
    "resource",
    [
        {"properties": {"title": "a", "additionalData": {"tactics": ["x"]}}},
        {"properties": '{"title": "a", "additionalData": {"tactics": ["x"]}}'},
        {"properties": {"title": "a", "additional_data": {"tactics": ["x"]}}},
        {"title": "a", "additional_data": {"tactics": ["x"]}},
        {"properties.title": "a", "properties.additionalData.tactics": ["x"]},
        {"Properties.Title": "a", "Properties.AdditionalData.Tactics": ["x"]},
        {"properties_title": "a", "additionalData": {"tactics": ["x"]}},
    ],
)
def test_the_facts_of_a_resource_have_one_name_in_all_forms(resource: dict[str, Any]) -> None:
    found = sentinel.properties(Fields(resource))

    assert (found.text("title"), found.fields("additionalData").texts("tactics")) == ("a", ["x"])


def test_what_belongs_to_the_resource_is_none_of_its_facts() -> None:
    found = sentinel.properties(Fields({"id": f"{PLACE}/Entities/{GUID}", "Name": GUID, "kind": "Account", "sid": "s"}))

    assert list(found.keys()) == ["sid"]
    assert list(sentinel.properties(Fields({"Name": "a", "Type": "account"})).keys()) == ["name", "type"]


def test_a_name_that_is_both_a_fact_and_a_way_keeps_the_fact() -> None:
    found = sentinel.properties(Fields({"properties.owner": "a", "properties.owner.email": "b"}))

    assert found.text("owner") == "a"


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        (f"{PLACE}/Incidents/{GUID.upper()}", GUID),
        (f"{PLACE}/incidents/{GUID}/", GUID),
        (f"https://portal.azure.com/#asset/Incident{PLACE}/Incidents/{GUID}", GUID),
        (GUID, GUID),
        (f"{PLACE}/Incidents/incident-4711", "incident-4711"),
        (f"{PLACE}/Incidents/00000000-0000-0000-0000-000000000000", ""),
        (f"{PLACE}/Incidents/<id>", ""),
        (f"{PLACE}/Incidents", ""),
        (f"{PLACE}/Entities/{GUID}", ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_the_name_of_an_incident_is_the_end_of_its_id(resource: str, name: str) -> None:
    assert sentinel.incident_name(resource) == name


@pytest.mark.parametrize(
    ("resource", "workspace"),
    [
        (f"{PLACE}/Incidents/{GUID}", LAW),
        (f"{PLACE}/Incidents/{GUID}".replace("3c1f5a60", "<redacted>"), ""),
        ("1", ""),
        ("", ""),
    ],
)
def test_the_workspace_is_what_the_resource_lies_in(resource: str, workspace: str) -> None:
    assert sentinel.workspace(resource) == workspace


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"kind": "Account", "type": "Microsoft.SecurityInsights/Entities"}, "Account"),
        ({"Type": "host"}, "host"),
        ({"type": "Microsoft.SecurityInsights/Entities"}, ""),
        ({"type": "Microsoft.SecurityInsights/Entities", "properties": {"Type": "ip"}}, "ip"),
        ({}, ""),
    ],
)
def test_the_kind_of_an_entity_is_never_the_type_of_the_resource(item: dict[str, Any], kind: str) -> None:
    assert sentinel.kind_of(Fields(item)) == kind


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"kind": "Host", "properties": {"hostName": "vm"}}, (Host(name="vm"),)),
        ({"kind": "host", "host_name": "vm"}, (Host(name="vm"),)),
        ({"Type": "host", "HostName": "vm"}, (Host(name="vm"),)),
        ({"Type": "account", "Name": "adele", "UPNSuffix": "contoso.example"}, (Account(name="adele", upn="adele@contoso.example"),)),
        ({"properties": {"Type": "host", "HostName": "vm"}}, (Host(name="vm"),)),
        ({"HostName": "vm"}, ()),
    ],
)  # fmt: skip
def test_an_entity_is_read_with_and_without_the_resource_around_it(
    item: dict[str, Any], found: tuple[Any, ...]
) -> None:
    assert tuple(sentinel.entity(Fields(item))) == found


def test_an_alert_has_the_case_of_its_own_product_first() -> None:
    alert = Fields({"SystemAlertId": GUID, "ProviderAlertId": "DA_1", "VendorOriginalId": "da_1"})

    assert sentinel.alert_cases(alert) == ("alert:da_1", f"alert:{GUID}")
    assert sentinel.alert_id(alert) == GUID
    assert sentinel.alert_cases(Fields({})) == ()
    assert sentinel.alert_id(Fields({"SystemAlertId": "0-0", "VendorOriginalId": "da_1"})) == "da_1"


@pytest.mark.parametrize("none", ["[]", "", None, [], "null"])
def test_an_empty_list_as_text_is_empty(none: Any) -> None:
    assert sentinel.listed(Fields({"a": none}), "a") == []
