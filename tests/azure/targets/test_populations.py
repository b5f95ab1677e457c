"""How many there are of each kind of target, counted with the permissions that are declared for it."""

from __future__ import annotations

import pytest

from azsim import arm
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.target import TargetKind
from shared.azure.targets.network_interface import NETWORK_INTERFACE
from shared.azure.targets.secret import SECRET
from shared.azure.targets.user import USER
from shared.engine.sdk import in_our_words
from shared.kinds.responder import all_responders
from shared.model.entity import Account, AnyEntity, AzureResource, VaultObject
from shared.model.errors import Forbidden
from shared.model.resource_id import ResourceId
from shared.model.target import Target
from tests import lab
from tests.lab import ENGINE, Lab

CASES: list[tuple[TargetKind[Target], AnyEntity]] = [
    (NETWORK_INTERFACE, AzureResource(resource_id=contoso.WEB_VM)),  # type: ignore[list-item]
    (USER, Account(upn="adele.vance@contoso.example")),  # type: ignore[list-item]
    (SECRET, VaultObject(vault_id=contoso.VAULT, name=contoso.SECRET, object_type="secret")),  # type: ignore[list-item]
]
IDS = ["network interface", "user", "secret"]


def more(world: World, kind: str, number: int) -> None:
    """Many more of a kind."""
    for each in range(number):
        if kind == "user":
            world.state(Directory).add({"id": f"{each:08}-0000-4000-8000-000000000000"})
        elif kind == "secret":
            world.state(Vaults).add(host(), f"another-{each}", Version(f"{each:032}", "x", None, {}, {"enabled": True}))
        else:
            arm.put(world, f"{contoso.NETWORK}/networkInterfaces/another-{each}", {"location": "westeurope"})


def host() -> str:
    return f"{ResourceId(contoso.VAULT).name}.vault.azure.net"


async def counted(made: Lab, kind: TargetKind[Target], entity: AnyEntity) -> int:
    population = kind.population
    assert population is not None
    target, *_ = await kind.resolve(entity, made.app.azure(kind.permissions, []))
    return await in_our_words(population.count(target, made.app.azure(population.permissions, [])), wrote=False)


@pytest.mark.parametrize(("kind", "entity"), CASES, ids=IDS)
async def test_it_counts_all_of_them_however_many_pages_they_come_in(
    kind: TargetKind[Target], entity: AnyEntity, request: pytest.FixtureRequest
) -> None:
    made = lab.make()
    first = await counted(made, kind, entity)

    more(made.world, request.node.callspec.id, 60)

    assert first > 0
    assert await counted(made, kind, entity) == first + 60


@pytest.mark.parametrize(("kind", "entity"), CASES, ids=IDS)
async def test_it_takes_the_permissions_that_are_declared_and_needs_each(
    kind: TargetKind[Target], entity: AnyEntity
) -> None:
    population = kind.population
    assert population is not None
    made = lab.make(granted=(*ENGINE, *kind.permissions, *population.permissions))
    assert await counted(made, kind, entity) > 0

    made = lab.make()
    target, *_ = await kind.resolve(entity, made.app.azure(kind.permissions, []))
    less = lab.make(granted=ENGINE)
    with pytest.raises(Forbidden):
        await in_our_words(population.count(target, less.app.azure(population.permissions, [])), wrote=False)


def test_every_responder_there_is_can_be_limited_in_per_cent() -> None:
    assert [name for name, each in all_responders().items() if each.target.population is None] == []


@pytest.mark.parametrize(("kind", "entity"), CASES, ids=IDS)
async def test_it_says_in_words_of_what_a_target_is_one(kind: TargetKind[Target], entity: AnyEntity) -> None:
    made = lab.make()
    assert kind.population is not None
    target, *_ = await kind.resolve(entity, made.app.azure(kind.permissions, []))

    assert kind.population.of(target) in (
        f"network interfaces of subscription {ResourceId(contoso.SUBSCRIPTION).subscription}",
        "users of the tenant",
        f"secrets of https://{host()}",
    )
