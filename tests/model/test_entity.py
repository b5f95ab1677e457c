from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from shared.model.entity import (
    ABOUT,
    KINDS,
    RESOURCE_KINDS,
    Account,
    AnyEntity,
    AzureResource,
    Entity,
    FileHash,
    Host,
    Ip,
    KubernetesObject,
    KubernetesType,
    Other,
    VaultObject,
)

SHOP = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg-shop"
VM = f"{SHOP}/providers/Microsoft.Compute/virtualMachines/vm-web-01"
CLASSES: tuple[type[Entity], ...] = AnyEntity.__args__


@pytest.mark.parametrize(
    ("entity", "kinds"),
    [
        (Account(upn="adele.vance@contoso.example"), {"account"}),
        (Host(name="vm-web-01"), {"host"}),
        (Host(azure_id=VM), {"host", "virtual_machine"}),
        (Host(azure_id=f"{SHOP}/providers/Microsoft.HybridCompute/machines/pc-1"), {"host"}),
        (AzureResource(resource_id=VM.upper()), {"azure_resource", "virtual_machine"}),
        (AzureResource(resource_id=f"{SHOP}/providers/Microsoft.Cache/redis/r"), {"azure_resource"}),
        (AzureResource(resource_id=f"{VM}/extensions/agent"), {"azure_resource"}),
        (AzureResource(), {"azure_resource"}),
        (VaultObject(object_type="secret"), {"vault_object", "secret"}),
        (VaultObject(), {"vault_object"}),
    ],
)
def test_a_playbook_selects_an_entity_by_its_kind_and_by_what_it_is(entity: Entity, kinds: set[str]) -> None:
    assert entity.kinds == kinds


def test_a_playbook_may_name_every_kind_that_an_entity_has() -> None:
    entities = [kind() for kind in CLASSES]
    resources = [AzureResource(resource_id=f"{SHOP}/providers/{kind}/x") for kind in RESOURCE_KINDS]
    objects = [VaultObject(object_type=kind) for kind in ("secret", "key", "certificate")]

    pods = [KubernetesObject(object_type=kind) for kind in get_args(KubernetesType)]

    assert {kind for entity in [*entities, *resources, *objects, *pods] for kind in entity.kinds} == KINDS


@pytest.mark.parametrize("kind", CLASSES)
def test_an_entity_survives_the_way_there_and_back_as_what_it_is(kind: type[Entity]) -> None:
    first = next(name for name in kind.__struct_fields__ if name not in {*ABOUT, "object_type"})
    told: dict[str, Any] = {first: "value"}
    entity = kind(role="target", **told)

    again = msgspec.json.decode(msgspec.json.encode(entity), type=AnyEntity)

    assert again == entity
    assert type(again) is kind
    assert entity.label == "value"


def test_what_is_not_known_is_not_written() -> None:
    assert msgspec.to_builtins(Ip(address="203.0.113.54")) == {"kind": "ip", "address": "203.0.113.54"}


def test_the_label_is_the_most_telling_id_and_never_the_role() -> None:
    assert Account(role="attacker", name="adele.vance", sid="S-1-5-18").label == "S-1-5-18"
    assert FileHash(role="target", value="0" * 64, algorithm="sha256").label == "0" * 64
    assert Other(role="target").label == ""
