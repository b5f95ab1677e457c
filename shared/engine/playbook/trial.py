"""A playbook's own tests: recorded deliveries, and the responders each must lead to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from shared.engine.playbook.load import Playbook
from shared.engine.read import Sources
from shared.kinds.responder import Responder
from shared.model.errors import Mistake


def trials(
    playbook: Playbook, recordings: Path, sources: Sources, responders: Mapping[str, Responder]
) -> list[Mistake]:
    """Run a playbook's tests; what does not come out as expected.

    Args:
        playbook: The playbook.
        recordings: The folder of the recorded deliveries.
        sources: What reads them.
        responders: What there is to call.
    """
    failed: list[Mistake] = []
    for number, trial in enumerate(playbook.trials):
        place = f"tests[{number}]"
        file = next(iter(sorted(recordings.glob(f"{trial.recording}.*"))), None)
        if file is None:
            text = f"there is no recording {trial.recording!r} in {recordings}"
            failed.append(Mistake(f"{playbook.name}.yaml", place, text))
            continue
        planned, why = _planned(playbook, file.read_bytes(), sources, responders)
        if planned != trial.expect:
            text = f"{trial.recording} leads to {planned or 'nothing'}, expected {trial.expect or 'nothing'}: {why}"
            failed.append(Mistake(f"{playbook.name}.yaml", place, text))
    return failed


def _planned(
    playbook: Playbook, body: bytes, sources: Sources, responders: Mapping[str, Responder]
) -> tuple[list[str], str]:
    """The responders that a delivery leads to, in order, and why."""
    events, dead = sources.read(body)
    planned: list[str] = []
    reasons = [f"{letter.reason} at {letter.where}" for letter in dead]
    for event in events:
        if event.source not in playbook.condition.sources:
            reasons.append(f"source is {event.source}")
            continue
        holds, why = playbook.condition.ask(event)
        reasons += why
        kinds = {kind for entity in playbook.condition.selected(event) for kind in entity.kinds}
        steps = [c.responder for c in playbook.steps if not responders[c.responder].target.accepts.isdisjoint(kinds)]
        planned += steps if holds else []
    return planned, "; ".join(reasons) or "it holds no event"
