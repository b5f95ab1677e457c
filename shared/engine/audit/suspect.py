"""Which column of a record was changed, as far as trying can tell. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from shared.model import canonical
from shared.model.record import SCHEMA_VERSION

OLD, AHEAD = timedelta(days=2), timedelta(days=1)
"""Azure Monitor puts the time of arrival in the place of a `TimeGenerated` that is more than this away from it."""

MOST = 500
"""Places that are tried."""

Row = Mapping[str, Any]


class Guess(Struct, frozen=True):
    """What was changed.

    Args:
        column: The column; empty if it cannot be told.
        place: The record's own place, if it says another.
    """

    column: str = ""
    place: int = 0


def guess(row: Row, kept: Mapping[int, Row]) -> Guess:
    """What was changed in a row that does not have its hash.

    Args:
        row: The row.
        kept: Its chain, by place.
    """
    form, wanted = canonical.form(row), str(row.get("Hash") or "")
    place = form.get("Sequence", 0)
    after = kept.get(place + 1)
    if after is not None and canonical.digest(row) == after.get("PreviousHash"):
        return Guess("Hash")
    before = kept.get(place - 1)
    if before is not None and _fits(form, wanted, PreviousHash=before.get("Hash")):
        return Guess("PreviousHash")
    known = {"RecordedTime": canonical.time_of(str(row.get("TimeGenerated") or ""))}
    for column, value in known.items():
        if value and _fits(form, wanted, **{column: value}):
            return Guess(column)
    for column in form:
        if _fits(form, wanted, **{column: None}):
            return Guess(column)
    last = max(kept, default=0)
    for other in range(max(1, min(place, last) - MOST), min(place, last) + MOST):
        links = {
            form.get("PreviousHash"),
            (kept.get(other - 1) or {}).get("Hash"),
            (kept.get(other) or {}).get("PreviousHash"),
        }
        if other != place and any(_fits(form, wanted, Sequence=other, PreviousHash=link) for link in links):
            return Guess("Sequence", other)
    return Guess()


def wrong_time(row: Row) -> bool:
    """Whether `TimeGenerated` is another time than the one in the hash, and none that Azure Monitor would put there."""
    given = canonical.time_of(str(row.get("TimeGenerated") or ""))
    recorded = canonical.time_of(str(row.get("RecordedTime") or ""))
    if not given or not recorded or given == recorded:
        return False
    late = datetime.fromisoformat(given) - datetime.fromisoformat(recorded)
    return -AHEAD < late < OLD


def newer(row: Row) -> str:
    """What to say of a record that a later version of this program wrote."""
    version = canonical.value_of("int", row.get("SchemaVersion"))
    if isinstance(version, int) and version > SCHEMA_VERSION:
        return f"; it has columns of schema version {version}, and this program knows {SCHEMA_VERSION}"
    return ""


def _fits(form: Mapping[str, Any], wanted: str, **other: Any) -> bool:
    tried = {**form, **other}
    return canonical.form_digest({name: value for name, value in tried.items() if value}) == wanted
