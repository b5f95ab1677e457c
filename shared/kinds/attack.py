"""MITRE ATT&CK: the enterprise tactics by Microsoft's spelling, and technique ids. https://attack.mitre.org."""

from __future__ import annotations

import re
from collections.abc import Iterable

TACTICS = (
    "Reconnaissance",
    "ResourceDevelopment",
    "InitialAccess",
    "Execution",
    "Persistence",
    "PrivilegeEscalation",
    "DefenseEvasion",
    "CredentialAccess",
    "Discovery",
    "LateralMovement",
    "Collection",
    "CommandAndControl",
    "Exfiltration",
    "Impact",
)

_BY_LETTERS = {tactic.lower(): tactic for tactic in TACTICS}
_NO_LETTER = re.compile("[^a-z]")
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b", re.ASCII)


def tactics(words: Iterable[str]) -> tuple[str, ...]:
    """The tactics among these words, each once, in their order; words that are no tactic are left out."""
    return tuple(filter(None, dict.fromkeys(map(_tactic, words))))


def techniques(words: Iterable[str]) -> tuple[str, ...]:
    """The technique ids in these words, each once, in their order."""
    return tuple(dict.fromkeys([found for word in words for found in _TECHNIQUE.findall(word)]))


def _tactic(word: str) -> str:
    return _BY_LETTERS.get(word.lower()) or _BY_LETTERS.get(_NO_LETTER.sub("", word.lower()), "")
