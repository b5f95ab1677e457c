"""A report, for people and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shared.engine.audit.verify import Chain, Report


def lines(report: Report) -> Iterator[str]:
    """The report as a table, with what is wrong below."""
    records, copies = sum(one.records for one in report.chains), sum(one.copies for one in report.chains)
    yield f"{records} records in {len(report.chains)} chains, {copies} of them delivered more than once"
    if report.chains:
        yield ""
        yield f"{'chain':<52}{'records':>16}  {'end':<14}"
    for one in report.chains:
        span = f"{one.first} to {one.last}"
        yield f"{_shown(one.name):<52}{span:>16}  {'compared' if one.end else 'not compared':<14}{_state(one)}"
    if report.unseen:
        yield ""
        yield f"{len(report.unseen)} chains that are known elsewhere have no record here"
    yield ""
    for found in report.findings:
        place = f"{found.chain} record {found.sequence}" if found.sequence else found.chain
        about = f" ({found.record})" if found.record else ""
        yield f"{found.kind}: {_shown(place)}{_shown(about)}: {_shown(found.text)}"
    yield f"{len(report.findings)} findings" if report.findings else "all is as it was written"


def objects(report: Report) -> Iterator[str]:
    """The report as JSON objects, one a line: the chains, then the findings, then the sums."""
    for one in report.chains:
        plain = msgspec.to_builtins(one)
        plain["findings"] = len(one.findings)
        yield msgspec.json.encode({"chain": plain}).decode()
    for found in report.findings:
        yield msgspec.json.encode({"finding": found}).decode()
    sums = {"chains": len(report.chains), "findings": len(report.findings), "unseen": report.unseen}
    yield msgspec.json.encode({"report": sums}).decode()


def _state(chain: Chain) -> str:
    if chain.findings:
        return f"{len(chain.findings)} findings"
    if chain.first > 1:
        return f"well; {chain.first - 1} before are missing, as when their retention is over"
    return "well"


def _shown(text: str) -> str:
    """Text from outside as it may be shown on a terminal: what would control it is written out."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
