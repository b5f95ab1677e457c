"""Event hubs: which partition an event goes to."""

from datetime import datetime

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.message import unpack
from azsim.eventhubs.partition import Partition, Stored
from azsim.eventhubs.partition_key import partition_of


class Hub:
    """An event hub.

    Attributes:
        name: as it was given.
        created: when.
        partitions: by index, which is their id.
    """

    def __init__(self, name: str, partitions: int, created: datetime) -> None:
        if partitions < 1:
            raise ValueError(f"event hub {name} needs a partition")
        self.name = name
        self.created = created
        self.partitions = [Partition(str(index)) for index in range(partitions)]
        self._turn = 0

    def partition(self, partition_id: str) -> Partition:
        """The partition of that id.

        Raises:
            AmqpError: `com.microsoft:argument-out-of-range`, if there is none.
        """
        for partition in self.partitions:
            if partition.id == partition_id:
                return partition
        raise AmqpError(
            Condition.ARGUMENT_OUT_OF_RANGE,
            "The specified partition is invalid for an EventHub partition sender or receiver. "
            f"It should be between 0 and {len(self.partitions) - 1}.",
        )

    def publish(
        self, octets: bytes, now: datetime, *, message_format: int = 0, partition: Partition | None = None
    ) -> list[Stored]:
        """Store the events of one transfer, all of them in one partition.

        Args:
            octets: the message.
            now: the time they are accepted.
            message_format: of the transfer; tells a batch from a single event.
            partition: the one to use; without it the partition key decides, and without that it is their turn.

        Raises:
            AmqpError: `amqp:decode-error`, if one of them is malformed; then none is stored.
        """
        events = unpack(message_format, octets)
        keys = [event.partition_key for event in events]
        chosen = partition or self._choose(keys[0] if keys else None)
        return [chosen.append(event, now) for event in events]

    def _choose(self, key: str | None) -> Partition:
        if key:
            return self.partitions[partition_of(key, len(self.partitions))]
        self._turn += 1
        return self.partitions[(self._turn - 1) % len(self.partitions)]
