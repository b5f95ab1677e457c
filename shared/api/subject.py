"""What a request is about: the event it brings, the incident it names, or the entities somebody typed."""

from __future__ import annotations

from typing import Any

import msgspec

from shared.api.answer import Problem, problem
from shared.api.request import Request
from shared.azure import sentinel
from shared.engine.app import App
from shared.engine.complete import complete
from shared.engine.read import DeadLetter
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.kinds import valid
from shared.model import ids
from shared.model.entity import AnyEntity
from shared.model.errors import NotFound
from shared.model.event import Event
from shared.model.resource_id import ResourceId

_INCIDENT = "Microsoft.SecurityInsights/incidents"


async def subject(request: Request, key: str, content: bytes, app: App) -> Event:
    """The event that a request is about.

    Args:
        request: What was asked.
        key: What makes a repeated request the same.
        content: The request's body.
        app: Everything else.

    Raises:
        Problem: 400, 404 or 422, if it is about nothing, or about more than one thing.
        AzureError: If the incident cannot be read now.
    """
    if request.entities is not None:
        return _entities(request.entities, request.reason, key, content)
    body = await _incident(request.incident, app) if request.incident is not None else request.event
    events, dead = app.sources.read(body.encode() if isinstance(body, str) else msgspec.json.encode(body))
    if dead or len(events) != 1:
        told = [f"{letter.reason} at {letter.where}" for letter in dead]
        detail = f"It holds {len(events)} events; one is needed."
        raise Problem(problem(422, "The event cannot be read", detail, told))
    whole = events[0] if request.incident is not None else await complete(events[0], app)
    if isinstance(whole, DeadLetter):
        raise Problem(problem(422, "The incident cannot be read whole", whole.reason))
    return whole


def _entities(entities: list[AnyEntity], reason: str, key: str, content: bytes) -> Event:
    """An event that is nothing but what somebody wants something done to."""
    return Event(
        source="http",
        id=key,
        case=f"asked:{key}",
        title=reason or "asked for",
        entities=tuple(dict.fromkeys(entities)),
        digest=ids.content_digest(content),
    )


async def _incident(incident: str, app: App) -> dict[str, Any]:
    workspace = app.settings.sentinel_workspace
    if not workspace:
        raise Problem(problem(422, "Incidents cannot be read", "RIPOSTE_SENTINEL_WORKSPACE is not set."))
    resource = ResourceId(incident)
    name = valid.guid(resource.name if resource.is_type(_INCIDENT) else incident)
    if not name:
        detail = "Give its name, which is a GUID, or its resource id; its number is neither."
        raise Problem(problem(400, "No incident id", detail))
    if resource.is_type(_INCIDENT) and not resource.within(workspace):
        raise Problem(problem(422, "An incident of another workspace", f"Incidents are read from {workspace}."))
    try:
        azure = app.azure((sentinel.READ,), [])
        return await with_fresh_token(
            lambda: in_our_words(sentinel.incident(workspace, name, azure), wrote=False), app.credential
        )
    except NotFound as error:
        raise Problem(problem(404, "No such incident", str(error))) from error
