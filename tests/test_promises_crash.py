"""What every responder survives, present and future: an instance that is killed before or after any request it makes.

`make chaos` kills at every point of every walk, with every way to go on. Here an event's walk is killed at every point, each
with one of the ways, by turns; and the other walks at some of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.chaos.crash.play import Killed, clean, killed
from tests.chaos.crash.walks import REDELIVERED, cases

STRIDE = 13
"""Every so many points of the other walks; prime to the moments and ways to go on, so that all of them come."""

CASES = {f"{walk.title}, {name}": (walk, name) for walk, name in cases()}


@pytest.mark.parametrize("case", CASES)
async def test_whoever_goes_on_where_an_instance_was_killed_does_everything_exactly_once(
    case: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    walk, name = CASES[case]
    played = await clean(walk, name, tmp_path)
    assert played.requests

    whole = walk.title == "an event is delivered"
    some = by_turns(played.points, len(REDELIVERED)) if whole else played.points[::STRIDE]
    for point, resume in some:
        mistakes = await killed(played, point, resume)
        assert not mistakes, (f"{point}, {resume}: {played.requests[point.number]}", mistakes)
    record_property("crash points", len(some))
    record_property("crash points there are", len(played.points))


def by_turns(points: Sequence[Killed], ways: int) -> list[Killed]:
    """Every point once, each with another way to go on than the one before."""
    return [points[at + at // ways % ways] for at in range(0, len(points), ways)]
