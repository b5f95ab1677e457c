"""On what terms a playbook calls a responder: expiry, approval, evidence, and what is done instead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.engine.playbook.approval import compile_approval
from shared.model.event import Event
from shared.model.severity import Severity
from tests.engine.playbook.test_load import GOOD, changed, loaded, mistakes

ISOLATE, REVOKE = "network.isolate_nic", "entra.revoke_user_sessions"
WITH_PEOPLE = {"source": "graph_alert", "entity": ["virtual_machine", "account"]}


def step(**options: Any) -> dict[str, Any]:
    return changed(then=[{ISOLATE: options}])


def test_what_it_says_of_a_step_is_kept_apart_from_the_parameters(tmp_path: Path) -> None:
    options = {"expires": ["4h", "2d"], "approval": "required", "within": "30m", "quarantine_group": "nsg-other"}
    given = step(**options) | {"first": {"within": "2m", "steps": [{REVOKE: None}]}, "when": WITH_PEOPLE}

    (playbook,) = loaded(tmp_path, good=given)

    first, then = playbook.steps
    assert (first.responder, first.terms.evidence, playbook.within) == (REVOKE, True, timedelta(minutes=2))
    assert then.params["quarantine_group"] == "nsg-other"
    assert (then.terms.expires, then.terms.within, then.terms.evidence) == (("4h", "2d"), "30m", False)


def test_without_terms_it_lasts_and_nobody_is_asked(tmp_path: Path) -> None:
    (playbook,) = loaded(tmp_path, good=GOOD)

    (call,) = playbook.steps
    assert call.terms.expires == ()
    assert call.terms_for(Event(source="x", id="1", case="c"), "high", 9).approval == ""
    assert playbook.lapsed == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (step(expires="4 hours"), "good.yaml at then[0].network.isolate_nic.expires: "),
        (step(expires=[]), "good.yaml at then[0].network.isolate_nic.expires: "),
        (step(aproval="required"), "did you mean 'approval'?"),
        (step(approval="sometimes"), "good.yaml at then[0].network.isolate_nic.approval: "),
        (step(approval="when impact is huge"), "impact is low, medium, high, not 'huge'"),
        (step(approval="when severity is grave"), "there is no severity 'grave'"),
        (step(approval="when event."), "good.yaml at then[0].network.isolate_nic: "),
        (step(approval="when raw.x == 1"), "`raw` is not known here; use `event`, `impact` and `targets`"),
        (step(within="2h"), "`within` says how long an approval may take, but there is no `approval`"),
        (
            changed(when=WITH_PEOPLE, then=[{REVOKE: {"expires": "4h"}}]),
            "entra.revoke_user_sessions has no way back, so it cannot expire",
        ),
        (
            changed(when=WITH_PEOPLE, first={"steps": [{REVOKE: {"approval": "required"}}]}),
            "first.steps[0].entra.revoke_user_sessions: evidence neither waits for an approval nor expires",
        ),
        (changed(first={"steps": []}), "good.yaml at first.steps: must not be empty"),
        (changed(first={"within": "9m", "steps": [{ISOLATE: None}]}), "good.yaml at first.within: "),
        (changed(lapsed=[{ISOLATE: None}]), "lapsed[0].network.isolate_nic: is there already"),
        (changed(lapsed=[{REVOKE: None}]), "acts on account, but `when.entity` selects virtual_machine"),
        (changed(lapsed=[{"entra.revoke_sessions": None}]), "did you mean 'entra.revoke_user_sessions'?"),
    ],
)
def test_every_mistake_is_told_with_its_place(given: dict[str, Any], told: str, tmp_path: Path) -> None:
    found = mistakes(tmp_path, good=given)

    assert len([text for text in found if told in text]) == 1, found
    assert not [text for text in found if text.startswith("good.yaml: ")]


@pytest.mark.parametrize(
    ("text", "severity", "why"),
    [
        ("when severity is high", None, "severity is not given"),
        ("when severity is high", Severity.CRITICAL, "severity is critical"),
        ("when severity is high or above", Severity.HIGH, "severity is high"),
        ("when severity is high", Severity.MEDIUM, ""),
        ("when impact is medium", Severity.LOW, "impact is high"),
        ("when targets > 3", Severity.LOW, "the run has 4 targets"),
        ("when targets > 4", Severity.LOW, ""),
        ("when targets", Severity.LOW, "targets"),
        ("when event.severity == 'low' && targets > 5", Severity.LOW, ""),
    ],
)
def test_whether_somebody_must_approve_and_why(text: str, severity: Severity | None, why: str) -> None:
    event = Event(source="x", id="1", case="c", severity=severity)

    assert compile_approval(text)(event, "high", 4) == why
