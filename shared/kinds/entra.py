"""What the logs of Microsoft Entra have in common: diagnostic records, rows of Log Analytics, resources of Graph.

https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.kinds import valid
from shared.kinds.fields import Fields, as_text, decoded
from shared.model.severity import Severity

_OWNER = ("AADTenantId", "aadTenantId")
_RESOURCE = ("resourceId", "_ResourceId")
_TENANTS = "/tenants/"
_NAMES = ("key", "name", "displayName")
_QUOTES = 8
"""How often a value may be JSON inside JSON."""

CLEARED = frozenset({"dismissed", "remediated", "confirmedsafe"})
"""Risk states that say that there is none (any more), whatever the level."""
CONFIRMED = "confirmedcompromised"


def tenant(record: Fields) -> str:
    """The tenant whose log it is; empty if it does not say. A row's `TenantId` is the workspace's, and does not count."""
    if told := valid.guid(record.text(*_OWNER)):
        return told
    is_row = "timegenerated" in record and "properties" not in record
    if not is_row and (told := valid.guid(record.text("tenantId"))):
        return told
    resource = record.text(*_RESOURCE)
    if resource.lower().startswith(_TENANTS):
        return valid.guid(resource[len(_TENANTS) :].partition("/")[0])
    return ""


def pairs(record: Fields, *names: str) -> Fields:
    """A list of `{"key", "value"}` as one object; the first counts where a key is there twice."""
    found: dict[str, Any] = dict(record.fields(*names).raw)
    for item in record.objects(*names):
        if name := item.text(*_NAMES):
            found.setdefault(name, item.value("value", "newValue"))
    return Fields(found)


def unquoted(value: Any) -> tuple[str, ...]:
    """The texts in a value that is JSON in a text in JSON in a text, however often."""
    return tuple(_unquoted(value, _QUOTES))


def risk(level: str, state: str) -> Severity | None:
    """How bad a risk is: its level; high if somebody confirmed it without one. Whether it is over, its state says."""
    told = Severity.read(level)
    return Severity.HIGH if state.lower() == CONFIRMED and told is None else told


def _unquoted(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str) and depth:
        found = decoded(value)
        text = value.strip()
        if isinstance(found, list):
            yield from _unquoted(found, depth - 1)
            return
        if len(text) > 1 and text[0] == text[-1] == '"':
            inside = decoded(f"[{text}]")
            yield from _unquoted(inside[0] if isinstance(inside, list) else text[1:-1], depth - 1)
            return
    if isinstance(value, list):
        for item in value if depth else ():
            yield from _unquoted(item, depth - 1)
    elif kept := as_text(value):
        yield kept
