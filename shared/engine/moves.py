"""A step moves from state to state: only along the arrows that are drawn, with its records, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable

from shared.azure.ledger import Noted
from shared.engine.app import App
from shared.model.ledger import Entry
from shared.model.record import Record
from shared.model.states import Who, taken


async def begin(partition: str, entry: Entry, records: Iterable[Record], who: Who, app: App) -> Noted:
    """Write a step that is not in the ledger.

    Raises:
        Changed: It is there.
        NoSuchArrow: Steps do not begin in that state.
    """
    taken("", entry.state, who)
    return await app.ledger.begin(partition, entry, records)


async def move(
    noted: Noted, entry: Entry, records: Iterable[Record], who: Who, app: App, also: Iterable[Entry] = ()
) -> Noted:
    """Change a step that is as it was read.

    Args:
        noted: As it was read.
        entry: As it is to be.
        records: What is told of it.
        who: Who moves it.
        app: Everything else.
        also: Steps that begin with this.

    Raises:
        Changed: Somebody else has changed it.
        NoSuchArrow: No arrow leads there.
    """
    taken(noted.entry.state, entry.state, who)
    beginning = list(also)
    for step in beginning:
        taken("", step.state, who)
    return await app.ledger.move(noted, entry, records, beginning)
