from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.duration import Duration, length


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("4h", timedelta(hours=4)),
        ("7d", timedelta(days=7)),
        ("99999d", timedelta(days=99999)),
    ],
)
def test_a_length_of_time_is_a_number_and_a_unit(text: str, wanted: timedelta) -> None:
    assert length(text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "h",
        "0h",
        "04h",
        "-4h",
        "+4h",
        "4 h",
        " 4h",
        "4h ",
        "4h\n",
        "4H",
        "1.5h",
        "4w",
        "1h30m",
        "100000s",
        "٤h",
    ],
)
def test_anything_else_is_refused_with_the_text_named(text: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time") as raised:
        length(text)

    assert repr(text) in str(raised.value)


@settings(deadline=None)
@given(st.integers(1, 99999), st.sampled_from("smhd"))
def test_a_playbook_may_hold_every_length_that_can_be_read(number: int, unit: str) -> None:
    text = msgspec.convert(f"{number}{unit}", Duration)

    assert length(text).total_seconds() == number * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]


@pytest.mark.parametrize("text", ["", "0h", "4", "4w", "1h30m"])
def test_a_playbook_may_hold_no_other(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Duration)
