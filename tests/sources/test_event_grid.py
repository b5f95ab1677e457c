from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared.model.entity import AzureResource
from tests.sources.bodies import body, read, refused
from tests.sources.goldens import event, events

VALIDATION = "event_grid_validation"
DELETED = "event_grid_subscription_deleted_cloudevent"
CLUSTER = "event_grid_cluster_version"
RESOURCES = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop/providers"
AKS = f"{RESOURCES}/Microsoft.ContainerService/managedClusters/aks-shop"
VM = f"{RESOURCES}/Microsoft.Compute/virtualMachines/vm-web-01"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (VALIDATION, "Microsoft.EventGrid.SubscriptionValidationEvent"),
        (DELETED, "Microsoft.EventGrid.SubscriptionDeletedEvent"),
    ],
)
def test_a_handshake_is_told_by_its_kind_and_speaks_of_nothing(name: str, kind: str) -> None:
    found = event(name)

    assert (found.source, found.kind, found.title, found.entities) == ("event_grid", kind, kind, ())


def test_the_code_and_the_address_of_a_handshake_are_nowhere_in_the_event() -> None:
    said = body(VALIDATION)["data"]
    written = msgspec.json.encode(msgspec.structs.replace(event(VALIDATION), raw={})).decode()

    assert said["validationCode"] not in written
    assert said["validationUrl"] not in written
    assert "validate" not in written


def test_an_event_of_an_unknown_type_speaks_of_the_resource_it_comes_from() -> None:
    found = event(CLUSTER)

    assert found.entities == (AzureResource(resource_id=AKS),)
    assert (found.kind, found.severity) == ("Microsoft.ContainerService.NewKubernetesVersionAvailable", None)


def test_a_subject_that_is_a_resource_is_named_too() -> None:
    assert read(body(CLUSTER, subject=VM)).entities == tuple(AzureResource(resource_id=place) for place in (AKS, VM))


@pytest.mark.parametrize("place", ["urn:contoso:shop", "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31", 17, ""])
def test_what_is_no_resource_is_no_entity(place: Any) -> None:
    assert read(body(CLUSTER, topic=place)).entities == ()


def test_events_of_our_own_making_are_taken_in_every_version() -> None:
    first, second = events("event_grid_custom_odd")

    assert (first.kind, first.time, first.entities) == ("Contoso.Shop.OrderRefused", "", ())
    assert (second.kind, second.entities) == ("com.contoso.shop.login", (AzureResource(resource_id=VM),))


@pytest.mark.parametrize(
    "changes",
    [{"specversion": "1.0", "eventType": None, "type": "Contoso.Order"}, {"cloudEventsVersion": "0.1", "source": AKS}],
)
def test_mixtures_of_the_schemas_are_read_too(changes: dict[str, Any]) -> None:
    assert read(body(CLUSTER, **changes)).entities == (AzureResource(resource_id=AKS),)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("keyvault_access_policy_changed", "key_vault"),
        ("azure_policy_changed_cloudevent", "azure_policy"),
        ("resource_manager_lock_deleted_cloudevent", "resource_manager"),
        ("storage_events_renamed_cloudevent_01", "storage_events"),
    ],
)
def test_what_another_source_knows_is_left_to_it(name: str, source: str) -> None:
    assert event(name).source == source


@pytest.mark.parametrize("name", ["eventType", "eventTime", "subject"])
def test_what_lacks_a_part_of_the_envelope_is_no_event(name: str) -> None:
    assert refused(body(CLUSTER, **{name: None})).reason.startswith("no source knows it; its fields: ")


def test_events_with_one_id_about_different_subjects_are_cases_of_their_own() -> None:
    assert read(body(CLUSTER, subject="aks-test")).case != event(CLUSTER).case
    assert read(body(CLUSTER, eventTime="2026-03-02T10:16:09Z")).case == event(CLUSTER).case


@pytest.mark.parametrize("kind", ["null", "", True, {"name": "Contoso.Order"}])
def test_an_event_without_a_type_is_unreadable(kind: Any) -> None:
    letter = refused([body(CLUSTER, eventType=kind)])

    assert (letter.reason, letter.where) == ("the event does not say of what type it is", "$[0].type")
