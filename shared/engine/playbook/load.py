"""Playbook files become playbooks; what cannot work is told all at once, with file, place and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from shared.engine.playbook.condition import Condition, compile_condition, compile_where
from shared.engine.playbook.form import Form, Trial, many
from shared.engine.playbook.mistakes import in_form, nearest
from shared.kinds.responder import Responder
from shared.model.entity import KINDS
from shared.model.errors import Mistake, Mistakes
from shared.model.ids import content_digest
from shared.model.step import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A playbook, ready to run.

    Args:
        name: Its name.
        description: What it is for.
        mode: Whether it acts.
        condition: When it runs.
        steps: Responders in order, each with its parameters as plain values, defaults included.
        trials: Its own tests.
        version: SHA-256 of its file.
    """

    name: str
    description: str
    mode: Mode
    condition: Condition
    steps: tuple[tuple[str, dict[str, Any]], ...]
    trials: tuple[Trial, ...]
    version: str


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Of two fields with one name, YAML's own loader silently takes the second."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        names = set()
        for key, _ in node.value:
            if key.value in names:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is there twice", problem_mark=key.start_mark
                )
            names.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def load(folder: Path, responders: Mapping[str, Responder], sources: list[str]) -> tuple[Playbook, ...]:
    """Every playbook in a folder, by name.

    Args:
        folder: Where the `*.yaml` files are.
        responders: What there is to call, by name.
        sources: What there is to ask for.

    Raises:
        Mistakes: All of them, in all files.
    """
    playbooks: list[Playbook] = []
    mistakes: list[Mistake] = []
    files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
    if not files:
        mistakes.append(Mistake(str(folder), "", "there is no playbook here: no *.yaml file"))
    for path in files:
        content = path.read_bytes()
        try:
            raw = yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe one
            playbooks.append(_compiled(path, raw, content_digest(content), responders, sources))
        except yaml.YAMLError as error:
            mistakes.append(Mistake(path.name, _line(error), f"not YAML: {getattr(error, 'problem', None) or error}"))
        except Mistakes as found:
            mistakes += found.mistakes
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(playbooks)


def _compiled(path: Path, raw: Any, version: str, responders: Mapping[str, Responder], sources: list[str]) -> Playbook:
    """One playbook.

    Raises:
        Mistakes: All in this file.
    """
    mistakes = [Mistake(path.name, place, text) for place, text in _wrong(path, raw, responders, sources)]
    if mistakes:
        raise Mistakes(mistakes)
    form = msgspec.convert(raw, Form)
    return Playbook(
        name=form.name,
        description=form.description,
        mode=form.mode,
        condition=compile_condition(form.when),
        steps=tuple(_step(item, responders) for item in form.then),
        trials=tuple(form.tests),
        version=version,
    )


def _wrong(path: Path, raw: Any, responders: Mapping[str, Responder], sources: list[str]) -> Iterator[tuple[str, str]]:
    """Every mistake in a file, as place and text. The types decide whether the form is right; the schema says why not."""
    try:
        form = msgspec.convert(raw, Form)
        for item in form.then:
            _step(item, responders)
        named = {*many(form.when.source), *many(form.when.entity), *(name for t in form.tests for name in t.expect)}
        right = named <= {*sources, *KINDS, *responders}
        reason = ""
    except (msgspec.ValidationError, ValueError) as error:
        right, reason = False, str(error)
    if not right:
        told = list(in_form(raw, responders, sources))
        yield from told or [("", reason)]
    if isinstance(raw, dict):
        yield from _meaning(path, raw, responders)


def _meaning(path: Path, raw: dict[str, Any], responders: Mapping[str, Responder]) -> Iterator[tuple[str, str]]:
    """What the form cannot tell, as far as the file can be understood."""
    if isinstance(raw.get("name"), str) and raw["name"] != path.stem:
        yield "name", f"{raw['name']!r} must be the name of the file, {path.stem!r}"
    steps = [item for item in raw["then"] if isinstance(item, dict)] if isinstance(raw.get("then"), list) else []
    names = [next(iter(item), "") for item in steps]
    for number, name in enumerate(names):
        if name in names[:number]:
            yield f"then[{number}].{name}", "is there already: a playbook calls a responder once"
    when: Any = raw.get("when")
    if not isinstance(when, dict):
        return
    where = when.get("where")
    if isinstance(where, str):
        try:
            compile_where(where)
        except ValueError as error:
            yield "when.where", f"not a CEL condition: {error}"
    entity = when.get("entity")
    kinds = {entity} if isinstance(entity, str) else set(map(str, entity)) if isinstance(entity, list) else set()
    if not kinds or not kinds <= KINDS:
        return
    for number, name in enumerate(names):
        accepts = responders[name].target.accepts if name in responders else kinds
        if kinds.isdisjoint(accepts):
            chosen, fitting = " or ".join(sorted(kinds)), " or ".join(sorted(accepts))
            yield f"then[{number}].{name}", f"acts on {fitting}, but `when.entity` selects {chosen}"


def _step(item: dict[str, dict[str, Any] | None], responders: Mapping[str, Responder]) -> tuple[str, dict[str, Any]]:
    if len(item) != 1:
        raise ValueError(f"a step names one responder, not {len(item)}")
    name, params = next(iter(item.items()))
    if name not in responders:
        raise ValueError(nearest(name, responders))
    typed = msgspec.convert(params or {}, responders[name].params)
    return name, {key: getattr(typed, key) for key in typed.__struct_fields__}


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
