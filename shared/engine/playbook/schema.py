"""The JSON Schema of a playbook, for editors and for saying every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.engine.playbook.form import Form, Options
from shared.kinds.responder import Responder
from shared.model.entity import KINDS


def schema(responders: Mapping[str, Responder], sources: list[str]) -> dict[str, Any]:
    """The schema, with the names of what there is: responders with their parameters, sources, entity kinds."""
    _, parts = msgspec.json.schema_components((Form,), ref_template="#/$defs/{name}")
    properties = parts["When"]["properties"]
    properties["source"] = _one_or_more(sources, properties["source"]["description"])
    properties["entity"] = _one_or_more(sorted(KINDS), properties["entity"]["description"])
    steps: dict[str, Any] = {}
    for name, responder in responders.items():
        steps[name], extra = _params(responder)
        parts |= extra
    _, extra = msgspec.json.schema_components((Options,), ref_template="#/$defs/{name}")
    for params in [part for name, part in parts.items() if name.endswith("Params")]:
        params["properties"] = {**params["properties"], **extra["Options"]["properties"]}
    step = {
        "type": "object",
        "properties": steps,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    parts["Form"]["properties"]["then"]["items"] = step
    parts["First"]["properties"]["steps"]["items"] = step
    for branch in parts["Form"]["properties"]["lapsed"]["anyOf"]:
        if branch["type"] == "array":
            branch["items"] = step
    parts["Trial"]["properties"]["expect"]["items"] = {"enum": sorted(responders)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Riposte playbook",
        "$ref": "#/$defs/Form",
        "$defs": dict(sorted(parts.items())),
    }


def _params(responder: Responder) -> tuple[dict[str, Any], dict[str, Any]]:
    (own,), parts = msgspec.json.schema_components((responder.params,), ref_template="#/$defs/{name}")
    return {"anyOf": [own, {"type": "null"}]}, parts


def _one_or_more(names: list[str], description: str) -> dict[str, Any]:
    one = {"type": "string", "enum": names}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}], "description": description}
