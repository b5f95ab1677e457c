"""Consumers that want a partition for themselves."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from azure.eventhub.aio import CheckpointStore
from azure.eventhub.exceptions import ConnectionLostError

from azsim.eventhubs import Broker
from tests.azsim.eventhubs.raw_client import until
from tests.azsim.eventhubs.sdk import Received, consumer, receiving

NEVER_TOO_OLD = 4_000_000_000.0

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("address", "sdk")]


async def test_a_higher_owner_level_takes_the_partition_over(broker: Broker) -> None:
    broker.publish("dead-letters", b"first")
    low, high = (consumer(broker, "dead-letters") for _ in range(2))
    async with receiving(low, partition_id="0", owner_level=1) as loser:
        await loser.until(lambda got: got.events)
        async with receiving(high, partition_id="0", owner_level=2) as winner:
            await winner.until(lambda got: got.events)
            await loser.until(lambda got: got.errors)
            broker.publish("dead-letters", b"second")
            await winner.until(lambda got: len(got.events) == 2)
            assert winner.bodies == [b"first", b"second"]
            # Only now: once the winner leaves, the loser comes back.
            assert loser.bodies == [b"first"]
    assert isinstance(loser.errors[0], ConnectionLostError)
    assert "New receiver 'nil' with higher epoch of '2' is created" in str(loser.errors[0])


class MemoryStore(CheckpointStore):
    """Ownership and checkpoints, as the SDK's own store keeps them in Blob storage."""

    def __init__(self) -> None:
        self.owners: dict[str, dict[str, Any]] = {}
        self.checkpoints: dict[str, dict[str, Any]] = {}
        self._versions = 0

    async def list_ownership(self, *_: str, **__: Any) -> Iterable[dict[str, Any]]:
        return [dict(owner) for owner in self.owners.values()]

    async def claim_ownership(self, ownership_list: Iterable[dict[str, Any]], **_: Any) -> Iterable[dict[str, Any]]:
        claimed = []
        for wanted in ownership_list:
            partition = wanted["partition_id"]
            if self.owners.get(partition, {}).get("etag") == wanted.get("etag"):
                self._versions += 1
                self.owners[partition] = wanted | {"etag": str(self._versions), "last_modified_time": NEVER_TOO_OLD}
                claimed.append(dict(self.owners[partition]))
        return claimed

    async def update_checkpoint(self, checkpoint: dict[str, Any], **_: Any) -> None:
        self.checkpoints[checkpoint["partition_id"]] = checkpoint

    async def list_checkpoints(self, *_: str, **__: Any) -> Iterable[dict[str, Any]]:
        return list(self.checkpoints.values())

    def shares(self) -> list[int]:
        """How many partitions each consumer has, sorted."""
        return sorted(Counter(owner["owner_id"] for owner in self.owners.values() if owner["owner_id"]).values())


async def test_two_consumers_share_the_partitions_and_a_third_resumes_at_their_checkpoints(broker: Broker) -> None:
    store = MemoryStore()

    def member() -> AbstractAsyncContextManager[Received]:
        client = consumer(broker, "alerts", checkpoint_store=store, load_balancing_strategy="greedy")
        return receiving(client, checkpoint=True)

    async with member() as one, member() as two:
        await until(lambda: store.shares() == [2, 2])
        for number in range(40):
            broker.publish("alerts", b"%d" % number)
        await until(lambda: len(set(one.bodies + two.bodies)) == 40)
        await until(lambda: len(store.checkpoints) == 4)
    assert {*one.partitions} | {*two.partitions} == {"0", "1", "2", "3"}
    assert sum(checkpoint["sequence_number"] for checkpoint in store.checkpoints.values()) == 4 * 9

    broker.publish("alerts", b"new")
    async with member() as three:
        await three.until(lambda got: got.events)
    assert three.bodies == [b"new"]
