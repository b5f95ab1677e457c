"""Between read and match: an incident with more entities than Sentinel sends gets all of them from Sentinel's API.

A message about an incident holds 50 entities at the most, and which ones is chance. Acting on them would contain a part
of the attack, tell the attacker, and let every guard that counts targets count the wrong number. So what cannot be read
whole is not acted on: it is a dead letter that says why, to be put back; reconciliation finds the incident, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from shared.azure import sentinel
from shared.engine.app import DELIVERY, App
from shared.engine.fault import described
from shared.engine.read import DeadLetter
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds import sentinel as form
from shared.kinds.fields import Fields
from shared.model.delivery import Delivery
from shared.model.errors import Unreadable
from shared.model.event import Event
from shared.model.resource_id import ResourceId

CAP = 50
"""Entities that Sentinel sends of an incident: https://github.com/MicrosoftDocs/azure-docs/issues/113146."""

_SOURCE = "sentinel_incident"
_SETTING = "RIPOSTE_SENTINEL_WORKSPACE"

Read = tuple[Delivery, list[Event], list[DeadLetter]]


async def completed(read: Sequence[Read], app: App) -> list[Read]:
    """What was read of a batch, with all entities of large incidents. Incidents that cannot be read are dead letters."""
    return list(await asyncio.gather(*(_all(delivery, events, dead, app) for delivery, events, dead in read)))


async def _all(delivery: Delivery, events: list[Event], dead: list[DeadLetter], app: App) -> Read:
    if not any(map(_capped, events)):
        return delivery, events, dead
    found = await asyncio.gather(*(complete(event, app) for event in events))
    whole = [event for event in found if isinstance(event, Event)]
    return delivery, whole, [*dead, *(letter for letter in found if isinstance(letter, DeadLetter))]


async def complete(event: Event, app: App) -> Event | DeadLetter:
    """The event with all its entities; a dead letter if they cannot be read. What no playbook asks for stays as it is."""
    wanted = any(event.source in playbook.condition.sources for playbook in app.playbooks.all)
    if not wanted or not _capped(event):
        return event
    try:
        found = await _read(event, app)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the rest of the batch along
        reason = (
            f"it has {CAP} entities or more, of which Sentinel sends only some; all cannot be read: {described(error)}"
        )
        return DeadLetter(reason, "", msgspec.json.encode(event.raw), event.source)
    same = dict.fromkeys([*event.same, *found.same])
    return replace(event, entities=found.entities, same=tuple(sorted(same.keys() - {event.case})))


def _capped(event: Event) -> bool:
    if event.source != _SOURCE:
        return False
    body = Fields(event.raw)
    inner = body.fields("object")
    incident = inner.fields("object") or inner or body
    return len(list(form.properties(incident).objects("relatedEntities"))) >= CAP


async def _read(event: Event, app: App) -> Event:
    """The incident as Sentinel's API has it.

    Raises:
        Unreadable: If it is not certain which one that is, or its body cannot be read.
        AzureError: If Sentinel cannot be asked.
    """
    workspace = app.settings.sentinel_workspace
    if not workspace:
        raise Unreadable(f"{_SETTING} is not set")
    if event.workspace and ResourceId(event.workspace).key != ResourceId(workspace).key:
        raise Unreadable(f"it lies in {event.workspace}, and {_SETTING} is another")
    if not ResourceId(f"{workspace}/providers/{form.INCIDENT}/{event.id}").is_type(form.INCIDENT):
        raise Unreadable("its id is none")
    azure = app.azure((sentinel.READ,), [], deadline=app.clock.now() + DELIVERY)
    body = await with_fresh_token(
        lambda: in_our_words(sentinel.incident(workspace, event.id, azure), wrote=False), app.credential
    )
    events, dead = app.sources.read(msgspec.json.encode(body))
    if dead or len(events) != 1:
        raise Unreadable(f"Sentinel's answer holds {len(events)} events", "; ".join(letter.reason for letter in dead))
    return events[0]
