"""Alerts of Defender for Cloud in all the forms in which they come: it is the same alert in each."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.case import alert_case
from shared.model.entity import AzureResource, Host, Ip
from shared.model.severity import Severity
from tests.sources.bodies import body, read, readers, refused
from tests.sources.goldens import event, events

ARM = "defender_arm_vm"
BRUTEFORCE = "2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Compute/virtualMachines/vm-web-01"


def with_properties(name: str, /, **changes: Any) -> dict[str, Any]:
    given = body(name)
    return {**given, "properties": {**given["properties"], **changes}}


def test_an_alert_is_the_same_as_a_resource_and_within_an_event() -> None:
    exported, resource, within = event("defender_vm_bruteforce"), event(ARM), event("defender_eventgrid_resource")

    assert exported.case == resource.case == within.case == alert_case(BRUTEFORCE)
    assert resource.entities == within.entities
    assert (resource.title, resource.kind, resource.severity) == (exported.title, exported.kind, exported.severity)
    assert (resource.time, resource.tenant, resource.subscription) == (
        exported.time,
        exported.tenant,
        exported.subscription,
    )


def test_techniques_and_sub_techniques_are_put_together() -> None:
    assert event(ARM).techniques == ("T1110", "T1110.001")


@pytest.mark.parametrize("kind", ["Microsoft.Security/alerts", "MICROSOFT.SECURITY/LOCATIONS/ALERTS", None])
def test_a_resource_is_known_by_its_type_or_else_by_its_id(kind: str | None) -> None:
    assert read(body(ARM, type=kind)).case == alert_case(BRUTEFORCE)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": f"{VM}/providers/Microsoft.Security/assessments/1"},
        {"id": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Security/locations/x/alerts/1/events/2/ticks/3"},
        {"properties": {"severity": "High"}},
        {"id": None},
    ],
)
def test_a_resource_without_a_type_that_is_no_alert_is_left_alone(changes: dict[str, Any]) -> None:
    assert "defender_for_cloud" not in readers(body(ARM, **({"type": None} | changes)))


@pytest.mark.parametrize(
    ("name", "given", "found", "same"),
    [
        ("A_1", "B_2", "B_2", ("alert:a_1",)),
        ("A_1", "a_1", "a_1", ()),
        ("A_1", None, "A_1", ()),
        ("A_1", "00000000-0000-0000-0000-000000000000", "A_1", ()),
        (None, "B_2", "B_2", (f"alert:{BRUTEFORCE}",)),
        (None, None, BRUTEFORCE, ()),
    ],
)
def test_the_alerts_own_id_counts_more_than_its_resources_name(
    name: str | None, given: str | None, found: str, same: tuple[str, ...]
) -> None:
    alert = read({**with_properties(ARM, systemAlertId=given), "name": name})

    assert (alert.case, alert.same) == (alert_case(found), same)


@pytest.mark.parametrize(
    ("wrap", "where"),
    [
        (lambda alert: alert, "$.properties.systemAlertId, name"),
        (
            lambda alert: [{**body("defender_eventgrid_resource"), "data": alert}],
            "$[0].data.properties.systemAlertId, data.name",
        ),
    ],
)
def test_a_resource_without_any_id_is_unreadable(wrap: Any, where: str) -> None:
    letter = refused(wrap({**with_properties(ARM, systemAlertId="null"), "name": None, "id": "0"}))

    assert (letter.reason, letter.where) == ("the alert has no id of its own", where)
    assert letter.source == "defender_for_cloud"


def test_an_alert_that_groups_others_is_also_known_as_each_of_them() -> None:
    _, incident = events("defender_arm_list")

    assert alert_case(BRUTEFORCE) in incident.same
    assert len(incident.same) == 2
    assert event("defender_every_entity").same == ()


def test_an_old_alert_has_other_names_for_everything() -> None:
    alert = event("defender_arm_old_odd")

    assert (alert.kind, alert.severity, alert.status) == ("SuspiciousTraffic", Severity.LOW, "Dismissed")
    assert (alert.start, alert.time) == ("2026-03-02T08:41:10.2233445Z", "2026-03-02T08:55:03Z")
    assert (alert.product, alert.subscription) == ("Microsoft Defender for Cloud", SUBSCRIPTION)
    assert alert.entities == (
        Host(azure_id=VM, name="VM-WEB-01"),
        AzureResource(resource_id=VM),
        Ip(address="203.0.113.54"),
        Ip(address="198.51.100.23", role="attacker"),
    )


def test_the_type_of_the_event_around_an_alert_does_not_matter() -> None:
    assert read(body("defender_eventgrid_odd")).kind == "VM_SuspiciousActivity"
    assert read(body("defender_eventgrid_resource", eventType="Contoso.Anything")).case == alert_case(BRUTEFORCE)
    assert read(body("defender_eventgrid_resource", data=body(ARM, type=None))).case == alert_case(BRUTEFORCE)


@pytest.mark.parametrize("data", [{"alertType": "x"}, {"systemAlertId": "x"}, "text", None, [{"alertType": "x"}]])
def test_an_event_that_carries_no_alert_is_left_alone(data: Any) -> None:
    assert "defender_for_cloud" not in readers(body("defender_eventgrid_resource", data=data))


def test_a_sample_alert_is_an_event_like_any_other() -> None:
    sample = event("defender_sample")

    assert sample.kind.startswith("SIMULATED_Storage.")
    assert (sample.title, sample.severity) == ("[SAMPLE ALERT] Open containers were found", Severity.MEDIUM)


def test_a_failed_attestation_names_the_machine() -> None:
    found = event("defender_vm_attestation")

    assert found.techniques == ("T1542.003",)
    assert [type(entity) for entity in found.entities] == [Host, AzureResource]
