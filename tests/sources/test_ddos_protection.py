from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import AnyEntity
from tests.sources.bodies import read
from tests.sources.goldens import SOURCES, events

ADDRESS = (
    "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-hub"
    "/providers/Microsoft.Network/publicIPAddresses/pip-contoso-shop"
)


def record(category: str, **facts: Any) -> dict[str, Any]:
    return {"time": "2026-03-02T09:00:00Z", "resourceId": ADDRESS, "category": category, "properties": facts}


def report(**facts: Any) -> dict[str, Any]:
    return record("DDoSMitigationReports", ipAddress="203.0.113.5", **facts)


def flow(message: str | None) -> dict[str, Any]:
    ends = {"sourcePublicIpAddress": "198.51.100.23", "destPublicIpAddress": "203.0.113.5"}
    return record("DDoSMitigationFlowLogs", message=message, **ends)


def roles(entities: tuple[AnyEntity, ...]) -> dict[str, str]:
    return {entity.label: entity.role for entity in entities}


def test_the_public_address_and_its_resource_are_the_target_in_every_log() -> None:
    for event in events("ddos_records"):
        assert roles(event.entities)["203.0.113.5"] == "target"
        assert list(roles(event.entities).values()).count("target") == 2


@pytest.mark.parametrize("message", ["Protocol violation invalid TCP syn", "UDP reflection", "Rate limit exceeded"])
def test_who_sent_what_was_dropped_is_an_attacker(message: str) -> None:
    assert roles(read(flow(message)).entities)["198.51.100.23"] == "attacker"


@pytest.mark.parametrize("message", ["Packet was forwarded to service", "", None])
def test_who_sent_what_was_not_dropped_has_no_part(message: str | None) -> None:
    assert roles(read(flow(message)).entities)["198.51.100.23"] == ""


@pytest.mark.parametrize(
    "breakdown",
    [
        {"198.51.100.23": "60%", "198.51.100.25": "40%", "Others": "0%"},
        '{"198.51.100.23": 60, "198.51.100.25": 40}',
        ["198.51.100.23: 60%", "198.51.100.25=40"],
        [{"sourceIp": "198.51.100.23", "share": 60}, {"ip": "198.51.100.25"}, {}],
        "198.51.100.23::60, 198.51.100.25::40",
    ],
)
def test_top_sources_of_what_was_dropped_are_attackers_however_the_breakdown_is_written(breakdown: Any) -> None:
    found = roles(read(report(topSourceIPsForDroppedPackets=breakdown)).entities)

    assert {label for label, role in found.items() if role == "attacker"} == {"198.51.100.23", "198.51.100.25"}


def test_top_sources_of_all_traffic_have_no_part() -> None:
    assert roles(read(report(topSourceIPs=["198.51.100.23"])).entities)["198.51.100.23"] == ""


def test_no_more_sources_are_read_than_a_person_can_look_at() -> None:
    many = {f"198.51.{number // 250}.{number % 250 + 1}": "0%" for number in range(2000)}

    assert len(read(report(topSourceIPsForDroppedPackets=many)).entities) == 52


@pytest.mark.parametrize("breakdown", [None, "", 17, "Others", ["", None, [], "0.0.0.0"], {"": 1}])  # noqa: S104
def test_a_breakdown_without_addresses_names_nobody(breakdown: Any) -> None:
    assert list(roles(read(report(topSourceIPsForDroppedPackets=breakdown)).entities).values()) == ["target", "target"]


def test_reports_on_one_mitigation_are_one_case_and_those_on_the_next_another() -> None:
    first = read(report(reportType="Incremental", mitigationPeriodStart="2026-03-02T09:00:00.000Z"))
    last = read(report(reportType="PostMitigation", mitigationPeriodStart="2026-03-02T09:00:00Z"))
    other = read(report(reportType="Incremental", mitigationPeriodStart="2026-04-02T09:00:00Z"))

    assert first.case == last.case != other.case
    assert (first.status, last.status) == ("Incremental", "PostMitigation")


def test_attacks_on_one_address_on_two_days_are_two_cases() -> None:
    first = record("DDoSProtectionNotifications", type="MitigationStarted", publicIpAddress="203.0.113.5")

    assert read(first).case != read({**first, "time": "2026-04-02T09:00:00Z"}).case


@pytest.mark.parametrize(
    "columns",
    [
        {"Type": "AzureDiagnostics", "type_s": "MitigationStarted"},
        {"Type": "MitigationStarted"},
        {"Type": "DDoSProtectionNotifications", "notificationType": "MitigationStarted"},
    ],
)
def test_a_row_says_whether_the_attack_began_or_ended_beside_the_name_of_its_table(columns: dict[str, str]) -> None:
    row = {"Category": "DDoSProtectionNotifications", "TimeGenerated": "2026-03-02T09:00:00Z", "ResourceId": ADDRESS}

    assert read({**row, **columns}).status == "MitigationStarted"


def test_nothing_is_rated() -> None:
    assert {event.severity for event in events("ddos_records")} == {None}


def test_other_logs_are_left_to_others() -> None:
    found, dead = SOURCES.read(json.dumps(record("DDoSSomethingElse", message="x")).encode())

    assert "ddos_protection" not in [*(event.source for event in found), *(letter.source for letter in dead)]
