"""The two directions of a link (sections 2.6 and 2.7 of AMQP 1.0), without the frames."""

from dataclasses import dataclass, field

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.nodes import Feed, Sink
from azsim.eventhubs.performatives import Flow, Transfer
from azsim.eventhubs.values import UInt

# Of a sender. It is renewed when half is used, so that a sender never has to wait for it.
FULL_CREDIT = 300


@dataclass(slots=True)
class Delivery:
    """A message on its way in: the fields of its first transfer, and the payload so far."""

    delivery_id: UInt
    message_format: int
    settled: bool
    size: int = 0
    parts: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class IncomingLink:
    """A link on which the client sends.

    Attributes:
        handle: the link's number in its session.
        sink: takes the messages.
        max_message_size: in octets.
        delivery_count: the messages so far.
        credit: how many more the client may send.
    """

    handle: UInt
    sink: Sink
    max_message_size: int
    delivery_count: int = 0
    credit: int = FULL_CREDIT
    _delivery: Delivery | None = None

    def add(self, transfer: Transfer, payload: bytes) -> Delivery | None:
        """Take in one frame; the delivery, if it was the last of one.

        Raises:
            AmqpError: `amqp:not-allowed`, if the first frame of a delivery has no delivery-id.
        """
        delivery = self._delivery
        if delivery is None:
            if transfer.delivery_id is None:
                raise AmqpError(Condition.NOT_ALLOWED, "the first transfer of a delivery has no delivery-id")
            delivery = Delivery(transfer.delivery_id, transfer.message_format or 0, bool(transfer.settled))
        delivery.size += len(payload)
        # What is too large is counted for the error message, but not kept.
        if delivery.size <= self.max_message_size:
            delivery.parts.append(payload)
        ended = transfer.aborted or not transfer.more
        self._delivery = None if ended else delivery
        if ended:
            self.delivery_count += 1
            self.credit -= 1
        return delivery if ended and not transfer.aborted else None

    def accept(self, delivery: Delivery) -> AmqpError | None:
        """Hand a delivery on; the reason, if it is rejected."""
        if delivery.size > self.max_message_size:
            return AmqpError(
                Condition.MESSAGE_SIZE_EXCEEDED,
                f"The received message (delivery-id:{delivery.delivery_id}, size:{delivery.size} bytes) exceeds the "
                f"limit ({self.max_message_size} bytes) currently allowed on the link.",
            )
        try:
            self.sink(delivery.message_format, b"".join(delivery.parts))
        except AmqpError as error:
            return error
        return None

    def replenish(self) -> bool:
        """Renew the credit if half of it is used; whether it was."""
        if self.credit > FULL_CREDIT // 2:
            return False
        self.credit = FULL_CREDIT
        return True


@dataclass(slots=True)
class OutgoingLink:
    """A link on which the client receives.

    Attributes:
        handle: the link's number in its session.
        feed: gives the messages.
        delivery_count: the messages so far.
        credit: how many more the client wants.
        drain: whether the client wants unused credit back (section 2.6.7).
        delivery_id: of the message under way.
        rest: what is still to be sent of it; empty between messages.
    """

    handle: UInt
    feed: Feed
    delivery_count: int = 0
    credit: int = 0
    drain: bool = False
    delivery_id: UInt = field(default_factory=UInt)
    rest: bytes = b""

    def update(self, flow: Flow) -> None:
        """Take over what the client says about the link."""
        # Section 2.6.7: what the client had not seen when it wrote this has used its credit already.
        under_way = (self.delivery_count - (flow.delivery_count or 0)) & 0xFFFFFFFF
        self.credit = max(0, (flow.link_credit or 0) - under_way)
        self.drain = bool(flow.drain)

    def next(self, delivery_id: int) -> bool:
        """Begin the next message, if there is one and the client wants it; whether it did."""
        message = self.feed.take() if self.credit > 0 else None
        if message is None:
            return False
        self.rest, self.delivery_id = message, UInt(delivery_id)
        self.delivery_count += 1
        self.credit -= 1
        return True

    def give_back(self) -> bool:
        """Use up the credit of a client that drains; whether there was any."""
        if not self.drain or self.credit <= 0:
            return False
        self.delivery_count += self.credit
        self.credit = 0
        return True
