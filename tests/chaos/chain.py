"""Whether the records' hash chains hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.engine.audit.verify import verify


def broken(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Where a chain is broken: a record changed, missing or out of order, or one that is in no chain.

    Args:
        records: The rows of Log Analytics, repeats included.
    """
    return [f"{finding.chain}: {finding.text}" for finding in verify(records, whole=True).findings]
