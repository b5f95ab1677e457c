from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from shared.model.quiet_hours import QuietHours
from tests.engine.playbook.test_load import changed, loaded, mistakes

NIGHT = {"from": "22:00", "to": "06:00", "zone": "Europe/Berlin"}


def quiet(folder: Path, **fields: Any) -> QuietHours:
    (found,) = loaded(folder, good=changed(quiet_hours={**NIGHT, **fields}))
    assert found.quiet_hours is not None
    return found.quiet_hours


def test_without_them_it_may_always_act(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, good=changed())

    assert found.quiet_hours is None


def test_they_are_read_as_they_are_written(tmp_path: Path) -> None:
    found = quiet(tmp_path, days=["friday", "saturday"], then="wait")

    assert (found.begin, found.end, found.zone.key) == (time(22), time(6), "Europe/Berlin")
    assert (found.days, found.then) == (frozenset({4, 5}), "wait")


def test_if_it_does_not_say_they_are_every_day_and_hold(tmp_path: Path) -> None:
    found = quiet(tmp_path)

    assert (found.days, found.then) == (frozenset(range(7)), "hold")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"zone": "Europe/Berln"}, "quiet_hours: there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ({"zone": "qqqqqqq"}, "quiet_hours: there is no time zone 'qqqqqqq'; name one of the IANA database"),
        ({"zone": "../../etc/passwd"}, "there is no time zone"),
        ({"to": "22:00"}, "quiet_hours: they begin and end at 22:00"),
        ({"from": "24:00"}, "quiet_hours.from: '24:00' does not fit"),
        ({"from": "9:00"}, "quiet_hours.from: '9:00' does not fit"),
        ({"from": 1320}, 'quiet_hours.from: put it in quotes, "22:00": YAML reads it as the number 1320'),
        ({"days": []}, "quiet_hours.days: must not be empty"),
        ({"days": ["Friday"]}, "quiet_hours.days[0]: there is no 'Friday'; did you mean 'friday'?"),
        ({"then": "held"}, "quiet_hours.then: there is no 'held'; did you mean 'hold'?"),
        ({"until": "06:00"}, "quiet_hours.until: there is no 'until'"),
    ],
    ids=str,
)
def test_what_cannot_work_is_told_with_its_place(fields: dict[str, Any], told: str, tmp_path: Path) -> None:
    found = mistakes(tmp_path, good=changed(quiet_hours={**NIGHT, **fields}))

    assert any(told in mistake for mistake in found), found


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, good=changed(quiet_hours={"from": "22:00", "to": "06:00"}))

    assert "good.yaml at quiet_hours: 'zone' is missing" in found


def test_what_is_no_mapping_is_told(tmp_path: Path) -> None:
    assert any(
        "quiet_hours: must be" in mistake for mistake in mistakes(tmp_path, good=changed(quiet_hours="at night"))
    )
