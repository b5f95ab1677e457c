"""A delivery loss: an incident or alert that its provider lists and that the ledger does not know is recorded, and handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from shared.azure.listing import Listed
from shared.engine import poison, record
from shared.engine.app import App
from shared.engine.missing import missing
from shared.engine.pipeline import handle
from shared.engine.plan import brief
from shared.model import ids
from shared.model.delivery import Delivery
from shared.model.event import Event
from shared.model.mark import Mark

MOST = 5
"""Steps that a record names."""

End = Literal["missed", "known", "waits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that a provider lists.

    Args:
        provider: The name of its listing.
        channel: How it should have come.
        listed: What is listed.
        body: The same in the form its source reads.
        mark: Since when, and which playbooks count.
    """

    provider: str
    channel: str
    listed: Listed
    body: dict[str, Any]
    mark: Mark


async def handle_missed(found: Found, settled: datetime, oldest: datetime, app: App) -> End:
    """Handle what was listed if it was not delivered, through the same walk as if it had been.

    Args:
        found: What is listed.
        settled: What came before this time would have been delivered by now.
        oldest: What was made before and is not known by its own name is left alone.
        app: Everything else.

    Returns:
        `known` if there is nothing to do, `waits` if its delivery may be on the way.

    Raises:
        AzureError: If the ledger cannot be read or written.
    """
    delivery = Delivery(body=msgspec.json.encode(found.body), door="reconcile", received=app.clock.now())
    ((_, events, dead),) = poison.read([delivery], app.sources)
    ends = [await _compared(event, found, delivery, (settled, oldest), app) for event in events]
    if dead or "missed" in ends:
        await handle([delivery], app)  # a body that nobody can read becomes a dead letter there
    return next((end for end in ("missed", "waits") if end in ends), "known")


async def _compared(event: Event, found: Found, delivery: Delivery, times: tuple[datetime, datetime], app: App) -> End:
    """Whether an event was missed; if so, that is recorded before anything is done about it."""
    settled, oldest = times
    listed, mark = found.listed, found.mark
    cases = await app.ledger.known((event.case, *event.same))
    began = listed.changed if cases else listed.created
    if began > settled:
        return "waits"
    if listed.created < max(mark.since, oldest) and not await app.ledger.known((event.case,)):
        return "known"  # as good as: it was never to come, or the ledger may have forgotten it
    wanted: list[str] = []
    for match in app.playbooks.match(event)[0]:
        since = mark.acting.get(match.playbook.name)
        if since is not None and since <= began:
            wanted += await missing(match, brief(event, delivery), cases, app)
    if not wanted:
        return "known"
    await _record(event, found, delivery, began, wanted, app)
    return "missed"


async def _record(
    event: Event, found: Found, delivery: Delivery, began: datetime, wanted: Sequence[str], app: App
) -> None:
    """Record a loss in its case, once."""
    name = ids.record_id(event.case, "missed", *sorted(wanted))
    told = f"missed:{name}"
    if await app.ledger.known((told,)):
        return
    now = app.clock.now()
    more = f" and {len(wanted) - MOST} more" if len(wanted) > MOST else ""
    reason = (
        f"{found.provider} lists it, but {found.channel} has not brought it, or it became a dead letter; found after "
        f"{int((now - began).total_seconds() // 60)} minutes; not done: {', '.join(wanted[:MOST])}{more}"
    )
    made = record.of_event(event, delivery, "missed", reason, now)
    opened = await app.ledger.open(event.case, event.same)
    await app.ledger.note(opened.partition, replace(made, RecordId=name, CaseId=opened.case))
    await app.ledger.once(told, opened.case)
    await app.ledger.known_as(opened.partition, (told,))  # forgotten with the case
