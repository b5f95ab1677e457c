"""The consumers of a partition: who may read it, and how far each has come."""

from collections.abc import Callable
from dataclasses import dataclass

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.partition import Partition

# Azure's limit, for consumers without an epoch; one with an epoch is alone anyway.
MAX_READERS = 5


@dataclass(eq=False, slots=True)
class Reader:
    """A consumer of one partition.

    Attributes:
        partition: what it reads.
        group: its consumer group, lower case.
        epoch: its owner level, if it wants the partition for itself.
        position: the index of the next event.
        wake: is called when there are events to take.
        cut: is called when another consumer takes its place.
    """

    partition: Partition
    group: str
    epoch: int | None
    position: int
    wake: Callable[[], None]
    cut: Callable[[AmqpError], None]

    def open(self) -> None:
        """Take a place among the readers of the partition.

        Within a consumer group an epoch cuts off the readers without one and those with a lower or the same one.

        Raises:
            AmqpError: `amqp:link:stolen`, if a reader with a higher epoch is there, or any epoch and this one has
                none; `amqp:resource-limit-exceeded`, if there are five already.
        """
        peers = [reader for reader in self.partition.readers if reader.group == self.group]
        highest = max((reader.epoch for reader in peers if reader.epoch is not None), default=None)
        if self.epoch is not None:
            self._displace(peers, self.epoch, highest)
        elif highest is not None:
            raise AmqpError(
                Condition.LINK_STOLEN,
                f"At least one receiver for the endpoint is created with epoch of '{highest}', and so non-epoch "
                "receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch receivers are "
                "closed or disconnected.",
            )
        elif len(peers) >= MAX_READERS:
            raise AmqpError(
                Condition.RESOURCE_LIMIT_EXCEEDED,
                "Exceeded the maximum number of allowed receivers per partition in a consumer group which is "
                f"{MAX_READERS}. List of connected receivers - {', '.join(['nil'] * len(peers))}.",
            )
        self.partition.readers.append(self)

    def _displace(self, peers: list["Reader"], epoch: int, highest: int | None) -> None:
        if highest is not None and epoch < highest:
            raise AmqpError(
                Condition.LINK_STOLEN,
                f"Receiver 'nil' with a higher epoch '{highest}' already exists. Receiver 'nil' with epoch {epoch} "
                "cannot be created. Make sure you are creating receiver with increasing epoch value to ensure "
                "connectivity, or ensure all old epoch receivers are closed or disconnected.",
            )
        for peer in peers:
            peer.cut(
                AmqpError(
                    Condition.LINK_STOLEN,
                    f"New receiver 'nil' with higher epoch of '{epoch}' is created hence current receiver 'nil' with "
                    f"epoch '{peer.epoch}' is getting disconnected. If you are recreating the receiver, make sure a "
                    "higher epoch is used.",
                )
            )

    def take(self) -> bytes | None:
        """The next event, or None while there is none."""
        if self.position >= len(self.partition.events):
            return None
        self.position += 1
        return self.partition.events[self.position - 1].octets

    def close(self) -> None:
        """Leave the partition."""
        self.partition.readers.remove(self)
