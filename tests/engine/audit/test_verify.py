"""What was changed, taken out or moved in exported records is found, whatever exported them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.engine.audit.read import rows
from shared.engine.audit.verify import Report, verify
from shared.model.chain import Head, all_linked, unlinked
from tests.engine.audit.exports import CHAIN, EXPORTS, plain, records

Rows = list[dict[str, Any]]


def found(report: Report) -> list[tuple[str, int, str]]:
    return [(one.kind, one.sequence, one.column) for one in report.findings]


@pytest.mark.parametrize("export", EXPORTS)
def test_what_is_as_it_was_written_is_well_however_it_was_exported(export: str) -> None:
    made, head = records()

    report = verify(rows(EXPORTS[export](plain(made))), [head], in_order=True, whole=True)

    assert report.findings == []
    (chain,) = report.chains
    assert (chain.name, chain.first, chain.last, chain.records, chain.copies, chain.end) == (CHAIN, 1, 6, 6, 0, True)


def _set(**fields: Any) -> Callable[[Rows], None]:
    return lambda table: table[2].update(fields)


def _swap(table: Rows) -> None:
    table[2]["Sequence"], table[3]["Sequence"] = table[3]["Sequence"], table[2]["Sequence"]


def _rewritten(table: Rows) -> None:
    made, _ = records(3)
    altered = [unlinked(one) for one in made]
    table[:3] = plain(all_linked([altered[0], altered[2], altered[1]], Head(CHAIN))[0])


CHANGES: dict[str, tuple[Callable[[Rows], Any], list[tuple[str, int, str]]]] = {
    "a text": (_set(Reason="other"), [("changed", 3, "")]),
    "inside a dynamic column": (lambda t: t[2]["Params"]["a"].update(number=2), [("changed", 3, "")]),
    "the order of a list": (lambda t: t[2].update(Limits=["two", "one"]), [("changed", 3, "")]),
    "a time, by a millisecond": (_set(EventTime="2026-03-02T11:59:00.001Z"), [("changed", 3, "")]),
    "a number": (_set(Attempt=7), [("changed", 3, "")]),
    "an empty column was filled": (_set(Target="vm"), [("changed", 3, "Target")]),
    "its own hash": (_set(Hash="0" * 64), [("changed", 3, "Hash")]),
    "the hash before": (_set(PreviousHash="0" * 64), [("changed", 3, "PreviousHash")]),
    "the time it was recorded": (_set(RecordedTime="2026-03-02T12:30:00Z"), [("changed", 3, "RecordedTime")]),
    "the time of the row": (_set(TimeGenerated="2026-03-02T12:30:00Z"), [("changed", 3, "TimeGenerated")]),
    "one is missing": (lambda t: t.pop(2), [("gap", 3, "")]),
    "two are missing": (lambda t: (t.pop(2), t.pop(2)), [("gap", 3, "")]),
    "the last is missing": (lambda t: t.pop(), [("truncated", 6, "")]),
    "two changed places": (_swap, [("reordered", 3, ""), ("reordered", 4, "")]),
    "one says it is the last": (_set(Sequence=7), [("gap", 3, ""), ("reordered", 7, "")]),
    "another row for one": (lambda t: t.append({**t[2], "Reason": "x"}), [("changed", 3, ""), ("duplicate", 3, "")]),
    "written anew with right hashes": (_rewritten, [("link", 4, "")]),
    "taken out of its chain": (_set(Chain=""), [("gap", 3, ""), ("unchained", 0, "")]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("export", ["array", "query"])
def test_what_was_changed_is_found(change: str, export: str) -> None:
    made, head = records()
    table = plain(made)
    alter, wanted = CHANGES[change]
    alter(table)

    assert sorted(found(verify(rows(EXPORTS[export](table)), [head]))) == sorted(wanted)


@pytest.mark.parametrize(
    "name", [name for name in plain(records()[0])[0] if name not in ("TimeGenerated", "Chain", "Sequence")]
)
def test_every_column_that_is_emptied_is_found(name: str) -> None:
    table = plain(records()[0])
    del table[0][name]

    assert [(kind, place) for kind, place, _ in found(verify(table))] == [("changed", 1)]


def test_a_row_that_came_twice_is_a_copy_and_counts_once() -> None:
    made, head = records()
    table = plain(made)

    (chain,) = verify([*table[:3], *table[1:]], [head]).chains

    assert (chain.copies, chain.findings) == (2, [])


def test_what_is_missing_at_the_start_is_no_gap_unless_there_should_be_all() -> None:
    table = plain(records()[0])[2:]

    assert found(verify(table)) == []
    assert found(verify(table, whole=True)) == [("gap", 1, "")]


def test_the_order_of_the_rows_counts_if_it_is_that_of_arrival() -> None:
    made, _ = records()
    table = plain([*made[:2], made[3], made[2], *made[4:]])

    assert found(verify(table)) == []
    assert found(verify(table, in_order=True)) == [("reordered", 3, "")]


def test_a_record_that_azure_monitor_gave_another_time_is_as_it_was_written() -> None:
    table = plain(records()[0])
    for row in table:
        row["TimeGenerated"] = "2026-03-05T00:00:00Z"

    assert found(verify(table)) == []


def test_ends_that_were_kept_elsewhere_tell_what_was_cut_off_and_what_was_written_anew() -> None:
    made, head = records()
    early = Head(CHAIN, 4, made[3].Hash)

    assert found(verify(plain(made), [early])) == []
    assert found(verify(plain(made), [Head(CHAIN, 4, "0" * 64)])) == [("link", 4, "")]
    assert found(verify(plain(made[:4]), [head])) == [("truncated", 5, "")]
    assert verify([], [head]).unseen == [CHAIN]
    assert found(verify([], [head], whole=True)) == [("truncated", 0, "")]


def test_chains_are_looked_at_each_for_itself() -> None:
    table = plain(records()[0]) + plain(records(3, "instance-1-1")[0])
    table[7]["Reason"] = "other"

    report = verify(table)

    assert [(one.name, len(one.findings)) for one in report.chains] == [(CHAIN, 0), ("instance-1-1", 1)]


def test_a_record_of_a_later_version_is_told_as_such() -> None:
    table = plain(records()[0])
    table[0] |= {"SchemaVersion": 99}

    (one,) = verify(table).findings

    assert "schema version 99" in one.text
