from __future__ import annotations

import json
from typing import Any

import pytest

from shared.model.entity import AzureResource
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event

CREATED = "azure_policy_created"
CHANGED = "azure_policy_changed_cloudevent"
SUBSCRIPTION = "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31"
STORAGE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-shop/providers/Microsoft.Storage/storageAccounts/stcontososhop"
)


def with_data(**changes: Any) -> dict[str, Any]:
    given = body(CREATED)
    return {**given, "data": {**given["data"], **changes}}


def test_the_resource_is_named_and_the_assignment_is_not() -> None:
    assert event(CREATED).entities == event(CHANGED).entities == (AzureResource(resource_id=STORAGE),)


def test_the_state_is_the_status_and_its_own_time_counts() -> None:
    found = event(CREATED)

    assert (found.status, found.severity, found.time) == ("NonCompliant", None, "2026-03-02T10:00:00.4496956Z")
    assert read(with_data(timestamp=None)).time == "2026-03-02T10:00:03.5241536Z"


def test_states_that_share_an_id_are_cases_of_their_own() -> None:
    created, changed = event(CREATED), event(CHANGED)

    assert created.id == changed.id
    assert created.case != changed.case
    assert created.case != read(with_data(timestamp="2026-03-02T10:30:00Z")).case


def test_an_event_that_comes_twice_is_one_case() -> None:
    assert read(body(CREATED, eventTime="2026-03-02T10:00:09Z")).case == event(CREATED).case


def test_a_management_group_as_the_source_tells_the_tenant() -> None:
    assert event(CHANGED).tenant == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
    assert read(body(CHANGED, source="/tenants/<tenant>/providers/Microsoft.Management")).tenant == ""
    assert read(body(CHANGED, source="/tenants/")).tenant == ""


@pytest.mark.parametrize(
    ("said", "subject", "topic", "wanted"),
    [
        (SUBSCRIPTION.upper(), "", "", SUBSCRIPTION),
        ("<subscription-id>", STORAGE, "", SUBSCRIPTION),
        (None, "", f"/subscriptions/{SUBSCRIPTION}", SUBSCRIPTION),
        ("", "/subscriptions/<SubscriptionID>/resourceGroups/rg", "/subscriptions/<SubscriptionID>", ""),
    ],
)
def test_the_subscription_is_where_it_is_certain(said: Any, subject: str, topic: str, wanted: str) -> None:
    assert read({**with_data(subscriptionId=said), "subject": subject, "topic": topic}).subscription == wanted


@pytest.mark.parametrize("subject", [None, "", f"/subscriptions/{SUBSCRIPTION}", STORAGE.rpartition("/providers")[0]])
def test_what_is_no_resource_is_no_entity(subject: Any) -> None:
    assert read(body(CREATED, subject=subject)).entities == ()


def test_data_may_be_written_as_text() -> None:
    assert read(body(CREATED, data=json.dumps(body(CREATED)["data"]))).case == event(CREATED).case


def test_an_event_that_says_nothing_is_unreadable() -> None:
    letter = refused([body(CREATED, data=None)])

    assert (letter.reason, letter.where, letter.source) == ("the event says nothing", "$[0].data", "azure_policy")
