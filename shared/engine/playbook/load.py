"""Playbook files become playbooks; what cannot work is told all at once, with file, place and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml

from shared.engine.playbook.call import Call, compile_call
from shared.engine.playbook.condition import Condition, compile_condition, compile_where
from shared.engine.playbook.form import Form, Trial, many
from shared.engine.playbook.mistakes import in_form
from shared.engine.playbook.quiet_hours import compile_quiet_hours, wrong_quiet_hours
from shared.kinds.responder import Responder
from shared.model.duration import length
from shared.model.entity import KINDS
from shared.model.errors import Mistake, Mistakes
from shared.model.ids import content_digest
from shared.model.quiet_hours import QuietHours
from shared.model.step import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """A playbook, ready to run.

    Args:
        name: Its name.
        description: What it is for.
        mode: Whether it acts.
        condition: When it runs.
        steps: What it does, in order; evidence first.
        trials: Its own tests.
        version: SHA-256 of its file.
        within: How long containment waits for evidence.
        lapsed: What it does instead of a step that was not approved in time.
        quiet_hours: When it does not act by itself; None: it always may.
    """

    name: str
    description: str
    mode: Mode
    condition: Condition
    steps: tuple[Call, ...]
    trials: tuple[Trial, ...]
    version: str
    within: timedelta = timedelta()
    lapsed: tuple[Call, ...] = ()
    quiet_hours: QuietHours | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every step there may be."""
        return (*self.steps, *self.lapsed)

    def call(self, responder: str) -> Call:
        """The step that calls a responder: there is one at the most."""
        return next(call for call in self.calls if call.responder == responder)

    def order(self, responder: str) -> int:
        """The place of the step that calls a responder."""
        return [call.responder for call in self.calls].index(responder)


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
        steps=tuple(_calls(form, responders)),
        within=length(form.first.within) if form.first else timedelta(),
        lapsed=tuple(compile_call(item, responders) for item in form.lapsed or ()),
        quiet_hours=compile_quiet_hours(form.quiet_hours) if form.quiet_hours else None,
        trials=tuple(form.tests),
        version=version,
    )


def _wrong(path: Path, raw: Any, responders: Mapping[str, Responder], sources: list[str]) -> Iterator[tuple[str, str]]:
    """Every mistake in a file, as place and text. The types decide whether the form is right; the schema says why not."""
    try:
        form = msgspec.convert(raw, Form)
        for item in [*form.then, *(form.lapsed or ())]:
            compile_call(item, responders)
        for item in form.first.steps if form.first else ():
            compile_call(item, responders, evidence=True)
        named = {*many(form.when.source), *many(form.when.entity), *(name for t in form.tests for name in t.expect)}
        right = named <= {*sources, *KINDS, *responders}
        reason = ""
    except (msgspec.ValidationError, ValueError) as error:
        right, reason = False, str(error)
    told = [] if right else list(in_form(raw, responders, sources))
    if isinstance(raw, dict):
        told += _meaning(path, raw, responders)
    yield from told
    if not right and not told:
        yield "", reason


def _meaning(path: Path, raw: dict[str, Any], responders: Mapping[str, Responder]) -> Iterator[tuple[str, str]]:
    """What the form cannot tell, as far as the file can be understood."""
    if isinstance(raw.get("name"), str) and raw["name"] != path.stem:
        yield "name", f"{raw['name']!r} must be the name of the file, {path.stem!r}"
    steps = list(_steps(raw))
    names = [next(iter(item), "") for _, item, _ in steps]
    for number, (place, item, evidence) in enumerate(steps):
        if names[number] in names[:number]:
            yield f"{place}.{names[number]}", "is there already: a playbook calls a responder once"
        elif names[number] in responders:
            try:
                compile_call(item, responders, evidence=evidence)
            except msgspec.ValidationError:
                continue  # the schema says it better
            except ValueError as error:
                yield f"{place}.{names[number]}", str(error)
    yield from wrong_quiet_hours(raw.get("quiet_hours"))
    when: Any = raw.get("when")
    if isinstance(when, dict):
        yield from _when(when, [(place, name) for (place, _, _), name in zip(steps, names, strict=True)], responders)


def _when(
    when: dict[str, Any], steps: list[tuple[str, str]], responders: Mapping[str, Responder]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a condition, as far as it can be understood."""
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
    for place, name in steps:
        accepts = responders[name].target.accepts if name in responders else kinds
        if kinds.isdisjoint(accepts):
            chosen, fitting = " or ".join(sorted(kinds)), " or ".join(sorted(accepts))
            yield f"{place}.{name}", f"acts on {fitting}, but `when.entity` selects {chosen}"


def _calls(form: Form, responders: Mapping[str, Responder]) -> Iterator[Call]:
    """What a playbook does, evidence first."""
    for item in form.first.steps if form.first else ():
        yield compile_call(item, responders, evidence=True)
    for item in form.then:
        yield compile_call(item, responders)


def _steps(raw: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every step of a file, as far as it can be understood: its place, what it says, whether it is evidence."""
    first = raw.get("first")
    branches = (
        ("first.steps", first.get("steps") if isinstance(first, dict) else None),
        ("then", raw.get("then")),
        ("lapsed", raw.get("lapsed")),
    )
    for place, items in branches:
        for number, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and all(isinstance(value, dict) or value is None for value in item.values()):
                yield f"{place}[{number}]", item, place == "first.steps"


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
