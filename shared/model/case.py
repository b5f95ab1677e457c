"""Case keys: the same alert has the same key on every channel it comes through."""

from __future__ import annotations

import re

_PREFIXED = re.compile(
    r"(?:ra|ta|ea|fa|aa|ca|ad|ma|dl|dc|sn|ir)"
    r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9]{19}_[0-9a-f-]{36})",
    re.IGNORECASE,
)
"""An alert's id in Defender XDR: two letters for the product, and the product's own id. Those of Defender for Endpoint
(`da`, `ed`) are its own and stay. https://learn.microsoft.com/defender-xdr/investigate-alerts"""
_EMPTY = re.compile(r"[0\-_{}\s]*")


def alert_case(provider_alert_id: str) -> str:
    """The case of an alert, by the id its own product gave it; empty if that is no id.

    Defender for Cloud's id, say, is `SystemAlertId` in continuous export, `providerAlertId` in Sentinel and in Graph,
    and upper case in the activity log; in Defender XDR two letters stand before it.
    """
    found = provider_alert_id.strip()
    own = _PREFIXED.fullmatch(found)
    return f"alert:{(own[1] if own else found).lower()}" if not _EMPTY.fullmatch(provider_alert_id) else ""


def incident_case(product: str, incident_id: str) -> str:
    """The case of an incident, by product and id; empty if that is no id."""
    return f"incident:{product}:{incident_id.strip().lower()}" if not _EMPTY.fullmatch(incident_id) else ""


def object_case(object_id: str, cause: str) -> str:
    """The case of a platform event: an object, and what is the matter with it."""
    return f"object:{object_id.strip().lower()}:{cause}" if object_id.strip() else ""


def record_case(source: str, digest: str) -> str:
    """The case of a record that has no id of its own: its content."""
    return f"record:{source}:{digest}"
