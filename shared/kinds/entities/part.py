"""An entity's part in what happened, and what it was found to be, where the provider says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.kinds.fields import Fields
from shared.kinds.form import Form, named
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
_WORDS = Form(
    role=named("evidenceRole", "role"),
    verdict=named("verdict", "threatVerdict", "lastVerdict"),
    confidence=named("confidence", "confidenceLevel"),
)
_LISTS = ("roles", "detailedRoles")
_SAYING = ("evidenceRole", "role", *_LISTS, "verdict", "threatVerdict", "lastVerdict", "confidence", "confidenceLevel")
_INTELLIGENCE = ("threatIntelligence",)


def with_role(role: Role) -> Part:
    """The part of an entity of which only its role is known."""
    return {"role": role} if role else NO_PART


def part_of(fields: Fields, role: Role = "") -> Part:
    """What an entity object says of its own part; `role` if it says nothing of that."""
    shape = fields.shape
    says = shape.kept.get(part_of)
    if says is None:
        says = shape.kept[part_of] = any(shape[names] for names in (_SAYING, _INTELLIGENCE))
    if not says:
        return {"role": role} if role else NO_PART
    words = _WORDS.read(fields)
    roles = [words.get("role", ""), *(text for name in _LISTS for text in fields.texts(name))]
    found: dict[str, Any] = {}
    told_roles = [_ROLES[word] for text in roles if (word := _letters(text)) in _ROLES]
    # An attacker's address is also a source, and Graph says both in any order: the stronger word counts.
    if named_role := next((one for one in told_roles if one != "related"), next(iter(told_roles), role)):
        found["role"] = named_role
    if verdict := _VERDICTS.get(_letters(words.get("verdict", ""))):
        found["verdict"] = verdict
    confidence = _per_cent(words.get("confidence", ""))
    if confidence is None:
        told = (_per_cent(item.text("confidence")) for item in fields.objects(*_INTELLIGENCE))
        confidence = max((value for value in told if value is not None), default=None)
    if confidence is not None:
        found["confidence"] = confidence
    return found


def _per_cent(text: str) -> int | None:
    """A confidence in per cent, if that is what the text says; words such as "high" are not counted for a number."""
    number, _, rest = text.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= 3 and (not rest or rest.isdigit())):
        return None
    return int(number) if int(number) <= 100 else None


def _letters(text: str) -> str:
    return text.replace(" ", "").lower()
