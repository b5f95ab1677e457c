"""A machine whose clock is wrong does nothing: it would see the leases of others end while they are at work."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from shared.model.errors import Temporary

SKEW = timedelta(seconds=30)
"""By how much the machine's clock may differ from the table service's. Leases are told by clocks: with one of these ahead
and another behind, a lease still outlasts the time that a step may take."""


def agreed(date: str, asked: datetime, within: timedelta) -> None:
    """Hold the machine's clock to a service's.

    Args:
        date: When the service answered, by its clock; empty if it does not say.
        asked: When it was asked, by the machine's.
        within: How long it may have taken to answer.

    Raises:
        Temporary: They differ.
    """
    try:
        answered = parsedate_to_datetime(date)
    except ValueError:
        return
    if not asked - SKEW <= answered <= asked + within + SKEW:
        apart = round((asked - answered).total_seconds())
        told = f"{abs(apart)} s {'ahead of' if apart > 0 else 'behind'} the table service's"
        raise Temporary(f"this machine's clock is {told}: it does nothing until they agree", code="ClockSkew")
