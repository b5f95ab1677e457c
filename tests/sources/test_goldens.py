"""Every recording is read as its golden says: all its events in full, and all its dead letters.

Goldens are written by `python -m tests.sources.goldens`.
"""

from __future__ import annotations

import pytest

from shared.kinds.source import all_sources
from tests.sources import goldens


@pytest.mark.parametrize("name", goldens.names())
def test_a_recording_is_read_as_its_golden_says(name: str) -> None:
    assert goldens.outcome(name) == goldens.golden(name)


def test_every_golden_has_its_recording_and_every_recording_its_golden() -> None:
    assert sorted(file.stem for file in goldens.FOLDER.iterdir()) == goldens.names()


@pytest.mark.parametrize("source", sorted(all_sources()))
def test_every_source_has_three_recordings_or_more(source: str) -> None:
    read = [name for name in goldens.names() if source in {event["source"] for event in goldens.golden(name)["events"]}]

    assert len(read) >= 3
