"""What a setting's text means. Each raises `ValueError`, with what it must be, for a text that means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from shared.model import duration
from shared.model.cloud import CLOUDS, Cloud
from shared.model.resource_id import ResourceId

ANY = "*"
NONE = "none"
LOCK_LEVELS = ("CanNotDelete", "ReadOnly")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def https(text: str) -> str:
    """An https address without a path."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.netloc or parts.path.strip("/"):
        raise ValueError("must be an https address without a path, such as https://name.table.core.windows.net")
    return f"https://{parts.netloc}"


def guid(text: str) -> str:
    """A GUID, in lower case."""
    if not _GUID.fullmatch(text):
        raise ValueError("must be a GUID")
    return text.lower()


def guids(text: str) -> tuple[str, ...]:
    """GUIDs, with commas."""
    return tuple(guid(part) for part in words(text))


def scopes(text: str) -> tuple[str, ...]:
    """Resource ids, at least one, with commas."""
    if not words(text):
        raise ValueError("must name at least one resource id")
    for part in words(text):
        if not part.lower().startswith("/subscriptions/"):
            raise ValueError(f"{part!r} must be a resource id, beginning with /subscriptions/")
    return tuple(ResourceId(part).key for part in words(text))


def ids(text: str) -> tuple[str, ...]:
    """Resource ids, object ids and UPNs, with commas."""
    return tuple(part.lower().rstrip("/") for part in words(text))


def words(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def lock_levels(text: str) -> tuple[str, ...]:
    """Levels of management locks."""
    known = {level.lower(): level for level in LOCK_LEVELS}
    given = words(text)
    if len(given) == 1 and given[0].lower() == NONE:
        return ()
    if not given or any(part.lower() not in known for part in given):
        raise ValueError(f"must be {' and/or '.join(LOCK_LEVELS)}, or {NONE}")
    return tuple(known[part.lower()] for part in given)


def roles(text: str) -> tuple[str, ...]:
    """Roles of the directory."""
    given = tuple(part.lower() for part in words(text))
    if not given or (len(given) > 1 and {ANY, NONE} & set(given)):
        raise ValueError(f"must be names or template ids of roles, or {ANY} for any, or {NONE}")
    return () if given == (NONE,) else given


def tag(text: str) -> tuple[str, str]:
    """A tag: its name and its value, `*` for any."""
    name, equals, value = text.partition("=")
    if not name.strip():
        raise ValueError("must be a tag's name, or name=value")
    return name.strip(), value.strip() if equals else "*"


def flag(text: str) -> bool:
    """Yes or no."""
    if text.lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return text.lower() == "true"


def length(text: str) -> timedelta:
    """A length of time, from an hour to 999 days."""
    found = duration.length(text)
    if not timedelta(hours=1) <= found <= timedelta(days=999):
        raise ValueError("must be from 1h to 999d")
    return found


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number in these bounds."""

    def read(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def cloud(text: str) -> Cloud:
    """An Azure cloud."""
    if text not in CLOUDS:
        raise ValueError(f"must be one of {', '.join(CLOUDS)}")
    return CLOUDS[text]


def workspace(text: str) -> str:
    """The resource id of a Log Analytics workspace, or nothing."""
    if text and not ResourceId(text).is_type("Microsoft.OperationalInsights/workspaces"):
        raise ValueError("must be the resource id of a Log Analytics workspace")
    return text
