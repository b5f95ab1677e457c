"""Recorded records of Microsoft Entra, changed here and there."""

from __future__ import annotations

import json
from typing import Any

from tests.sources.goldens import recording


def record(name: str, number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """One record of a recording, with other values for some of its fields."""
    value = json.loads(recording(name))
    if isinstance(value, dict):
        value = value.get("records") or value["value"]
    found: dict[str, Any] = value[number]
    return {**found, **changes}


def logged(name: str, number: int = 0, /, **changes: Any) -> dict[str, Any]:
    """One record of a diagnostic setting, with other values for some of its properties."""
    found = record(name, number)
    return {**found, "properties": {**found["properties"], **changes}}
