"""What came in at a door."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Door = Literal["event_hub", "event_grid", "http", "sweep", "redrive", "reconcile"]


class Delivery(Struct, frozen=True, kw_only=True):
    """One body.

    Args:
        body: As it came.
        door: How it came.
        received: When the function was called, in UTC.
        trace: The W3C trace context of the call (`traceparent`); empty if there is none.
        attempt: Which time this body is tried; more than one only for a dead letter that was put back.
        first: The id of the dead letter that it was before, the first if there were several; empty if it was none.
    """

    body: bytes
    door: Door
    received: datetime
    trace: str = ""
    attempt: int = 1
    first: str = ""
