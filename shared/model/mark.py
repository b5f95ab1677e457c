"""How far a provider's list has been compared with the ledger."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a provider's list has been compared with the ledger.

    Args:
        provider: The name of its listing.
        place: What of it is listed, such as a subscription's id.
        since: When the comparison began: what the provider knew before was never to be delivered to us.
        until: Everything that changed before has been compared.
        acting: Since when each playbook acts: what came before it did has left nothing in the ledger.
        seen: What has been compared already and may be listed once more.
        losses: When something was found that had not been delivered, in the last day.
        last: When a comparison last went well; None: never.
        error: Why the last one did not; empty if it did.
    """

    provider: str
    place: str
    since: datetime
    until: datetime
    acting: dict[str, datetime] = {}
    seen: tuple[str, ...] = ()
    losses: tuple[datetime, ...] = ()
    last: datetime | None = None
    error: str = ""
