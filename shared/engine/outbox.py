"""Records and dead letters on their way out: stored first, then delivered, then forgotten.

What cannot be delivered now stays, and the sweep tries again. An outage of Log Analytics or of the dead-letter hub
loses nothing and holds up no containment.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec
from msgspec import Struct

from shared.azure.dead_letters import Hub
from shared.azure.table import Row
from shared.engine.app import App
from shared.engine.read import DeadLetter
from shared.model import ids
from shared.model.dead_letter import Letter
from shared.model.delivery import Delivery
from shared.model.errors import AzureError, Changed, Temporary, Uncertain
from shared.model.record import Record

log = logging.getLogger(__name__)

IN_MESSAGE = 180_000
"""Bytes of a body that still go into a dead letter itself; an event hub of any tier takes that much in base64."""

LETTERS = 2
"""Dead letters in one packet: with their bodies they stay below a row's limit."""

AT_ONCE = 50
"""Packets of dead letters that are delivered before they are forgotten."""

_LETTERS = "-letters"
"""Ends the name of a packet of dead letters."""


class Packet(Struct, frozen=True):
    """What belongs to no case: records of events that ended without a step, or dead letters."""

    records: tuple[Record, ...] = ()
    letters: tuple[Letter, ...] = ()


async def post(records: Sequence[Record], letters: Sequence[Letter], app: App) -> None:
    """Store records and dead letters, and deliver them if that works now.

    Raises:
        AzureError: If they cannot be stored: then the delivery they came from must not count as handled.
    """
    for upload, kept in await app.ledger.post(records, app.instance):
        await _uploaded(upload, kept, app)
    packets: list[tuple[Sequence[Letter], Row]] = []
    for i in range(0, len(letters), LETTERS):
        part = letters[i : i + LETTERS]
        row = await _stored(gzip.compress(msgspec.json.encode(part), compresslevel=1, mtime=0), app)
        if row is not None:
            packets.append((part, row))
    await _deliver_letters(packets, app)


async def post_stored(app: App) -> None:
    """Deliver the packets that are still there, oldest first; a service that is down is not asked once for each."""
    packets = await app.ledger.packets()
    of_letters = [packet for packet in packets if packet[1].key.endswith(_LETTERS)]
    for content, row in packets:
        if not row.key.endswith(_LETTERS) and not await _uploaded(content, row, app):
            break
    await _deliver_letters(((opened(content, row).letters, row) for content, row in of_letters), app)


async def waiting_letters(app: App) -> list[Letter]:
    """The dead letters that their hub has not taken yet, oldest first.

    Raises:
        AzureError: If the ledger cannot be read.
    """
    packets = await app.ledger.packets()
    return [each for content, row in packets if row.key.endswith(_LETTERS) for each in opened(content, row).letters]


def opened(content: bytes, row: Row) -> Packet:
    """What is in a stored packet."""
    plain = gzip.decompress(content)
    if row.key.endswith(_LETTERS):
        return Packet(letters=msgspec.json.decode(plain, type=tuple[Letter, ...]))
    return Packet(records=msgspec.json.decode(plain, type=tuple[Record, ...]))


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
    tried = () if delivery.attempt == 1 else (delivery.first, str(delivery.attempt))
    made = Letter(
        id=ids.record_id(digest, dead.reason, dead.where, *tried),
        reason=dead.reason,
        where=dead.where,
        source=dead.source,
        door=delivery.door,
        received=delivery.received.isoformat(),
        attempts=delivery.attempt,
        digest=digest,
        size=len(dead.body),
        body=b"" if large else dead.body,
        blob=f"{digest}" if large else "",
        trace=delivery.trace,
        first=delivery.first,
    )
    if large:
        await app.dead_letters.store(made.blob, dead.body)
    return made


async def _stored(content: bytes, app: App) -> Row | None:
    """Store a packet of letters; nothing if it was stored before, by a delivery of the same that did not end well."""
    try:
        return await app.ledger.pack(content, f"{app.ledger.named(content)}{_LETTERS}")
    except Changed:
        return None


async def _uploaded(content: bytes, row: Row, app: App) -> bool:
    """Deliver a packet of records; whether the next one is worth trying."""
    try:
        await app.audit.send(content)
    except AzureError as error:
        log.warning("packet %s waits: %s", row.key, error)
        return not isinstance(error, Temporary | Uncertain)
    await app.ledger.sent([row])
    return True


async def _deliver_letters(packets: Iterable[tuple[Sequence[Letter], Row]], app: App) -> None:
    """Deliver packets of dead letters over one connection, until the hub takes no more."""
    waiting = iter(packets)
    some = list(islice(waiting, AT_ONCE))
    if some:
        async with app.dead_letters.hub() as hub:
            while some and await _taken(some, hub, app):
                some = list(islice(waiting, AT_ONCE))


async def _taken(packets: Sequence[tuple[Sequence[Letter], Row]], hub: Hub, app: App) -> bool:
    """Deliver packets and forget those that the hub has; whether it takes more."""
    kept = iter(await hub.deliver([letter for letters, _ in packets for letter in letters]))
    ends = [(row, [error for error in islice(kept, len(letters)) if error]) for letters, row in packets]
    await app.ledger.sent([row for row, errors in ends if not errors])
    for row, errors in ends:
        if errors:
            log.warning("packet %s waits: %s", row.key, errors[-1])
        if errors and isinstance(errors[-1], Temporary):  # and so do all after it
            return False
    return True
