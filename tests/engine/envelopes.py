"""Bodies and what is found in them, for the tests of envelopes."""

from __future__ import annotations

import gzip
import json
from typing import Any

from shared.engine.envelope import records
from shared.model.errors import Unreadable

A, B = {"a": 1}, {"b": "ü"}


def zipped(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def found(body: bytes) -> list[tuple[Any, str]]:
    """Every record with its place; an error as its reason."""
    return [(r.reason if isinstance(r, Unreadable) else r, r.where if isinstance(r, Unreadable) else where)
            for r, where, _ in records(body)]  # fmt: skip


def parts(body: bytes) -> list[bytes]:
    return [part for _, _, part in records(body)]
