"""Secrets out of what is kept: by name of the field, and in addresses by name of the parameter."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

HIDDEN = "(hidden)"

_SECRET_FIELDS = re.compile(
    r"(?i)(password|passwd|pwd|secret(text|value)?|(access|refresh|id)_?token|token|api_?key|(account|shared|primary|"
    r"secondary)_?(access_?)?key|connection_?string|client_?secret|private_?key|assertion|authorization|sig|cookie)"
)
_SECRET_PARAMETERS = frozenset({"sig", "code", "token", "access_token", "client_secret", "sas"})
_VAULT_SECRET = re.compile(r"(?i)/(secrets|certificates|keys)(/|$)")


def url(address: str) -> str:
    """An address without the parameters that grant access."""
    parts = urlsplit(address)
    query = [(k, HIDDEN if k.lower() in _SECRET_PARAMETERS else v) for k, v in parse_qsl(parts.query, True)]
    return urlunsplit(parts._replace(query=urlencode(query))) if parts.query else address


def body(address: str, content: bytes) -> bytes:
    """A JSON body without secret values; anything that is not JSON as it is.

    The objects of a key vault carry their secret in `value`, which elsewhere is the list of a collection.
    """
    try:
        parsed = json.loads(content)
    except ValueError:
        return content
    hide_value = _VAULT_SECRET.search(urlsplit(address).path) is not None
    return json.dumps(value(parsed, hide_value=hide_value), separators=(",", ":")).encode()


def value(parsed: Any, *, hide_value: bool = False) -> Any:
    """A JSON value in which every field with a secret's name is hidden."""
    if isinstance(parsed, list):
        return [value(item, hide_value=hide_value) for item in parsed]
    if not isinstance(parsed, dict):
        return parsed
    return {
        key: HIDDEN if _is_secret(key, inner, hide_value=hide_value) else value(inner, hide_value=hide_value)
        for key, inner in parsed.items()
    }


def _is_secret(key: str, inner: Any, *, hide_value: bool) -> bool:
    if not isinstance(inner, str):
        return False
    return _SECRET_FIELDS.fullmatch(key) is not None or (hide_value and key == "value")
