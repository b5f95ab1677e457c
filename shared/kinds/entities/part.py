"""An entity's part in what happened, and what it was found to be, where the provider says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.kinds.fields import Fields
from shared.model.entity import Role, Verdict

Part = Mapping[str, Any]
"""`role`, `verdict` and `confidence` of an entity, as far as they are known."""
NO_PART: Part = {}

_ROLES: dict[str, Role] = {
    "attacker": "attacker",
    "commandandcontrol": "attacker",
    "attacked": "target",
    "compromised": "target",
    "destination": "target",
    "impacted": "target",
    "target": "target",
    "victim": "target",
    "added": "related",
    "contextual": "related",
    "created": "related",
    "edited": "related",
    "loaded": "related",
    "policyviolator": "related",
    "related": "related",
    "scanned": "related",
    "source": "related",
}
"""Graph's evidence roles and those of the streaming API. `source` is a source of traffic or data, not of the attack.
https://learn.microsoft.com/graph/api/resources/security-alertevidence
"""
_VERDICTS: dict[str, Verdict] = {
    "malicious": "malicious",
    "suspicious": "suspicious",
    "nothreatsfound": "clean",
    "clean": "clean",
    "unknown": "unknown",
}
_ROLE = ("evidenceRole", "role", "roles", "detailedRoles")
_VERDICT = ("verdict", "threatVerdict", "lastVerdict")
_OWN = ("confidence", "confidenceLevel")
_INTELLIGENCE = ("threatIntelligence",)
_CONFIDENCE = (*_OWN, *_INTELLIGENCE)
_NOTHING = (False, False, False)


def with_role(role: Role) -> Part:
    """The part of an entity of which only its role is known."""
    return {"role": role} if role else NO_PART


def part_of(fields: Fields, role: Role = "") -> Part:
    """What an entity object says of its own part; `role` if it says nothing of that."""
    kept = fields.shape.kept
    says = kept.get(part_of)
    if says is None:
        says = kept[part_of] = tuple(bool(fields.shape[names]) for names in (_ROLE, _VERDICT, _CONFIDENCE))
    if says == _NOTHING:
        return {"role": role} if role else NO_PART
    says_role, says_verdict, says_confidence = says
    found: dict[str, Any] = {}
    if named_role := (_told_role(fields) if says_role else "") or role:
        found["role"] = named_role
    if says_verdict and (verdict := _VERDICTS.get(_letters(fields.text(*_VERDICT)))):
        found["verdict"] = verdict
    if says_confidence and (confidence := _told_confidence(fields)) is not None:
        found["confidence"] = confidence
    return found


def _told_role(fields: Fields) -> Role:
    """An attacker's address is also a source, and Graph says both in any order: the stronger word counts."""
    told: Role = ""
    for name in _ROLE:
        for text in fields.texts(name):
            found = _ROLES.get(text) or _ROLES.get(_letters(text), "")
            if found and found != "related":
                return found
            told = told or found
    return told


def _told_confidence(fields: Fields) -> int | None:
    own = _per_cent(fields.text(*_OWN))
    if own is not None:
        return own
    told = (_per_cent(item.text(*_OWN)) for item in fields.objects(*_INTELLIGENCE))
    return max((value for value in told if value is not None), default=None)


def _per_cent(text: str) -> int | None:
    """A confidence in per cent, if that is what the text says; words such as "high" are not counted for a number."""
    number, _, rest = text.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= 3 and (not rest or rest.isdigit())):
        return None
    return int(number) if int(number) <= 100 else None


def _letters(text: str) -> str:
    return text.replace(" ", "").lower()
