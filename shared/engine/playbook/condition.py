"""Conditions: a playbook's `when`, ready to be asked, and what it answers in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from shared.engine.playbook.form import When, many
from shared.model.entity import AnyEntity
from shared.model.event import Event
from shared.model.severity import Severity

CLOSED = frozenset(
    {"closed", "resolved", "dismissed", "redirected"}  # incidents and alerts that somebody is done with
    | {"remediated", "confirmedsafe", "deactivated"}  # risks that are over, alert rules that no longer fire
    | {
        "healthy",
        "notapplicable",
        "passed",
        "skipped",
        "unsupported",
        "compliant",
        "no threats found",
    }  # findings that found nothing
    | {"deleted", "snapshot"}  # what is gone, and what an exporter tells again
)
"""Status words, in lower case, of what there is nothing to respond to."""

_OWN_NAMES = re.compile(r"\.(?:all|exists|exists_one|filter|map)\(\s*(\w+)\s*,")
"""Names that a CEL expression gives itself to walk over a list."""

Answer = tuple[bool, str]
Test = Callable[[Event], Answer]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled `when`.

    Args:
        sources: The sources it asks for.
        entities: The entity kinds it selects.
        tests: The other conditions, cheapest first.
    """

    sources: tuple[str, ...]
    entities: frozenset[str]
    tests: tuple[Test, ...]

    def selected(self, event: Event) -> tuple[AnyEntity, ...]:
        """The entities the steps act on."""
        return tuple(entity for entity in event.entities if not self.entities.isdisjoint(entity.kinds))

    def ask(self, event: Event) -> tuple[bool, tuple[str, ...]]:
        """Whether the event matches, and why: every condition that holds, or the first that does not."""
        reasons = [f"source is {event.source}"]
        for test in self.tests:
            holds, reason = test(event)
            if not holds:
                return False, (reason,)
            reasons.append(reason)
        return True, tuple(reasons)


def compile_condition(when: When) -> Condition:
    """Make a `when` ready.

    Raises:
        ValueError: If `where` is not CEL, or uses names other than `event` and `raw`.
    """
    return Condition(many(when.source), frozenset(many(when.entity)), tuple(_tests(when)))


def _tests(when: When) -> Iterator[Test]:
    yield _status(many(when.status))
    if when.severity is not None:
        yield _severity(when.severity)
    for name, texts in (("kind", when.kind), ("product", when.product), ("subscription", when.subscription)):
        if texts is not None:
            yield _like(name, many(texts))
    if when.tactic is not None:
        yield _tactic(many(when.tactic))
    if when.technique is not None:
        yield _technique(many(when.technique))
    yield _entity(frozenset(many(when.entity)))
    if when.where is not None:
        yield _where(when.where)


def _status(wanted: tuple[str, ...]) -> Test:
    words = frozenset(word.lower() for word in wanted)

    def test(event: Event) -> Answer:
        word = event.status.lower()
        holds = word in words if words else word not in CLOSED
        asked = " or ".join(wanted) if wanted else "open"
        return holds, f"status {event.status or 'not given'} is {'' if holds else 'not '}{asked}"

    return test


def _severity(text: str) -> Test:
    operator = text[:2] if text[:2] in (">=", "<=", "==") else "=="
    bound = Severity.read(text.removeprefix(operator))
    assert bound is not None

    def test(event: Event) -> Answer:
        if event.severity is None:
            return False, f"severity is not given, wanted {operator} {bound.word}"
        holds = {">=": event.severity >= bound, "<=": event.severity <= bound}.get(operator, event.severity == bound)
        return holds, f"severity {event.severity.word} is {'' if holds else 'not '}{operator} {bound.word}"

    return test


def _like(name: str, patterns: tuple[str, ...]) -> Test:
    lower = [pattern.lower() for pattern in patterns]

    def test(event: Event) -> Answer:
        values = [getattr(event, name), *(event.products if name == "product" else ())]
        holds = any(fnmatchcase(value.lower(), pattern) for pattern in lower for value in values)
        value = ", ".join(filter(None, dict.fromkeys(values)))
        return holds, f"{name} {value or 'not given'} is {'' if holds else 'not '}like {' or '.join(patterns)}"

    return test


def _tactic(wanted: tuple[str, ...]) -> Test:
    words = {"".join(filter(str.isalpha, word.lower())) for word in wanted}

    def test(event: Event) -> Answer:
        found = [tactic for tactic in event.tactics if tactic.lower() in words]
        return bool(found), f"tactic {found[0]}" if found else f"no tactic is {' or '.join(wanted)}"

    return test


def _technique(wanted: tuple[str, ...]) -> Test:
    def test(event: Event) -> Answer:
        found = [t for t in event.techniques if any(t == w or t.startswith(f"{w}.") for w in wanted)]
        return bool(found), f"technique {found[0]}" if found else f"no technique is {' or '.join(wanted)}"

    return test


def _entity(kinds: frozenset[str]) -> Test:
    def test(event: Event) -> Answer:
        for entity in event.entities:
            named = kinds & entity.kinds
            if named:
                return True, f"entity {min(named)} {entity.label}"
        return False, f"no entity is a {' or '.join(sorted(kinds))}"

    return test


def compile_where(expression: str) -> Any:
    """A CEL program over `event` and `raw`.

    Raises:
        ValueError: If it is not CEL, or uses other names.
    """
    return compile_cel(expression, "event", "raw")


def compile_cel(expression: str, *names: str) -> Any:
    """A CEL program over these names.

    Raises:
        ValueError: If it is not CEL, or uses other names.
    """
    import cel  # heavy, and needed only where a playbook uses it

    program = cel.compile(expression)
    strange = set(program.variables()) - {*names, *_OWN_NAMES.findall(expression)}
    if strange:
        known = f"{', '.join(f'`{name}`' for name in names[:-1])} and `{names[-1]}`"
        raise ValueError(f"`{min(strange)}` is not known here; use {known}")
    return program


def _where(expression: str) -> Test:
    program = compile_where(expression)

    def test(event: Event) -> Answer:
        context = {"event": plain(event), "raw": event.raw}
        try:
            holds = program.execute(context) is True
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            return False, f"where: {type(error).__name__} {error} in {expression}"
        return holds, f"where: {expression}{'' if holds else ' does not hold'}"

    return test


def plain(event: Event) -> dict[str, Any]:
    """An event as plain values, as `where` sees it."""
    values: dict[str, Any] = msgspec.to_builtins(
        {name: getattr(event, name) for name in Event.__struct_fields__ if name != "raw"}
    )
    values["severity"] = event.severity.word if event.severity else ""
    return values
