"""The SDK's checkpoint store over simulated blobs, alone and under a consumer of the simulated event hubs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from azsim.clock import Clock
from azsim.eventhubs import Broker
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from azsim.world import World
from shared.wire.clock import SystemClock
from tests.azsim.caller import ACCOUNT, allow_data, azure, make_world, storage_options
from tests.azsim.eventhubs import conftest
from tests.azsim.eventhubs.sdk import Received, consumer, receiving

CONTAINER = "checkpoints"
unhurried_sdk = conftest.sdk
WHERE = ("ns.servicebus.windows.net", "alerts", "$Default")


def with_container(world: World) -> World:
    allow_data(world, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*")
    world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, CONTAINER] = {}
    return world


def store(world: World, container: str = CONTAINER) -> BlobCheckpointStore:
    return BlobCheckpointStore(
        f"{ACCOUNT}.blob.core.windows.net",
        container,
        credential=azure(world).credential,
        **storage_options(world),
    )


@pytest.fixture
def tenant(world: World) -> World:
    return with_container(world)


def place(partition: str, **other: Any) -> dict[str, Any]:
    names = ("fully_qualified_namespace", "eventhub_name", "consumer_group")
    return {**dict(zip(names, WHERE, strict=True)), "partition_id": partition, **other}


def owners(found: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {one["partition_id"]: one["owner_id"] for one in found}


async def test_checkpoints_are_kept_and_read_back(tenant: World) -> None:
    checkpoints = store(tenant)
    assert list(await checkpoints.list_checkpoints(*WHERE)) == []
    for partition, sequence in (("0", 4), ("1", 7), ("0", 5)):
        await checkpoints.update_checkpoint(place(partition, offset=f"1{sequence}", sequence_number=sequence))
    found = {
        one["partition_id"]: (one["offset"], one["sequence_number"])
        for one in await store(tenant).list_checkpoints(*WHERE)
    }
    assert found == {"0": ("15", 5), "1": ("17", 7)}
    assert list(await checkpoints.list_checkpoints("other", *WHERE[1:])) == []


async def test_ownership_is_kept_and_read_back(tenant: World) -> None:
    first = store(tenant)
    claimed = list(await first.claim_ownership([place("0", owner_id="one"), place("1", owner_id="one")]))
    assert owners(claimed) == {"0": "one", "1": "one"}
    listed = list(await store(tenant).list_ownership(*WHERE))
    assert owners(listed) == {"0": "one", "1": "one"}
    assert {one["last_modified_time"] for one in listed} == {tenant.clock.now().timestamp()}


async def test_who_comes_second_does_not_get_the_partition(tenant: World) -> None:
    await store(tenant).claim_ownership([place("0", owner_id="one")])
    assert list(await store(tenant).claim_ownership([place("0", owner_id="two")])) == []
    assert owners(await store(tenant).list_ownership(*WHERE)) == {"0": "one"}


async def test_of_two_who_saw_the_same_owner_one_gets_the_partition(tenant: World) -> None:
    await store(tenant).claim_ownership([place("0", owner_id="gone")])
    (seen,) = await store(tenant).list_ownership(*WHERE)
    claims = [store(tenant).claim_ownership([{**seen, "owner_id": name}]) for name in ("one", "two")]
    got = [list(found) for found in await asyncio.gather(*claims)]
    assert sorted(map(len, got)) == [0, 1]
    winner = (got[0] or got[1])[0]["owner_id"]
    assert owners(await store(tenant).list_ownership(*WHERE)) == {"0": winner}


async def test_an_owner_renews_with_the_etag_of_its_last_claim(tenant: World) -> None:
    owner = store(tenant)
    (claim,) = await owner.claim_ownership([place("0", owner_id="one")])
    await tenant.clock.sleep(10)
    (renewed,) = await owner.claim_ownership([claim])
    assert renewed["etag"] != claim["etag"]
    assert renewed["last_modified_time"] - claim["last_modified_time"] == 10
    assert list(await owner.claim_ownership([claim])) == []


async def test_a_container_that_is_not_there_is_told(tenant: World) -> None:
    with pytest.raises(ResourceNotFoundError):
        await store(tenant, "none").list_ownership(*WHERE)


@pytest.mark.real_time
@pytest.mark.usefixtures("unhurried_sdk")
async def test_a_consumer_goes_on_exactly_where_the_one_before_it_stopped() -> None:
    # The SDK compares the times of ownerships with the machine's clock.
    world = with_container(make_world(clock=Clock(SystemClock().now())))
    broker = Broker({"alerts": 2}, now=world.clock.now, key="bm90IGEgc2VjcmV0")

    def reading() -> AbstractAsyncContextManager[Received]:
        client = consumer(broker, "alerts", checkpoint_store=store(world), load_balancing_strategy="greedy")
        return receiving(client, checkpoint=True)

    def publish(*numbers: int) -> None:
        for number in numbers:
            broker.publish("alerts", b"%d" % number)

    async with broker.serve():
        publish(*range(20))
        async with reading() as first:
            await first.until(lambda got: len(got.events) >= 20)
        publish(*range(20, 30))
        async with reading() as second:
            await second.until(lambda got: len(got.events) >= 10)

    assert sorted(map(int, first.bodies)) == list(range(20))
    assert sorted(map(int, second.bodies)) == list(range(20, 30))
    assert first.errors == second.errors == []
    checkpoints = {
        name.rpartition("/checkpoint/")[2]: metadata["sequencenumber"]
        for name, (_, metadata) in world.state(Blobs).snapshot().items()
        if "/checkpoint/" in name
    }
    assert checkpoints == {"0": "14", "1": "14"}
