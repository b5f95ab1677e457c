"""One alert through three channels: it is one case, or one names it among what it is also known as."""

from __future__ import annotations

import pytest

from tests.sources.goldens import event, events

PAIRS = [
    ("entra_risk_detection", "graph_alert_token_theft"),
    ("entra_risk_detection", "sentinel_incident_session"),
    ("defender_vm_bruteforce", "defender_arm_vm"),
    ("defender_vm_bruteforce", "defender_eventgrid_resource"),
    ("defender_vm_bruteforce", "sentinel_incident_vm"),
    ("defender_vm_bruteforce", "sentinel_incident_forwarded"),
    ("defender_vm_bruteforce", "graph_alert_defender_for_cloud"),
    ("defender_vm_bruteforce", "activity_log_defender"),
    ("defender_vm_bruteforce", "monitor_alert_defender"),
    ("defender_vm_bruteforce", "monitor_legacy_alert_defender"),
    ("activity_log_rest", "activity_log_row"),
    ("activity_log_rest", "monitor_legacy_alert_activity"),
    ("monitor_alert_metric_resolved", "monitor_alert_resource"),
    ("backup_alert", "backup_row"),
    ("graph_alert_defender_for_cloud", "sentinel_incident_vm"),
    ("graph_alert_token_theft", "sentinel_incident_session"),
    ("graph_alert_device", "sentinel_incident_every_entity"),
    ("graph_alert_device", "graph_legacy_alert_malware"),
    ("graph_alert_token_theft", "graph_incident_expanded"),
    ("graph_alert_token_theft", "graph_notification_pascal"),
    ("graph_alert_defender_for_cloud", "graph_incident_expanded"),
    ("graph_alert_every_evidence", "graph_incident_m365d"),
    ("defender_vm_bruteforce", "graph_legacy_alert_vm"),
    ("sentinel_incident_vm", "sentinel_incident_resource"),
    ("keyvault_secret_near_expiry", "keyvault_secret_expired_cloudevent"),
    ("private_endpoint_answer", "private_endpoint_row"),
    ("defender_vm_bruteforce", "sentinel_alert_row"),
    ("defender_vm_bruteforce", "sentinel_alert_trigger_defender"),
    ("graph_alert_defender_for_cloud", "sentinel_alert_row"),
    ("sentinel_incident_vm", "sentinel_alert_row"),
    ("sentinel_incident_row", "sentinel_alert_row"),
    ("sentinel_incident_row", "sentinel_incident_resource"),
    ("sentinel_incident_row_odd", "sentinel_alert_row_scheduled"),
    ("sentinel_alert_row_scheduled", "sentinel_alert_trigger"),
    ("sentinel_incident_session", "sentinel_entity_trigger"),
    ("sentinel_incident_xdr", "graph_incident_expanded"),
    ("sentinel_incident_row_xdr", "sentinel_incident_xdr"),
    ("defender_assessment_unhealthy", "defender_assessment_snapshot"),
    ("storage_malware_eicar", "storage_malware_cloudevent"),
    ("graph_alert_device", "xdr_stream_alert_in_pieces"),
    ("graph_alert_device", "defender_for_endpoint_alert"),
    ("xdr_stream_alert_in_pieces", "sentinel_incident_every_entity"),
    ("graph_alert_every_evidence", "xdr_stream_mail_alert"),
    ("xdr_stream_mail_alert", "office_365_alert_in_pieces"),
]


CHANNELS = [
    [
        "defender_vm_bruteforce",
        "defender_arm_vm",
        "defender_eventgrid_resource",
        "graph_alert_defender_for_cloud",
        "graph_legacy_alert_vm",
        "activity_log_defender",
        "monitor_alert_defender",
        "monitor_legacy_alert_defender",
        "sentinel_alert_row",
        "sentinel_alert_trigger_defender",
    ],
    ["graph_alert_device", "xdr_stream_alert_in_pieces", "defender_for_endpoint_alert", "graph_legacy_alert_malware"],
    ["graph_alert_every_evidence", "xdr_stream_mail_alert", "office_365_alert_in_pieces"],
    ["entra_risk_detection", "graph_alert_token_theft"],
    ["sentinel_alert_row_scheduled", "sentinel_alert_trigger"],
    ["graph_incident_expanded", "sentinel_incident_xdr", "sentinel_incident_row_xdr"],
]


def known_as(name: str) -> set[str]:
    found = event(name)
    return {found.case, *found.same}


@pytest.mark.parametrize("channels", CHANNELS, ids=lambda names: names[0])
def test_one_alert_and_one_incident_have_one_case_on_every_channel(channels: list[str]) -> None:
    assert len({event(name).case for name in channels}) == 1


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_same_thing_is_recognised_through_another_channel(first: str, second: str) -> None:
    assert known_as(first) & known_as(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("defender_vm_bruteforce", "defender_low_severity"),
        ("defender_assessment_unhealthy", "defender_assessment_healthy"),
        ("defender_subassessment_finding", "defender_subassessment_deleted"),
        ("defender_vm_bruteforce", "sentinel_incident_session"),
        ("defender_protected_vm", "graph_alert_defender_for_cloud"),
        ("graph_alert_device", "graph_incident_expanded"),
        ("graph_incident_expanded", "graph_incident_m365d"),
        ("sentinel_incident_vm", "sentinel_incident_closed"),
        ("sentinel_incident_vm", "sentinel_incident_xdr"),
        ("sentinel_alert_row", "sentinel_alert_row_scheduled"),
        ("sentinel_alert_row", "sentinel_alert_row_odd"),
        ("keyvault_secret_near_expiry", "keyvault_certificate_password"),
    ],
)
def test_different_things_are_kept_apart(first: str, second: str) -> None:
    assert not known_as(first) & known_as(second)


def test_what_is_recognised_speaks_of_the_same_machine() -> None:
    machines = {
        str(getattr(entity, "azure_id", "")).lower()
        for name in ("defender_vm_bruteforce", "sentinel_incident_vm", "graph_alert_defender_for_cloud")
        for found in events(name)
        for entity in found.entities
        if "virtual_machine" in entity.kinds and "host" in entity.kinds
    }

    assert len(machines) == 1
