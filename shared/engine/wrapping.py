"""Envelopes: what an exporter, a list, a workflow or a shipper puts around records. Pure."""

from __future__ import annotations

from typing import Any

_LISTS = ("records", "value")
_SMALL = 8
"""Fields of an envelope, at most: only so few are looked at in every letter case."""
_NOT_ENTITIES = ("securityalert", "bookmark")
_AROUND_BODY = {"body", "headers", "statuscode", "method", "queries", "name", "status", "code", "trackingid"}
_SHIPPED = ("_raw", "message")
_KNOWN = (*_LISTS, *_SHIPPED, "outputs")
"""What an object with many fields may be an envelope by."""


def wrapped(value: dict[str, Any]) -> tuple[str, Any] | None:
    """What an envelope holds, and under which name; None if the object is no envelope."""
    if len(value) <= _SMALL:
        names = {key.lower(): key for key in value}
        if len(names) < len(value):  # two fields of one name: whichever were taken, the other would be lost
            return None
        return _list(value, names) or _object(value, names) or _shipped(value, names)
    names = {name: name for name in _KNOWN if name in value}
    return (_list(value, names) or _shipped(value, names)) if names else None


def _list(value: dict[str, Any], names: dict[str, str]) -> tuple[str, Any] | None:
    """What lists, exports and queries hold.

    Args:
        value: The object.
        names: What it calls its fields, by their names in lower case.
    """
    lists = [names[name] for name in _LISTS if name in names and isinstance(value[names[name]], list)]
    full = [name for name in lists if value[name]]
    if lists and len(full) <= 1:  # of two full ones neither may be passed over
        name = (full or lists)[0]
        return name, value[name]
    if "tables" in names and isinstance(tables := value[names["tables"]], list):
        return names["tables"], [row for table in tables for row in _rows(table)]
    return None


def _object(value: dict[str, Any], names: dict[str, str]) -> tuple[str, Any] | None:
    """What an answer of Graph or of a workflow's action holds."""
    for name, around in (("value", None), ("body", _AROUND_BODY)):
        if name in names and isinstance(inner := value[names[name]], dict):
            others = names.keys() - {name}
            if others <= around if around else all(other.startswith("@odata.") for other in others):
                return names[name], inner
    return None


def _shipped(value: dict[str, Any], names: dict[str, str]) -> tuple[str, Any] | None:
    """What log shippers and workflow runs put around a body."""
    for name in _SHIPPED:
        text = value[names[name]] if name in names else None
        if isinstance(text, str) and text.lstrip()[:1] == "{" and (name == "_raw" or "@timestamp" in value):
            return names[name], text
    outputs = value[names["outputs"]] if "outputs" in names else None
    if isinstance(outputs, dict):
        for name, body in outputs.items():
            if name.lower() == "body" and isinstance(body, (dict, list)):
                return f"{names['outputs']}.{name}", body
    return None


def _rows(table: Any) -> list[Any]:
    """The rows of a table of the query API as objects; what is no table stays as it is."""
    if not isinstance(table, dict):
        return [table]
    named = _lower(table)
    columns, rows = named.get("columns"), named.get("rows")
    if not isinstance(columns, list) or not isinstance(rows, list):
        return [table]
    names = [str(_lower(column).get("name", "")) if isinstance(column, dict) else "" for column in columns]
    return [dict(zip(names, row, strict=False)) if isinstance(row, list) else row for row in rows]


def are_entities(values: list[Any]) -> bool:
    """Whether an array is the entities of one incident, which belong together, and not many records."""
    return bool(values) and all(isinstance(value, dict) and _is_entity(_lower(value)) for value in values)


def _is_entity(value: dict[str, Any]) -> bool:
    kind, place = value.get("kind"), value.get("type") or value.get("id")
    return (
        isinstance(kind, str)
        and kind.lower() not in _NOT_ENTITIES
        and isinstance(place, str)
        and "microsoft.securityinsights/" in place.lower()
    )


def _lower(value: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): inner for name, inner in value.items()}
