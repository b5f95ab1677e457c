"""JSON that some exporters write the way Python or JavaScript would: with single quotes.

Only what can mean one thing is understood: every token must stand where it may, and no name may come twice in an object, for
that is what a text with an unescaped quote in it would lead to.
"""

from __future__ import annotations

import json
import re

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<double>"(?:[^"\\\x00-\x1f]|\\.)*")
    |'(?P<single>(?:[^'\\\x00-\x1f]|\\.)*)'
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.])
    |(?P<word>true|false|null|True|False|None)(?!\w)
    |(?P<mark>[{}\[\]:,])
    )""",
    re.VERBOSE,
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_INSIDE = re.compile(r'\\(x[0-9a-fA-F]{2}|.)|"')
_STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}
_LONGEST = 1024 * 1024
_DEEPEST = 64


def json_of(text: str) -> str | None:
    """The same in JSON; None if the text is anything else, or could mean something else."""
    if "'" not in text or len(text) > _LONGEST:
        return None
    parts: list[str] = []
    at, end, depth = 0, len(text.rstrip()), 0
    while at < end and depth <= _DEEPEST:
        token = _TOKEN.match(text, at)
        if token is None:
            return None
        parts.append(_in_json(token))
        at = token.end()
        depth += _STEPS.get(token["mark"], 0)
    if depth:
        return None
    found = "".join(parts)
    try:
        json.loads(found, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # the tokens do not make JSON, or a name comes twice
        return None
    return found


def _in_json(token: re.Match[str]) -> str:
    if token["single"] is not None:
        return f'"{_INSIDE.sub(_escaped, token["single"])}"'
    text = token[0].strip()
    return _WORDS.get(text, text)


def _escaped(found: re.Match[str]) -> str:
    """One escape in a single-quoted text as JSON has it; what is no escape there fails when it is read."""
    escape = found[1]
    if escape is None:
        return '\\"'
    if escape == "'":
        return "'"
    return f"\\u00{escape[1:]}" if len(escape) > 1 else found[0]


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found
