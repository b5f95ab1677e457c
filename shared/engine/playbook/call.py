"""A step of a playbook: a responder, its parameters, and the terms on which it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.engine.playbook.approval import Asked, compile_approval, never
from shared.engine.playbook.form import Options, many
from shared.engine.playbook.mistakes import nearest
from shared.kinds.responder import Responder, can_undo
from shared.model.event import Event
from shared.model.step import Terms

OPTIONS = frozenset(Options.__struct_fields__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A step of a playbook.

    Args:
        responder: What it calls.
        params: With which parameters, as plain values, defaults included.
        asked: Whether somebody must approve it.
        terms: On what other terms.
    """

    responder: str
    params: dict[str, Any]
    asked: Asked
    terms: Terms

    def terms_for(self, event: Event, impact: str, targets: int) -> Terms:
        """The terms, for this event and a run with so many targets."""
        return msgspec.structs.replace(self.terms, approval=self.asked(event, impact, targets))


def compile_call(
    item: dict[str, dict[str, Any] | None], responders: Mapping[str, Responder], *, evidence: bool = False
) -> Call:
    """Make a step ready.

    Raises:
        ValueError: If it cannot work.
    """
    if len(item) != 1:
        raise ValueError(f"a step names one responder, not {len(item)}")
    name, given = next(iter(item.items()))
    if name not in responders:
        raise ValueError(nearest(name, responders))
    options = msgspec.convert({key: value for key, value in (given or {}).items() if key in OPTIONS}, Options)
    params = {key: value for key, value in (given or {}).items() if key not in OPTIONS}
    typed = msgspec.convert(params, responders[name].params)
    if options.expires is not None and not can_undo(responders[name]):
        raise ValueError(f"{name} has no way back, so it cannot expire")
    if options.within is not None and options.approval is None:
        raise ValueError("`within` says how long an approval may take, but there is no `approval`")
    if evidence and (options.approval or options.expires):
        raise ValueError("evidence neither waits for an approval nor expires")
    terms = Terms(expires=many(options.expires), evidence=evidence)
    return Call(
        responder=name,
        params={key: getattr(typed, key) for key in typed.__struct_fields__},
        asked=compile_approval(options.approval) if options.approval else never,
        terms=msgspec.structs.replace(terms, within=options.within) if options.within else terms,
    )
