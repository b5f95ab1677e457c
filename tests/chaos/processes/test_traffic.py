"""The events of the proof ask for what they are meant to ask for."""

from __future__ import annotations

from collections import Counter

from shared.engine.match import Playbooks
from shared.engine.playbook.load import load
from shared.engine.read import Sources
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from tests.chaos.processes.books import Books
from tests.chaos.processes.ends import lost
from tests.chaos.processes.targets import TARGETS
from tests.chaos.processes.traffic import BROKEN, EVENTS, traffic
from tests.lab import PLAYBOOKS


def test_each_target_is_named_twice_and_nothing_else_is_asked_for() -> None:
    sources = Sources(all_sources())
    playbooks = Playbooks(load(PLAYBOOKS, all_responders(), sources.names))
    sent = traffic()
    assert len(sent) == EVENTS
    assert Counter(one.target for one in sent if one.target) == dict.fromkeys(TARGETS, 2)
    assert sum(not one.readable for one in sent) == BROKEN
    for one in sent:
        events, dead = sources.read(one.body)
        assert (len(events), len(dead)) == ((1, 0) if one.readable else (0, 1))
        asked = [
            call.responder for event in events for match in playbooks.match(event)[0] for call in match.playbook.steps
        ]
        assert asked == ([one.target.responder] if one.target else [])


def test_without_anything_stored_every_event_is_lost() -> None:
    assert len(lost(traffic(), Books({}, {}, []), [], [])) == EVENTS
