from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import AzureResource, Host, Ip, SecurityGroup
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

METRIC = "monitor_alert_metric_resolved"
ROWS = "monitor_alert_log_rows"
SEARCH = "monitor_alert_log_search"
DEFENDER = "monitor_alert_defender"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
VM = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg-shop/providers/microsoft.compute/virtualmachines/vm-web-01"


def essentials(name: str, **changes: Any) -> dict[str, Any]:
    given = body(name)
    given["data"]["essentials"].update(changes)
    return given


def context(name: str, **changes: Any) -> dict[str, Any]:
    given = body(name)
    given["data"]["alertContext"].update(changes)
    return given


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Sev0", Severity.CRITICAL),
        ("sev1", Severity.HIGH),
        ("Sev2", Severity.MEDIUM),
        ("Sev3", Severity.LOW),
        ("Sev4", Severity.INFORMATIONAL),
        ("Sev5", None),
        ("High", None),
        (None, None),
    ],
)
def test_the_five_levels_of_azure_monitor_are_five_severities(word: str | None, severity: Severity | None) -> None:
    found = read(essentials(METRIC, severity=word))

    assert (found.severity, found.severity_word) == (severity, word or "")


def test_an_alert_that_fired_and_was_resolved_is_one_case_also_as_a_resource_of_the_api() -> None:
    fired = read(essentials(METRIC, monitorCondition="Fired", resolvedDateTime=None))
    resolved, resource = event(METRIC), event("monitor_alert_resource")

    assert fired.case == resolved.case == resource.case
    assert (fired.status, resolved.status) == ("Fired", "Resolved")
    assert (fired.end, resolved.end) == ("", "2026-03-02T09:10:00Z")


def test_each_time_a_budget_is_spent_is_a_case_of_its_own_although_the_id_is_the_same() -> None:
    name = "monitor_alert_budget"
    first, again = event(name), read(essentials(name, firedDateTime="2026-03-09T09:00:00Z"))

    assert first.id == again.id
    assert first.case != again.case


@pytest.mark.parametrize(
    ("service", "product"),
    [
        ("Platform", "Azure Monitor"),
        ("Log Alerts V2", "Azure Monitor"),
        ("Application Insights", "Azure Monitor"),
        ("Activity Log - Administrative", "Azure Monitor"),
        ("Activity Log - Security", "Microsoft Defender for Cloud"),
        ("Activity Log - Policy", "Azure Policy"),
        ("Activity Log - Recommendation", "Azure Advisor"),
        ("ServiceHealth", "Azure Service Health"),
        ("Resource Health", "Azure Resource Health"),
        ("CostAlerts", "Azure Cost Management"),
        ("Azure Backup", "Azure Backup"),
        ("", "Azure Monitor"),
    ],
)
def test_the_product_is_the_service_that_raised_it(service: str, product: str) -> None:
    assert read(essentials(METRIC, monitoringService=service)).product == product


def test_a_virtual_machine_is_a_host_if_the_alert_gives_its_name() -> None:
    assert event(METRIC).entities == (Host(azure_id=VM, name="vm-web-01"), AzureResource(resource_id=VM))
    assert read(essentials(METRIC, configurationItems=["cpu"])).entities == (AzureResource(resource_id=VM),)


def test_a_defender_alert_has_its_own_case_and_severity_and_names_its_machine_once() -> None:
    found = event(DEFENDER)

    assert found.case == "alert:2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-93e4d0b7f215"
    assert found.same == (f"alert:{found.id.lower()}",)
    assert (found.severity, found.severity_word) == (Severity.HIGH, "High")
    assert [entity for entity in found.entities if isinstance(entity, Host)] == [Host(azure_id=VM, name="vm-web-01")]


def test_a_defender_alert_that_does_not_say_how_bad_it_is_keeps_the_level_of_the_rule() -> None:
    found = read(context(DEFENDER, properties={"compromisedEntity": "vm-web-01"}))

    assert (found.severity, found.severity_word) == (Severity.INFORMATIONAL, "Sev4")


@pytest.mark.parametrize("own", ["<GUID>", "7c8d9e0f-1a2b-4c3d-8e4f-5a6b7c8d9e0f", None])
def test_an_id_that_is_none_of_defender_is_not_taken_for_its_case(own: str | None) -> None:
    found = read(context(DEFENDER, correlationId=own, eventDataId=own, operationId=own))

    assert found.case == f"alert:{found.id.lower()}"


def test_only_columns_whose_name_is_certain_are_read_and_only_what_is_an_id() -> None:
    labels = [(type(entity).__name__, entity.label) for entity in event(ROWS).entities[1:]]

    assert labels == [("Host", "vm-db-01"), ("Ip", "198.51.100.7"), ("Account", "bo@contoso.example")]


@pytest.mark.parametrize("results", [None, [], "[]", {"tables": None}, {"tables": [{"rows": [["x"]]}, 5, {}]}])
def test_results_of_another_form_are_passed_over(results: Any) -> None:
    assert len(read(context(ROWS, SearchResults=results)).entities) == 1


def test_the_workspace_is_the_one_that_was_searched_and_its_tenant_column_is_none() -> None:
    found = event(ROWS)

    assert found.workspace.endswith("/microsoft.operationalinsights/workspaces/log-contoso")
    assert found.tenant == ""


def test_dimensions_name_what_an_alert_was_split_by() -> None:
    labels = {entity.label for entity in event(SEARCH).entities}

    assert {"vm-web-01.shop.contoso.example", "203.0.113.54", VM} <= labels
    assert "guess" not in labels


def test_a_rule_goes_by_its_name_also_where_its_id_is_given() -> None:
    assert event("monitor_alert_resource").title == "cpu"
    assert read(essentials(METRIC, alertRule="disk/tmp")).title == "disk/tmp"


def test_links_for_programs_are_not_shown_to_people() -> None:
    assert not any("api.loganalytics.io" in link for link in event(SEARCH).links)


def test_who_was_given_a_role_is_told_apart_from_who_gave_it() -> None:
    found = event("monitor_alert_role_assigned").entities

    assert SecurityGroup(object_id="d4c3b2a1-0f9e-4d8c-8b7a-69584736a5b4", role="related") in found
    assert Ip(address="203.0.113.54") in found


@pytest.mark.parametrize("alert_id", [None, "", "null", {"id": 1}])
def test_an_alert_without_an_id_is_unreadable(alert_id: Any) -> None:
    letter = refused(essentials(METRIC, alertId=alert_id))

    assert (letter.reason, letter.where) == ("the alert has no id", "$.data.essentials.alertId")
    assert letter.source == "monitor_alert"


@pytest.mark.parametrize("data", [None, {}, [], "text"])
def test_a_schema_with_nothing_in_it_is_unreadable(data: Any) -> None:
    assert refused(body(METRIC, data=data)).where == "$.data.essentials.alertId"


def test_an_alert_without_the_schema_around_it_is_read_the_same() -> None:
    assert read(body(METRIC)["data"]).entities == event(METRIC).entities
    assert read(body(METRIC)["data"]).case == event(METRIC).case


def test_a_context_alone_is_read_as_far_as_it_goes() -> None:
    found = event("monitor_alert_fragment")

    assert (found.id, found.case) == ("", event(DEFENDER).case)
    assert found.product == "Microsoft Defender for Cloud"


def test_an_unknown_schema_is_left_to_others() -> None:
    assert refused(body(METRIC, schemaId="somethingElse")).reason.startswith("no source knows it")
