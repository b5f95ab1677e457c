from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.model.event import Event
from tests.sources.bodies import read, refused
from tests.sources.goldens import events, names

SECRET = "s3cr3t-of-the-subscription"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
ALERT = "caa1b2c3"


def note(resource: Any = f"security/alerts_v2/{ALERT}", **changes: Any) -> dict[str, Any]:
    return {
        "subscriptionId": "b1f2e3d4-c5a6-4978-8b6a-5c4d3e2f1a0b",
        "clientState": SECRET,
        "changeType": "created",
        "resource": resource,
        "tenantId": TENANT,
        **changes,
    }


def data(kind: str, given: str) -> dict[str, Any]:
    return {"@odata.type": kind, "@odata.id": None, "id": given}


def own(event: Event) -> bool:
    """Whether an event is a case by itself."""
    return event.case.startswith("record:graph_notification:")


@pytest.mark.parametrize("name", names("graph_notification_"))
def test_no_field_of_an_event_has_the_secret_of_the_subscription(name: str) -> None:
    for event in events(name):
        assert SECRET not in msgspec.json.encode(replace(event, raw={})).decode()
        assert event.entities == ()


@pytest.mark.parametrize(
    ("resource", "inside", "case"),
    [
        (f"security/alerts_v2/{ALERT}", None, "alert:caa1b2c3"),
        (f"/Security/Alerts_V2('{ALERT.upper()}')", None, "alert:caa1b2c3"),
        (f"https://graph.microsoft.com/v1.0/security/alerts_v2/{ALERT}?$select=id", None, "alert:caa1b2c3"),
        (f"security/alerts/{ALERT}", None, "alert:caa1b2c3"),
        ("security/incidents/2088", None, "incident:xdr:2088"),
        ("security/alerts_v2", data("#Microsoft.Graph.Security.Alert", ALERT), "alert:caa1b2c3"),
        ("security/incidents", data("#microsoft.graph.security.incident", "2088"), "incident:xdr:2088"),
        (f"security/alerts_v2/{ALERT}", data("#microsoft.graph.security.alert", ALERT.upper()), "alert:caa1b2c3"),
    ],
)
def test_what_points_to_an_alert_or_an_incident_is_of_its_case(resource: str, inside: Any, case: str) -> None:
    assert read(note(resource, resourceData=inside)).case == case


@pytest.mark.parametrize(
    ("resource", "inside"),
    [
        ("security/alerts_v2", None),
        ("users/adele/messages/1", data("#Microsoft.Graph.Message", "1")),
        ("communications/onlineMeetings/alerts_v2/1", None),
        ("security/alerts_v2/String (identifier)/x", data("#microsoft.graph.security.alert", "ca2")),
        (f"security/alerts_v2/{ALERT}", data("#microsoft.graph.security.alert", "ca2")),
        (f"security/alerts_v2/{ALERT}", data("#microsoft.graph.security.incident", "2088")),
        ("security/alerts_v2/00000000-0000-0000-0000-000000000000", None),
    ],
)
def test_what_points_to_something_else_or_to_two_things_is_a_case_by_itself(resource: str, inside: Any) -> None:
    assert own(read(note(resource, resourceData=inside)))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "created security.alert"),
        ({"changeType": "Updated", "resource": "security/incidents/7"}, "updated security.incident"),
        ({"resource": "users/1", "resourceData": data("#Microsoft.Graph.User", "1")}, "created user"),
        ({"resource": "chats('1')", "resourceData": data("#microsoft.graph.chat", "1")}, "created chat"),
        ({"resource": "me/drive/root", "resourceData": None}, "created"),
    ],
)
def test_the_kind_says_what_happened_to_what(changes: dict[str, Any], kind: str) -> None:
    assert read(note(**changes)).kind == kind


@pytest.mark.parametrize("word", ["reauthorizationRequired", "subscriptionRemoved", "missed"])
def test_what_became_of_the_subscription_is_a_kind_of_its_own(word: str) -> None:
    found = read(note("security/alerts_v2", changeType=None, lifecycleEvent=word.upper()))

    assert (found.kind, found.tenant, own(found)) == (word, TENANT, True)


def test_a_test_message_says_nothing_else() -> None:
    values = dict.fromkeys(("subscriptionId", "resource", "clientState", "tenantId"), "NA")
    test = note(
        **values, changeType="Validation: Testing client application reachability", resourceData=data("NA", "NA")
    )
    found = read({"value": [test]})

    assert (found.kind, found.id, found.tenant, found.entities, own(found)) == ("validation", "", "", (), True)


def test_a_copy_with_other_names_reads_the_same() -> None:
    copy = {name[0].upper() + name[1:]: value for name, value in note(changeType="CREATED").items()}
    blank = {"raw": {}, "digest": ""}

    assert replace(read(copy), **blank) == replace(read({"value": [note()]}), **blank)


def test_the_subscription_is_none_of_azures() -> None:
    assert read(note()).subscription == ""


@pytest.mark.parametrize("changes", [{"changeType": ""}, {"changeType": None, "lifecycleEvent": " "}])
def test_a_notification_that_says_nothing_is_unreadable(changes: dict[str, Any]) -> None:
    letter = refused({"value": [note(**changes)]})

    assert letter.reason == "the notification says neither what changed nor what became of the subscription"
    assert (letter.where, letter.source) == ("$.value[0].changeType", "graph_notification")


@pytest.mark.parametrize(
    ("kind", "inside", "wanted"),
    [
        (
            "Microsoft.Graph.AlertCreated",
            {"changeType": "created", "resourceData": {"id": ALERT}},
            "created security.alert",
        ),
        ("Microsoft.Graph.UserUpdated", {"changeType": "updated", "resourceData": {"id": "1"}}, "updated"),
        ("Microsoft.Graph.UserDeleted", {"resource": "Users/1"}, "UserDeleted"),
        ("Microsoft.Graph.SubscriptionReauthorizationRequired", {"clientState": SECRET}, "reauthorizationRequired"),
    ],
)
def test_an_event_of_a_partner_topic_is_read_like_a_notification(kind: str, inside: Any, wanted: str) -> None:
    given = {
        "specversion": "1.0",
        "id": "e-1",
        "source": f"/tenants/{TENANT}/applications/x",
        "time": "2026-03-02T08:57:31Z",
    }
    found = read([{**given, "type": kind, "data": inside}])

    assert (found.source, found.id, found.kind, found.time) == (
        "graph_notification",
        "e-1",
        wanted,
        "2026-03-02T08:57:31Z",
    )
    assert found.case == "alert:caa1b2c3" or own(found)
