"""Sessions and the frames of their links: sections 2.5 and 2.6 of AMQP 1.0."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

from azsim.eventhubs.composites import ACCEPTED, address_of, described, filters_of, rejected
from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.frames import HEADER_SIZE, frame
from azsim.eventhubs.links import Delivery, IncomingLink, OutgoingLink
from azsim.eventhubs.namespace import path_of
from azsim.eventhubs.nodes import Mailbox, Nodes
from azsim.eventhubs.performatives import Attach, Begin, Detach, Disposition, Flow, Performative, Transfer
from azsim.eventhubs.values import UByte, UInt, ULong, UShort

# The broker takes whatever the links' credit allows; the client's own window is respected.
_WINDOW = UInt(2**31 - 1)
_U32 = 0xFFFFFFFF
_SENDER_SETTLES = UByte(1)
# No transfer that is written here takes more octets than this, payload apart.
_TRANSFER_SIZE = 64


class Session:
    """One session of a connection.

    Args:
        channel: its number, the same in both directions.
        begin: the client's.
        nodes: what links can be attached to.
        max_frame_size: of frames to the client, in octets.
        max_message_size: of messages from the client, in octets.
        send: writes the octets of a frame.
        wake: is called when `send_some` may have something to do.
    """

    def __init__(
        self,
        channel: int,
        begin: Begin,
        nodes: Nodes,
        *,
        max_frame_size: int,
        max_message_size: int,
        send: Callable[[bytes], None],
        wake: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._nodes = nodes
        self._room = max_frame_size - HEADER_SIZE - _TRANSFER_SIZE
        self._max_message_size = max_message_size
        self._write = send
        self._wake = wake
        self._links: dict[int, IncomingLink | OutgoingLink] = {}
        # Handles that the broker detached and the client has not yet: what it sent before it knew is ignored.
        self._leaving: set[int] = set()
        self._mailboxes: defaultdict[str, Mailbox] = defaultdict(partial(Mailbox, wake))
        self._next_incoming_id = int(begin.next_outgoing_id)
        self._next_outgoing_id = 0
        self._next_delivery_id = 0
        self._window = int(begin.incoming_window)
        self._send(Begin(UShort(channel), UInt(0), _WINDOW, _WINDOW, UInt(_U32)))

    def handle(self, performative: Performative, payload: bytes) -> None:
        """Do what a frame from the client says.

        Raises:
            AmqpError: the frame is not allowed here, which ends the connection.
        """
        match performative:
            case Attach():
                self._attach(performative)
            case Flow():
                self._flow(performative)
            case Transfer():
                self._transfer(performative, payload)
            case Detach():
                self._detach(performative)
            case Disposition():
                pass  # All messages are sent settled, so there is nothing for the client to settle.
            case _:
                name = type(performative).__name__.lower()
                raise AmqpError(Condition.NOT_ALLOWED, f"{name} is not expected within a session")

    def close(self) -> None:
        """Give up all links."""
        for handle in list(self._links):
            self._drop(handle)

    def send_some(self) -> bool:
        """Send one message, or a part of it, on each link that wants and has one; whether there was any."""
        links = [link for link in self._links.values() if isinstance(link, OutgoingLink)]
        return sum(map(self._send_on, links)) > 0

    def _send(self, performative: Performative, payload: bytes = b"") -> None:
        self._write(frame(performative, channel=self._channel, payload=payload))

    def _attach(self, attach: Attach) -> None:
        if attach.handle in self._links:
            raise AmqpError(Condition.HANDLE_IN_USE, f"handle {attach.handle} is in use")
        self._leaving.discard(attach.handle)
        role = not attach.role
        try:
            link = self._outgoing(attach) if attach.role else self._incoming(attach)
        except AmqpError as error:
            # Section 2.6.3: a refused link is attached without source and target, and detached with the reason.
            self._send(Attach(attach.name, attach.handle, role))
            self._expel(attach.handle, error)
            return
        self._links[attach.handle] = link
        reply = attach._replace(role=role, unsettled=None, incomplete_unsettled=None, desired_capabilities=None)
        if isinstance(link, OutgoingLink):
            self._send(reply._replace(snd_settle_mode=_SENDER_SETTLES, initial_delivery_count=UInt(0)))
        else:
            limit = ULong(self._max_message_size)
            self._send(reply._replace(initial_delivery_count=None, max_message_size=limit))
            self._send_flow(link)

    def _incoming(self, attach: Attach) -> IncomingLink:
        path = path_of(address_of(attach.target))
        answer = self._nodes.answerer(path)
        sink = partial(self._mailboxes[path].request, answer) if answer else self._nodes.publisher(path)
        return IncomingLink(attach.handle, sink, self._max_message_size, int(attach.initial_delivery_count or 0))

    def _outgoing(self, attach: Attach) -> OutgoingLink:
        path = path_of(address_of(attach.source))
        if self._nodes.answerer(path):
            return OutgoingLink(attach.handle, self._mailboxes[path])
        reader = self._nodes.reader(
            path,
            filters=filters_of(attach.source),
            properties=attach.properties or {},
            wake=self._wake,
            cut=partial(self._expel, attach.handle),
        )
        return OutgoingLink(attach.handle, reader)

    def _link(self, handle: int) -> IncomingLink | OutgoingLink | None:
        """The link of a handle, or None if it is being detached.

        Raises:
            AmqpError: `amqp:session:unattached-handle`.
        """
        if handle not in self._links and handle not in self._leaving:
            raise AmqpError(Condition.UNATTACHED_HANDLE, f"handle {handle} is not attached")
        return self._links.get(handle)

    def _flow(self, flow: Flow) -> None:
        # Section 2.5.6: what the client had not seen when it wrote this takes its place in the window already.
        under_way = (self._next_outgoing_id - (flow.next_incoming_id or 0)) & _U32
        self._window = max(0, flow.incoming_window - under_way)
        link = None if flow.handle is None else self._link(flow.handle)
        if isinstance(link, OutgoingLink):
            link.update(flow)
        if flow.echo:
            self._send_flow(link)
        self._wake()

    def _transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming_id = (self._next_incoming_id + 1) & _U32
        link = self._link(transfer.handle)
        if isinstance(link, OutgoingLink):
            raise AmqpError(Condition.NOT_ALLOWED, "a transfer came on a link to the client")
        delivery = link.add(transfer, payload) if link else None
        if link is None or delivery is None:
            return
        self._settle(link, delivery, link.accept(delivery))
        if link.replenish():
            self._send_flow(link)

    def _settle(self, link: IncomingLink, delivery: Delivery, error: AmqpError | None) -> None:
        if not delivery.settled:
            state = ACCEPTED if error is None else rejected(error)
            self._send(Disposition(role=True, first=delivery.delivery_id, settled=True, state=state))
        elif error is not None:
            # There is no other way to tell a client that does not wait for the outcome.
            self._expel(link.handle, error)

    def _detach(self, detach: Detach) -> None:
        if self._link(detach.handle) is not None:
            self._drop(detach.handle)
            self._send(Detach(detach.handle, detach.closed))
        self._leaving.discard(detach.handle)

    def _expel(self, handle: UInt, error: AmqpError) -> None:
        self._drop(handle)
        self._leaving.add(handle)
        self._send(Detach(handle, closed=True, error=described(error)))

    def _drop(self, handle: int) -> None:
        link = self._links.pop(handle, None)
        if isinstance(link, OutgoingLink):
            link.feed.close()

    def _send_flow(self, link: IncomingLink | OutgoingLink | None) -> None:
        flow = Flow(UInt(self._next_incoming_id), _WINDOW, UInt(self._next_outgoing_id), _WINDOW)
        if link is not None:
            count, credit = UInt(link.delivery_count & _U32), UInt(link.credit)
            flow = flow._replace(handle=link.handle, delivery_count=count, link_credit=credit)
        self._send(flow)

    def _send_on(self, link: OutgoingLink) -> bool:
        if not link.rest:
            if not link.next(self._next_delivery_id):
                if link.give_back():
                    self._send_flow(link)
                return False
            self._next_delivery_id = (self._next_delivery_id + 1) & _U32
        sent = False
        while link.rest and self._window > 0:
            self._send_part(link)
            sent = True
        return sent

    def _send_part(self, link: OutgoingLink) -> None:
        tag = link.delivery_id.to_bytes(4, "big")
        part, link.rest = link.rest[: self._room], link.rest[self._room :]
        more = bool(link.rest)
        self._send(Transfer(link.handle, link.delivery_id, tag, UInt(0), settled=True, more=more), part)
        self._next_outgoing_id = (self._next_outgoing_id + 1) & _U32
        self._window -= 1
