"""Records and dead letters on their way out: stored first, then delivered, then forgotten.

What cannot be delivered now stays, and the sweep tries again. An outage of Log Analytics or of the dead-letter hub
loses nothing and holds up no containment.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from shared.azure.table import Row
from shared.engine.app import App
from shared.engine.read import DeadLetter
from shared.model import ids
from shared.model.dead_letter import Letter
from shared.model.delivery import Delivery
from shared.model.errors import AzureError, Changed
from shared.model.record import Record

log = logging.getLogger(__name__)

IN_MESSAGE = 180_000
"""Bytes of a body that still go into a dead letter itself; an event hub of any tier takes that much in base64."""

PACKET = 400
"""Records in one packet."""

PACKET_LETTERS = 2
"""Dead letters in one packet: with their bodies they stay below a row's limit."""


class Packet(Struct, frozen=True, omit_defaults=True):
    """What belongs to no case: records of events that ended without a step, and dead letters."""

    records: tuple[Record, ...] = ()
    letters: tuple[Letter, ...] = ()


async def post(records: Sequence[Record], letters: Sequence[Letter], app: App) -> None:
    """Store records and dead letters, and deliver them if that works now.

    Raises:
        AzureError: If they cannot be stored: then the delivery they came from must not count as handled.
    """
    packets = [Packet(records=tuple(records[i : i + PACKET])) for i in range(0, len(records), PACKET)]
    packets += [Packet(letters=tuple(letters[i : i + PACKET_LETTERS])) for i in range(0, len(letters), PACKET_LETTERS)]
    for packet in packets:
        row = await _stored(packet, app)
        if row is not None:
            await _delivered(packet, row, app)


async def post_stored(app: App) -> None:
    """Deliver the packets that are still there."""
    for content, row in await app.ledger.packets():
        await _delivered(msgspec.json.decode(gzip.decompress(content), type=Packet), row, app)


async def post_case(partition: str, app: App) -> None:
    """Deliver the records of a case, in order."""
    unsent = await app.ledger.unsent(partition)
    if not unsent:
        return
    try:
        await app.audit.deliver([record for record, _ in unsent])
    except AzureError as error:
        log.warning("%d records of case %s wait: %s", len(unsent), partition, error)
        return
    await app.ledger.sent([row for _, row in unsent])


async def letter(dead: DeadLetter, delivery: Delivery, app: App) -> Letter:
    """A dead letter, its body in a blob if it is too large for a message.

    Raises:
        AzureError: If a large body cannot be stored.
    """
    digest = ids.content_digest(dead.body)
    large = len(dead.body) > IN_MESSAGE
    made = Letter(
        id=ids.record_id(digest, dead.reason, dead.where),
        reason=dead.reason,
        where=dead.where,
        source=dead.source,
        door=delivery.door,
        received=delivery.received.isoformat(),
        attempts=1,
        digest=digest,
        size=len(dead.body),
        body=b"" if large else dead.body,
        blob=f"{digest}" if large else "",
        trace=delivery.trace,
    )
    if large:
        await app.dead_letters.store(made.blob, dead.body)
    return made


async def _stored(packet: Packet, app: App) -> Row | None:
    """The packet's row; None if it was stored before, by a delivery of the same that did not end well."""
    content = gzip.compress(msgspec.json.encode(packet), compresslevel=1, mtime=0)
    name = f"{app.clock.now():%Y%m%dT%H%M%S%f}-{ids.content_digest(content)[:16]}"
    try:
        return await app.ledger.pack(content, name)
    except Changed:
        return None


async def _delivered(packet: Packet, row: Row, app: App) -> None:
    try:
        if packet.letters:
            await app.dead_letters.deliver(packet.letters)
        await app.audit.deliver(packet.records)
    except AzureError as error:
        log.warning("a packet of %d records waits: %s", len(packet.records) + len(packet.letters), error)
        return
    await app.ledger.sent([row])
