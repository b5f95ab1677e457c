"""The ends of chains, as they are known elsewhere than in Log Analytics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from shared.engine.app import App
from shared.engine.audit.read import rows
from shared.model.chain import Head
from shared.model.errors import Unreadable

AT_ONCE = 16
"""Chains that are looked up at the same time."""

_OWN = "instance-"


def read_heads(content: bytes) -> list[Head]:
    """Heads in a file, as JSON lines or an array.

    Raises:
        Unreadable: There are others in it.
    """
    found = rows(content)
    for number, row in enumerate(found, 1):
        if not row.keys() >= {"Chain", "Sequence", "Hash"}:
            raise Unreadable('a head is {"Chain": …, "Sequence": …, "Hash": …}', f"head {number}")
    try:
        return msgspec.convert(found, list[Head])
    except msgspec.ValidationError as error:
        raise Unreadable(f"a head is not as `heads` writes it: {error}") from error


async def all_heads(app: App) -> list[Head]:
    """The ends of all chains in the ledger.

    Raises:
        AzureError: The ledger cannot be read.
    """
    return sorted(await app.ledger.heads(), key=lambda head: head.chain)


async def heads_of(chains: Iterable[str], app: App) -> list[Head]:
    """How far these chains have been delivered; the chains of instances, and cases that were forgotten, are left out.

    Raises:
        AzureError: The ledger cannot be read.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(chain: str) -> Head | None:
        async with gate:
            return await _delivered(chain, app)

    found = await asyncio.gather(*(one(chain) for chain in sorted(chains) if not chain.startswith(_OWN)))
    return [head for head in found if head is not None]


async def _delivered(chain: str, app: App) -> Head | None:
    partition = chain.partition("-")[0]
    head = await app.ledger.head(partition)
    unsent = await app.ledger.unsent(partition)  # after the head: what is written meanwhile waits, too
    if head is None or head.chain != chain:
        return None
    if unsent:  # they wait to be delivered: the end is the one before
        first = unsent[0][0]
        return Head(chain, first.Sequence - 1, first.PreviousHash) if first.Sequence > 1 else None
    return head
