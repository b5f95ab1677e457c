"""Case keys: the same alert has the same key on every channel it comes through."""

from __future__ import annotations

import re

_EMPTY = re.compile(r"[0\-_{}\s]*")


def alert_case(provider_alert_id: str) -> str:
    """The case of an alert, by the id its own product gave it; empty if that is no id.

    Defender for Cloud's id, say, is `SystemAlertId` in continuous export, `providerAlertId` in Sentinel and in Graph,
    and upper case in the activity log.
    """
    return f"alert:{provider_alert_id.strip().lower()}" if not _EMPTY.fullmatch(provider_alert_id) else ""


def incident_case(product: str, incident_id: str) -> str:
    """The case of an incident, by product and id; empty if that is no id."""
    return f"incident:{product}:{incident_id.strip().lower()}" if not _EMPTY.fullmatch(incident_id) else ""


def object_case(object_id: str, cause: str) -> str:
    """The case of a platform event: an object, and what is the matter with it."""
    return f"object:{object_id.strip().lower()}:{cause}" if object_id.strip() else ""
