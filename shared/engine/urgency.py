"""How urgent a step is: as bad as its event, and as high at least if a person asked for it. Pure."""

from __future__ import annotations

from shared.model.severity import Severity
from shared.model.step import Actor, Brief


def urgency(about: Brief, actor: Actor) -> Severity:
    """The urgency of what is done about an event; low if the event does not say how bad it is."""
    bad = Severity.read(about.severity) or Severity.LOW
    return bad if actor.kind == "system" else max(bad, Severity.HIGH)
