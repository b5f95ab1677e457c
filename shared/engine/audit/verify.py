"""Whether exported records are those that were written: each as it was, none missing, none in another place. Pure.

The hashes have no key: who can write the table can also write a new chain. What they cannot do is agree with heads that
were kept elsewhere, in the ledger or in a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from msgspec import Struct

from shared.engine.audit import suspect
from shared.model import canonical
from shared.model.chain import Head

Kind = Literal["changed", "gap", "reordered", "duplicate", "link", "truncated", "unchained"]

Row = Mapping[str, Any]


class Finding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is not as it was written.

    Args:
        kind: What.
        chain: In which chain.
        sequence: At which place; 0 if that is not known.
        record: The record's id, if it is about one.
        column: The column that was changed, if that can be told.
        text: The same in words.
    """

    kind: Kind
    chain: str = ""
    sequence: int = 0
    record: str = ""
    column: str = ""
    text: str


class Chain(Struct, frozen=True, kw_only=True):
    """What was found of a chain.

    Args:
        name: Its name.
        first: The first place there is.
        last: The last.
        records: How many places there are.
        copies: How many rows say the same as another: they were delivered twice.
        end: Whether the last one was compared with a head.
        findings: What is wrong.
    """

    name: str
    first: int
    last: int
    records: int
    copies: int
    end: bool
    findings: list[Finding]


class Report(Struct, frozen=True, kw_only=True):
    """All that was found.

    Args:
        chains: Every chain, by name.
        findings: What is wrong, outside and inside of chains.
        unseen: Chains that have a head, and no record here.
    """

    chains: list[Chain]
    findings: list[Finding]
    unseen: list[str]


def verify(rows: Sequence[Row], heads: Iterable[Head] = (), *, in_order: bool = False, whole: bool = False) -> Report:
    """Look at exported records.

    Args:
        rows: The rows, repeats included, in the order of the export.
        heads: The ends of chains as they were known elsewhere, not after the export.
        in_order: Whether the rows are in the order of arrival, which then counts.
        whole: Whether the export holds all there ever was: then what is missing at the start of a chain is a gap, and not
            what retention has dropped, and a chain without a record is missing.
    """
    chains: dict[str, list[Row]] = defaultdict(list)
    findings: list[Finding] = []
    for row in rows:
        if str(row.get("Chain") or "") and _sequence(row) > 0:
            chains[str(row["Chain"])].append(row)
        else:
            text = "it has no place in a chain: Chain and Sequence are empty"
            findings.append(Finding(kind="unchained", record=_id(row), text=text))
    known = {head.chain: head for head in heads}
    looked = [_chain(name, own, known.get(name), in_order, whole) for name, own in sorted(chains.items())]
    unseen = sorted(known.keys() - chains.keys())
    if whole:
        for name in unseen:
            text = f"none of its {known[name].sequence} records is here"
            findings.append(Finding(kind="truncated", chain=name, text=text))
    return Report(chains=looked, findings=findings + [one for each in looked for one in each.findings], unseen=unseen)


def _chain(name: str, rows: list[Row], head: Head | None, in_order: bool, whole: bool) -> Chain:  # noqa: FBT001 - as asked
    places: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        same = [one for one in places[_sequence(row)] if _said(one) == _said(row)]
        if not same:
            places[_sequence(row)].append(row)
    found: list[Finding] = []
    for place, versions in places.items():
        if len(versions) > 1:
            found.append(
                _finding("duplicate", versions[1], f"{len(versions)} rows say they are record {place}, and differ")
            )
    if in_order:
        found += _out_of_order(places)
    order = sorted(places)
    kept = {place: _likely(places, place) for place in order}
    found += _gaps(name, order, whole)
    for place in order:
        for row in places[place]:
            if canonical.digest(row) != row.get("Hash"):
                found.append(_changed(row, kept))
            elif suspect.wrong_time(row):
                text = (
                    "TimeGenerated is neither when it was recorded nor a time that Azure Monitor would put in its place"
                )
                found.append(_finding("changed", row, text, "TimeGenerated"))
    broken = {one.sequence for one in found if one.kind in ("changed", "reordered")}
    found += _links(kept, broken)
    if head is not None:
        found += _end(name, kept, head)
    return Chain(
        name=name,
        first=order[0],
        last=order[-1],
        records=len(order),
        copies=len(rows) - sum(map(len, places.values())),
        end=head is not None,
        findings=sorted(found, key=lambda one: one.sequence),
    )


def _gaps(name: str, order: list[int], whole: bool) -> list[Finding]:  # noqa: FBT001 - as asked
    pairs = [*([(0, order[0])] if whole else []), *pairwise(order)]
    return [
        Finding(kind="gap", chain=name, sequence=early + 1, text=f"{_span(early + 1, late - 1)} missing")
        for early, late in pairs
        if late > early + 1
    ]


def _links(kept: Mapping[int, Row], broken: set[int]) -> list[Finding]:
    found = []
    for place, row in kept.items():
        before = kept.get(place - 1)
        wanted = str(before.get("Hash") or "") if before is not None else ""
        if place in broken or place - 1 in broken or (before is None and place != 1):
            continue
        if str(row.get("PreviousHash") or "") != wanted:
            what = f"record {place - 1}, which was written anew" if before is not None else "a beginning"
            found.append(_finding("link", row, f"it does not follow on {what}"))
    return found


def _end(name: str, kept: Mapping[int, Row], head: Head) -> list[Finding]:
    last = max(kept)
    if last < head.sequence:
        text = f"{_span(last + 1, head.sequence)} missing at the end; what was written last may be on its way still"
        return [Finding(kind="truncated", chain=name, sequence=last + 1, text=text)]
    there = kept.get(head.sequence)
    if there is not None and there.get("Hash") != head.hash:
        return [_finding("link", there, "its hash is not the one that was kept of it elsewhere")]
    return []


def _out_of_order(places: Mapping[int, list[Row]]) -> list[Finding]:
    found, latest = [], 0
    for place, versions in places.items():  # in the order in which each came first
        if place < latest:
            found.append(_finding("reordered", versions[0], f"it came after record {latest}"))
        latest = max(latest, place)
    return found


def _changed(row: Row, kept: Mapping[int, Row]) -> Finding:
    place = _sequence(row)
    guess = suspect.guess(row, kept)
    if guess.place:
        return _finding("reordered", row, f"it says it is record {place}, and was written as record {guess.place}")
    what = f": {guess.column}" if guess.column else ""
    newer = suspect.newer(row)
    return _finding("changed", row, f"it is not what was written{what}{newer}", guess.column)


def _likely(places: Mapping[int, list[Row]], place: int) -> Row:
    """Of rows at one place, the one that is as it was written."""
    return next((row for row in places[place] if canonical.digest(row) == row.get("Hash")), places[place][0])


def _finding(kind: Kind, row: Row, text: str, column: str = "") -> Finding:
    return Finding(
        kind=kind, chain=str(row["Chain"]), sequence=_sequence(row), record=_id(row), column=column, text=text
    )


def _said(row: Row) -> tuple[dict[str, Any], str]:
    return canonical.form(row), str(row.get("Hash") or "")


def _sequence(row: Row) -> int:
    found = canonical.value_of("int", row.get("Sequence"))
    return found if isinstance(found, int) else 0


def _id(row: Row) -> str:
    return str(row.get("RecordId") or "")


def _span(first: int, last: int) -> str:
    return f"record {first} is" if first == last else f"records {first} to {last} are"
