"""Why a deed is done."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Cause(Struct, frozen=True, kw_only=True):
    """What a deed can know of its reason.

    Args:
        step: The key of the step: the same for every attempt at the same deed.
        case: The case it belongs to.
        event_time: When the event happened, in UTC; empty if the provider did not say.
        started: When the first attempt at this deed began.
    """

    step: str
    case: str
    event_time: str
    started: datetime
