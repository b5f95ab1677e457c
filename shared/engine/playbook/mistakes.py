"""What is wrong with a playbook file, all of it, in words for the person who wrote it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.engine.playbook.schema import schema
from shared.kinds.responder import Responder

if TYPE_CHECKING:
    from jsonschema import ValidationError


def in_form(raw: Any, responders: Mapping[str, Responder], sources: list[str]) -> Iterator[tuple[str, str]]:
    """Every way in which a file departs from the schema, as place and text."""
    from jsonschema import Draft202012Validator  # only when something is wrong: it is slow to import

    validator = Draft202012Validator(schema(responders, sources))
    for error in validator.iter_errors(raw):
        for cause in _causes(error):
            yield from _told(cause)


def nearest(name: str, known: Iterable[str]) -> str:
    """`there is no x; did you mean y?`, or what there is."""
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, 1, cutoff=0.5)
    return f"there is no {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(names)}")


def _causes(error: ValidationError) -> list[ValidationError]:
    """The errors behind an `anyOf`: those of the branch that is nearest to what was meant."""
    if error.validator != "anyOf":
        return [error]
    branches: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    right_type = [found for found in branches.values() if not any(_wrong_type(e, error) for e in found)]
    if not right_type:
        return [error]
    return [cause for inner in min(right_type, key=len) for cause in _causes(inner)]


def _wrong_type(inner: ValidationError, outer: ValidationError) -> bool:
    return inner.validator == "type" and inner.instance is outer.instance


def _told(error: ValidationError) -> Iterator[tuple[str, str]]:
    place = _place(error.absolute_path)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    rules: Any = error.schema
    if error.validator == "additionalProperties":
        known = rules.get("properties", {})
        for name in sorted(set(instance) - set(known), key=str):
            yield _join(place, name), nearest(name, known)
    elif error.validator == "enum":
        yield place, nearest(instance, map(str, wanted))
    elif error.validator == "required":
        for name in wanted:
            if name not in instance:
                yield place, f"{name!r} is missing"
    elif error.validator == "pattern":
        yield place, f"{instance!r} does not fit {wanted}{_hint(rules)}"
    elif error.validator in ("minProperties", "maxProperties"):
        yield place, f"a step names one responder, not {len(instance)}"
    elif error.validator == "minItems":
        yield place, "must not be empty"
    elif error.validator == "type":
        yield place, f"must be {_kind(wanted)}, not {_of(instance)}"
    elif error.validator == "anyOf":
        kinds = " or ".join(
            dict.fromkeys(_kind(branch.get("type", "object" if "$ref" in branch else "string")) for branch in wanted)
        )
        yield place, f"must be {kinds}, not {_of(instance)}"
    else:
        yield place, error.message


def _hint(rules: Any) -> str:
    description = rules.get("description")
    return f" ({description})" if description else ""


def _kind(name: str) -> str:
    words = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "null": "nothing"}
    return words.get(name, name)


def _of(value: Any) -> str:
    if value is None:
        return "nothing"
    kinds = {dict: "a mapping", list: "a list", str: f"the text {value!r}", bool: f"{value!r}", int: f"{value!r}"}
    return kinds.get(type(value), repr(value))


def _place(path: Iterable[str | int]) -> str:
    place = ""
    for part in path:
        place = f"{place}[{part}]" if isinstance(part, int) else _join(place, part)
    return place


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else str(name)
