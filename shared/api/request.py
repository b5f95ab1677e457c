"""The body of a request for a run. What is wrong with it is told all at once, each with its place and the right name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.api.answer import Problem, problem
from shared.engine.playbook.mistakes import nearest
from shared.kinds import valid
from shared.model.entity import AnyEntity

MOST_BYTES = 1024 * 1024
"""Of a body: as much as an event hub takes."""

MOST_ENTITIES = 100
MOST_REASON = 1000
MOST_MISTAKES = 50

_SUBJECTS = ("event", "incident", "entities")
_SHOWN = 80


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to run a playbook on: exactly one of an event, an incident or entities.

    Args:
        event: An event's body, as its provider sends it.
        incident: A Sentinel incident: its name, which is a GUID, or its resource id.
        entities: Entities, each with its `kind` and ids.
        dry_run: Whether only to say what would be done; if not given, as the playbook's mode says.
        reason: Why, for the record.
    """

    event: dict[str, Any] | list[Any] | str | None = None
    incident: str | None = None
    entities: Annotated[list[AnyEntity], Meta(min_length=1, max_length=MOST_ENTITIES)] | None = None
    dry_run: bool | None = None
    reason: Annotated[str, Meta(max_length=MOST_REASON)] = ""


_FIELDS: dict[str, Any] = get_type_hints(Request, include_extras=True)
_KINDS = {str(kind.__struct_config__.tag): get_type_hints(kind) for kind in get_args(AnyEntity)}

_Check = tuple[Callable[[str], str], str]
_GUID: _Check = (valid.guid, "a GUID")
_NAME: _Check = (valid.upn, "a name such as adele@contoso.example")
_SID: _Check = (valid.sid, "a SID such as S-1-5-21-1-2-3-1104")
_RESOURCE: _Check = (valid.resource_id, "the id of an Azure resource")

_IDS: dict[str, _Check] = {
    "object_id": _GUID,
    "tenant": _GUID,
    "entra_device_id": _GUID,
    "vm_id": _GUID,
    "upn": _NAME,
    "mail": _NAME,
    "sid": _SID,
    "resource_id": _RESOURCE,
    "azure_id": _RESOURCE,
    "vault_id": _RESOURCE,
}
"""What an id must be. Sources leave out of an event what is no id; what a person typed is told to the person instead."""


def understood(body: bytes) -> Request:
    """The request in a body.

    Raises:
        Problem: 413 if it is too large, 400 with every mistake in it.
    """
    if len(body) > MOST_BYTES:
        raise Problem(problem(413, "The body is too large", f"It may have {MOST_BYTES} bytes."))
    try:
        raw = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(problem(400, "The body is no JSON", str(error))) from error
    mistakes = list(islice(_wrong(raw), MOST_MISTAKES))
    if mistakes:
        raise Problem(problem(400, "The body cannot be understood", "Every mistake is in `errors`.", mistakes))
    request = msgspec.convert(raw, Request)
    return replace(request, entities=[_usual(entity) for entity in request.entities] if request.entities else None)


def _wrong(raw: Any) -> Iterator[str]:
    """Everything that is wrong with a body, as place and text."""
    if not isinstance(raw, dict):
        yield f"$: {_mistyped(raw, dict[str, Any])}"
        return
    yield from _unknown("", raw, _FIELDS)
    for name, kind in _FIELDS.items():
        value = raw.get(name)
        if name == "entities" and isinstance(value, list) and 0 < len(value) <= MOST_ENTITIES:
            for number, entity in enumerate(value):
                yield from _wrong_entity(f"entities[{number}]", entity)
        elif name in raw and (text := _mistyped(value, kind)):
            yield f"{name}: {text}"
    if sum(raw.get(name) is not None for name in _SUBJECTS) != 1:
        yield "$: give exactly one of `event`, `incident` and `entities`"


def _wrong_entity(place: str, raw: Any) -> Iterator[str]:
    if not isinstance(raw, dict):
        yield f"{place}: {_mistyped(raw, dict[str, Any])}"
        return
    tag = raw.get("kind")
    fields = _KINDS.get(tag) if isinstance(tag, str) else None
    if fields is None:
        yield f"{place}.kind: {nearest(tag, _KINDS) if isinstance(tag, str) else _mistyped(tag, str)}"
        return
    yield from _unknown(f"{place}.", raw, {"kind": str, **fields})
    for name in [name for name in raw if name in fields]:
        check, wanted = _IDS.get(name, (str, ""))
        if text := _mistyped(raw[name], fields[name]):
            yield f"{place}.{name}: {text}"
        elif raw[name] and not check(raw[name]):
            yield f"{place}.{name}: {raw[name][:_SHOWN]!r} is not {wanted}"
    if not any(raw.get(name) for name in fields.keys() - {"role"}):
        yield f"{place}: carries no id"


def _unknown(place: str, raw: dict[str, Any], known: dict[str, Any]) -> Iterator[str]:
    for name in [name for name in raw if name not in known]:
        yield f"{place}{name[:_SHOWN]}: {nearest(name[:_SHOWN], known)}"


def _mistyped(value: Any, kind: Any) -> str:
    """What is wrong with a value's type; empty if nothing is."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        text = str(error)
        return text[:1].lower() + text[1:]
    return ""


def _usual(entity: AnyEntity) -> AnyEntity:
    """An entity with its ids in their usual spelling."""
    ids = {name: _IDS[name][0](getattr(entity, name)) for name in _IDS if hasattr(entity, name)}
    return replace(entity, **ids)
