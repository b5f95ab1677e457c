"""Ids are derived, never drawn: the same cause gives the same id, whoever computes it and whenever."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def digest(*parts: str) -> str:
    """A SHA-256 over texts, in hexadecimal; ("a", "b") and ("ab",) differ."""
    return content_digest(msgspec.json.encode(parts))


def content_digest(content: bytes) -> str:
    """The SHA-256 of a body, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def value_digest(value: Any) -> str:
    """A SHA-256 over plain values; the order of keys does not count."""
    return content_digest(msgspec.json.encode(value, order="deterministic"))


def partition(case: str) -> str:
    """The ledger partition of a case: 32 hexadecimal digits."""
    return digest("case", case)[:32]


def step_key(case: str, playbook: str, responder: str, target: str) -> str:
    """What makes a deed the same deed: 32 hexadecimal digits."""
    return digest("step", case, playbook, responder, target)[:32]


def run_id(case: str, playbook: str) -> str:
    """A playbook's run on a case; begins with the case's partition, so that the run can be found by its id alone."""
    return f"{partition(case)}-{digest('run', case, playbook)[:12]}"


def record_id(*parts: str) -> str:
    """The id that makes an audit record recognisable when it is delivered twice."""
    return digest("record", *parts)[:32]
