"""The chain that records form: each holds the hash of the one before, so that none can be changed or taken out unseen. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared.model import canonical
from shared.model.record import Record


class Head(Struct, frozen=True, rename="pascal"):
    """The end of a chain, where the next record goes.

    Args:
        chain: The chain's name.
        sequence: How many records it has.
        hash: The hash of the last one; empty if there is none.
    """

    chain: str
    sequence: int = 0
    hash: str = ""


def linked(record: Record, head: Head) -> tuple[Record, Head]:
    """A record in its place at the end of a chain, and the chain's new end."""
    placed = replace(
        record,
        RecordedTime=record.TimeGenerated,
        Chain=head.chain,
        Sequence=head.sequence + 1,
        PreviousHash=head.hash,
        Hash="",
    )
    digest = canonical.digest(msgspec.to_builtins(placed))
    return replace(placed, Hash=digest), Head(head.chain, placed.Sequence, digest)


def all_linked(records: Iterable[Record], head: Head) -> tuple[list[Record], Head]:
    """Records in their places, one after the other, and the chain's new end."""
    placed: list[Record] = []
    for record in records:
        one, head = linked(record, head)
        placed.append(one)
    return placed, head


def unlinked(record: Record) -> Record:
    """A record as it was before it had a place in a chain."""
    return replace(record, RecordedTime="", Chain="", Sequence=0, PreviousHash="", Hash="")
