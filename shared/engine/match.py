"""Station 2: match. An event and the playbooks that ask for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.engine.playbook.load import Playbook
from shared.model.entity import AnyEntity
from shared.model.event import Event


@dataclass(frozen=True, slots=True)
class Match:
    """A playbook that applies.

    Args:
        event: To what.
        playbook: Which.
        entities: What its steps act on.
        why: Why, condition by condition.
    """

    event: Event
    playbook: Playbook
    entities: tuple[AnyEntity, ...]
    why: tuple[str, ...]


class Playbooks:
    """All playbooks, ready to be asked: an event meets only those that ask for its source.

    Args:
        playbooks: In the order in which they are asked.
    """

    def __init__(self, playbooks: Sequence[Playbook]) -> None:
        self.all = tuple(playbooks)
        self._by_source: dict[str, list[Playbook]] = {}
        for playbook in playbooks:
            for source in playbook.condition.sources:
                self._by_source.setdefault(source, []).append(playbook)

    def named(self, name: str) -> Playbook | None:
        """A playbook by its name."""
        return next((playbook for playbook in self.all if playbook.name == name), None)

    def match(self, event: Event) -> tuple[list[Match], str]:
        """The playbooks that apply, or why none does."""
        matches: list[Match] = []
        reasons: list[str] = []
        for playbook in self._by_source.get(event.source, ()):
            holds, why = playbook.condition.ask(event)
            if holds:
                matches.append(Match(event, playbook, playbook.condition.selected(event), why))
            else:
                reasons.append(f"{playbook.name}: {why[0]}")
        if matches:
            return matches, ""
        return [], "; ".join(reasons) or f"no playbook asks for source {event.source}"
