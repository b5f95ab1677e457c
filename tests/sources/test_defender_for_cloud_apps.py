from __future__ import annotations

from typing import Any

import pytest

from shared.model.entity import Account, AnyEntity, CloudApplication, Host, Ip
from shared.model.severity import Severity
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

NAME = "defender_for_cloud_apps_alert"
ACTIVITIES = "defender_for_cloud_apps_activities"


def entity(**fields: Any) -> tuple[AnyEntity, ...]:
    return read(body(NAME, entities=[fields])).entities


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        (0, Severity.LOW),
        (1, Severity.MEDIUM),
        (2, Severity.HIGH),
        (3, Severity.INFORMATIONAL),
        ("2", Severity.HIGH),
        (4, None),
        (-1, None),
        ("high", None),
    ],
)
def test_the_severity_is_a_number_that_stands_for_a_word(value: Any, severity: Severity | None) -> None:
    found = read(body(NAME, severityValue=value))

    assert (found.severity, found.severity_word) == (severity, str(value))


@pytest.mark.parametrize(
    ("value", "status"), [(0, "Open"), (1, "Dismissed"), (2, "Resolved"), (3, "FalsePositive"), (9, ""), (None, "")]
)
def test_the_status_is_how_it_was_resolved(value: Any, status: str) -> None:
    assert read(body(NAME, resolutionStatusValue=value)).status == status


@pytest.mark.parametrize(
    ("given", "time"),
    [
        (1772442000475, "2026-03-02T09:00:00.475Z"),
        ("1772442000000", "2026-03-02T09:00:00.000Z"),
        ("2026-03-02T09:00:00", "2026-03-02T09:00:00Z"),
        (10**18, ""),
        (None, ""),
    ],
)
def test_times_are_milliseconds_or_text(given: Any, time: str) -> None:
    assert read(body(NAME, timestamp=given)).time == time


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"type": "account", "label": "Adele", "pa": "a@contoso.example", "id": "x", "entityRole": "Target"},
            (Account(role="target", upn="a@contoso.example", display_name="Adele"),)),
        ({"type": "account", "label": "a@contoso.example", "pa": None}, (Account(upn="a@contoso.example"),)),
        ({"type": "account", "label": "Adele", "pa": "user1"}, ()),
        ({"type": "device", "label": "pc-07"}, (Host(name="pc-07"),)),
        ({"type": "ip", "label": "Office", "id": "203.0.113.54"}, (Ip(address="203.0.113.54"),)),
        ({"type": "ip", "label": "127.0.0.1", "id": "127.0.0.1"}, ()),
        ({"type": "service", "label": "Box", "id": 10489}, (CloudApplication(name="Box", app_id="10489"),)),
        ({"type": "policyRule", "label": "Impossible travel", "id": "1"}, ()),
        ({"type": "groupTag", "label": "All users"}, ()),
        ({"type": "country", "label": "NL"}, ()),
        ({"label": "nothing"}, ()),
    ],
)  # fmt: skip
def test_entities_are_read_by_their_type(fields: dict[str, Any], wanted: tuple[AnyEntity, ...]) -> None:
    assert entity(**fields) == wanted


def test_whoever_handled_an_alert_is_no_entity() -> None:
    assert "analyst" not in str(event(NAME).entities)


@pytest.mark.parametrize("alert", ["", "000000000000000000000000", "null"])
def test_an_alert_without_an_id_is_unreadable(alert: str) -> None:
    letter = refused(body(NAME, _id=alert))

    assert (letter.reason, letter.where, letter.source) == ("the alert has no id", "$._id", "defender_for_cloud_apps")
    assert refused({"data": [body(NAME), body(NAME, _id=alert)], "hasNext": False}).where == "$.data[1]._id"


def test_the_list_of_the_api_is_as_many_events_as_it_has_alerts() -> None:
    cases = [one.case for one in events("defender_for_cloud_apps_list")]

    assert cases == ["alert:603f704aaf7417985bbf3b23", "alert:603f704aaf7417985bbf3b24"]


@pytest.mark.parametrize("data", [[], [{"_id": "1"}], [{"severityValue": 1}], ["text"], None])
def test_a_list_of_something_else_is_left_to_others(data: Any) -> None:
    assert refused({"data": data, "hasNext": False}).reason.startswith("no source knows it; its fields: ")


def test_an_activity_is_no_alert_and_has_its_own_case() -> None:
    seen = event(ACTIVITIES)

    assert seen.case == f"object:mdca:{seen.id}:activity"
    assert (seen.kind, seen.severity) == ("EVENT_CATEGORY_DOWNLOAD_FILE", Severity.INFORMATIONAL)
    assert {Account, Ip, CloudApplication} == {type(found) for found in seen.entities}


def test_techniques_stand_in_the_description() -> None:
    assert read(body(NAME, description="(T1087) and (T1087.002)")).techniques == ("T1087", "T1087.002")


def test_a_link_that_is_no_web_address_is_left_out() -> None:
    assert read(body(NAME, URL="javascript:alert(1)")).links == ()
