"""The kill switch is turned: by the API, or by hand in its row; who, why, from what and to what goes on record once."""

from __future__ import annotations

import logging

import msgspec

from shared.engine import outbox
from shared.engine.app import App
from shared.model import ids
from shared.model.change import differences
from shared.model.errors import AzureError
from shared.model.record import SCHEMA_VERSION, Record
from shared.model.step import Actor
from shared.model.switch import Switch, Turned

log = logging.getLogger(__name__)

BY_HAND = "turned in the ledger's table, not by the API"


async def turn(switch: Switch, actor: Actor, app: App) -> Switch:
    """Turn the kill switch; how it stood before. Every instance heeds it within seconds.

    Raises:
        Changed: Somebody else has turned it at the same moment.
        AzureError: If it cannot be turned.
    """
    await record_turn(app)  # what was turned by hand before would be hidden by this
    before = await app.ledger.turn(switch, actor)
    app.switch.forget()
    try:
        await record_turn(app)
    except AzureError as error:  # it is turned, and that is what whoever turned it must know
        log.warning("that the kill switch was turned goes on record with the next sweep: %s", error)
    return before


async def record_turn(app: App) -> None:
    """Put on record that the kill switch was turned, unless that is on record.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    now, noted = await app.ledger.turned()
    if now.etag == noted.etag:
        return
    await outbox.post([_record(now, noted, app)], (), app)
    await app.ledger.note_turned(now)


def _record(now: Turned, noted: Turned, app: App) -> Record:
    time = f"{app.clock.now().replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    told = f"kill switch: {noted.switch.mode} -> {now.switch.mode}: {now.switch.why or 'no reason given'}"
    actor = now.actor
    return Record(
        TimeGenerated=time,
        RecordId=ids.record_id("switched", noted.etag, now.etag),
        SchemaVersion=SCHEMA_VERSION,
        Decision="switched",
        Reason=told if actor else f"{told} ({BY_HAND})",
        Diff=[msgspec.to_builtins(each) for each in differences(noted.switch, now.switch)],
        ActorKind=actor.kind if actor else "",
        ActorName=(actor.name if actor else "") or now.switch.who,
        ActorId=actor.id if actor else "",
        DecidedTime=time,
    )
