from __future__ import annotations

from dataclasses import replace

from shared.model.event import Event

EVENT = Event(id="1", case="alert:1", raw={"Password": "open sesame"})


def test_the_raw_body_is_never_shown() -> None:
    assert "open sesame" not in repr(EVENT)


def test_the_raw_body_does_not_make_an_event_another_one() -> None:
    assert replace(EVENT, raw={}) == EVENT
    assert replace(EVENT, id="2") != EVENT
