from __future__ import annotations

from shared.model.event import Event

EVENT = Event(id="1", case="alert:1", raw={"Password": "open sesame"})


def test_the_raw_body_is_never_shown() -> None:
    assert "open sesame" not in repr(EVENT)
