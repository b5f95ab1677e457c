"""Lengths of time as people write them in playbooks: `30s`, `15m`, `4h`, `7d`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from msgspec import Meta

PATTERN = r"^[1-9][0-9]{0,4}[smhd]$"
Duration = Annotated[str, Meta(pattern=PATTERN, description="A length of time: 30s, 15m, 4h, 7d.")]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def length(text: str) -> timedelta:
    """The length of time that a text such as `4h` means.

    Raises:
        ValueError: If it means none.
    """
    if not re.fullmatch(PATTERN, text):
        raise ValueError(f"{text!r} is not a length of time such as 30s, 15m, 4h or 7d")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
