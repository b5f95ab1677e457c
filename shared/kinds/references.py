"""`$id` and `$ref`: the object graphs that Newtonsoft's serializer leaves in alerts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEPTH = 20


def resolved(values: list[Any]) -> list[Any]:
    """A list in which every `{"$ref": n}` stands replaced by the object with that `$id` from the same list.

    A reference to nothing, and one to an object that contains it, is left as it is. Where an id is used twice, the
    first object has it.
    """
    known: dict[str, Mapping[str, Any]] = {}
    _collect(values, known, 0)
    return [_replace(value, known, ()) for value in values] if known else values


def _collect(value: Any, known: dict[str, Mapping[str, Any]], depth: int) -> None:
    if depth > DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            _collect(item, known, depth + 1)
    elif isinstance(value, Mapping):
        own = value.get("$id")
        if own is not None:
            known.setdefault(str(own), value)
        for inner in value.values():
            if isinstance(inner, (list, Mapping)):
                _collect(inner, known, depth + 1)


def _replace(value: Any, known: dict[str, Mapping[str, Any]], inside: tuple[str, ...]) -> Any:
    if len(inside) > DEPTH:
        return value
    if isinstance(value, list):
        return [_replace(item, known, inside) for item in value]
    if not isinstance(value, Mapping):
        return value
    reference = value.get("$ref")
    if reference is not None:
        target = known.get(str(reference))
        if target is None or str(reference) in inside:
            return value
        return _replace(target, known, (*inside, str(reference)))
    own = str(value.get("$id", ""))
    within = (*inside, own) if own else inside
    return {key: _replace(v, known, within) if isinstance(v, (list, Mapping)) else v for key, v in value.items()}
