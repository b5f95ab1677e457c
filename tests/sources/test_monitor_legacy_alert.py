from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import AzureResource, Host, Ip
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

METRIC = "monitor_legacy_alert_metric"
CLASSIC = "monitor_legacy_alert_classic_odd"
LOG = "monitor_legacy_alert_log"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"


def metric(**changes: Any) -> dict[str, Any]:
    given = body(METRIC)
    given["data"]["context"].update(changes)
    return given


def test_each_time_a_rule_fires_is_a_case_of_its_own() -> None:
    first, again = event(METRIC), read(metric(timestamp="2026-03-03T09:00:00Z"))

    assert first.id == again.id
    assert first.case != again.case


def test_an_alert_that_does_not_say_when_is_its_own_case() -> None:
    assert read(metric(timestamp="soon")).case.startswith("record:monitor_legacy_alert:")


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("0", Severity.CRITICAL),
        (1, Severity.HIGH),
        ("2", Severity.MEDIUM),
        ("3", Severity.LOW),
        ("Sev4", Severity.INFORMATIONAL),
        ("5", None),
        ("12", None),
        ("Warning", None),
        (None, None),
    ],
)
def test_severities_are_numbers_and_the_smallest_is_the_worst(word: Any, severity: Severity | None) -> None:
    found = read(metric(severity=word))

    assert (found.severity, found.severity_word) == (severity, str(word or ""))


@pytest.mark.parametrize(
    ("told", "subscription"),
    [
        (SUBSCRIPTION, SUBSCRIPTION),
        (None, SUBSCRIPTION),
        ("00000000-0000-0000-0000-000000000000", ""),
    ],
)
def test_a_subscription_that_is_a_placeholder_is_not_replaced_by_another(told: str | None, subscription: str) -> None:
    assert read(metric(subscriptionId=told)).subscription == subscription


@pytest.mark.parametrize(
    ("name", "where"), [(METRIC, "$.data.context.id"), ("monitor_legacy_alert_autoscale", "$.context.id")]
)
def test_an_alert_without_the_id_of_its_rule_is_unreadable(name: str, where: str) -> None:
    given = body(name)
    given.get("data", given)["context"]["id"] = None
    letter = refused(given)

    assert (letter.reason, letter.where) == ("the alert has no id", where)


@pytest.mark.parametrize("data", [{}, {"context": None}, {"status": "Activated"}])
def test_an_alert_that_says_nothing_is_unreadable(data: dict[str, Any]) -> None:
    letter = refused(body(METRIC, data=data))

    assert (letter.reason, letter.where) == ("the alert says nothing of its rule", "$.data")


def test_a_classic_alert_names_no_schema() -> None:
    assert event(CLASSIC).title == "requests"
    assert event(CLASSIC).entities == ()
    assert refused(body(CLASSIC, STATUS="Other")).reason.startswith("no source knows it")
    assert refused(body(CLASSIC, Context={"name": "x"})).reason.startswith("no source knows it")


def test_rows_and_dimensions_of_a_log_alert_are_read_as_far_as_they_are_ids() -> None:
    assert event(LOG).entities == (Host(name="vm-web-01"), Ip(address="203.0.113.54"), Host(name="vm-db-01"))


def test_a_log_alert_may_come_without_its_schema() -> None:
    assert read(body(LOG)["data"]).entities == event(LOG).entities


def test_the_words_of_a_log_alert_are_no_severity() -> None:
    assert (event(LOG).severity, event(LOG).severity_word) == (None, "Warning")


def test_who_made_a_budget_is_no_entity() -> None:
    assert event("monitor_legacy_alert_budget").entities == ()


def test_an_event_of_the_activity_log_is_about_its_resource_and_has_the_case_it_has_there() -> None:
    found, logged = event("monitor_legacy_alert_activity"), event("activity_log_rest")

    assert found.case == logged.case
    assert any(isinstance(entity, AzureResource) for entity in found.entities)
    assert (found.severity, found.severity_word) == (None, "Critical")
