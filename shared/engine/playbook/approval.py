"""`approval:` of a step, ready to be asked: whether somebody must approve it, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from shared.engine.playbook.condition import compile_cel, plain
from shared.model.event import Event
from shared.model.severity import Severity

Asked = Callable[[Event, str, int], str]
"""Event, impact of the responder, and targets of the run; why somebody must approve, or nothing."""

IMPACTS = ("low", "medium", "high")

_IS = re.compile(r"(impact|severity) is (\w+)(?: or above)?")
_MORE = re.compile(r"targets > ([0-9]{1,4})")


def never(_: Event, __: str, ___: int) -> str:
    """Nobody needs to."""
    return ""


def compile_approval(text: str) -> Asked:
    """Make an `approval` ready.

    Raises:
        ValueError: If it cannot be understood.
    """
    if text == "required":
        return lambda _, __, ___: "it is required"
    condition = text.removeprefix("when ").strip()
    if match := _MORE.fullmatch(condition):
        most = int(match[1])
        return lambda _, __, targets: f"the run has {targets} targets" if targets > most else ""
    if match := _IS.fullmatch(condition):
        return _impact(match[2]) if match[1] == "impact" else _severity(match[2])
    return _cel(condition)


def _impact(word: str) -> Asked:
    if word not in IMPACTS:
        raise ValueError(f"impact is {', '.join(IMPACTS)}, not {word!r}")
    bound = IMPACTS.index(word)
    return lambda _, impact, __: f"impact is {impact}" if IMPACTS.index(impact) >= bound else ""


def _severity(word: str) -> Asked:
    bound = Severity.read(word)
    if bound is None:
        raise ValueError(f"there is no severity {word!r}")

    def asked(event: Event, _: str, __: int) -> str:
        if event.severity is None:
            return "severity is not given"
        return f"severity is {event.severity.word}" if event.severity >= bound else ""

    return asked


def _cel(expression: str) -> Asked:
    program = compile_cel(expression, "event", "impact", "targets")

    def asked(event: Event, impact: str, targets: int) -> str:
        context: dict[str, Any] = {"event": plain(event), "impact": impact, "targets": targets}
        try:
            holds = program.execute(context)
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            return f"{expression} cannot be told: {type(error).__name__} {error}"
        return "" if holds is False else expression  # what is not a clear no is for a person

    return asked
