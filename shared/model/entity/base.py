"""What all entities have in common."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Role = Literal["", "attacker", "target", "related"]
"""What the provider says an entity's part was; empty if it does not say."""
Verdict = Literal["", "malicious", "suspicious", "clean", "unknown"]
"""What the provider found an entity to be; empty if it does not say."""


class Entity(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag=str.lower):
    """Anything an alert speaks of. An empty field is not known.

    Args:
        role: Its part, where the provider says.
        verdict: What it was found to be, where the provider says.
        confidence: How sure the provider is of that, in per cent; None if it does not say.
    """

    role: Role = ""
    verdict: Verdict = ""
    confidence: int | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """Every name a playbook may select the entity by."""
        return frozenset({type(self).__struct_config__.tag})  # type: ignore[arg-type]

    @property
    def label(self) -> str:
        """The most telling id, for people."""
        fields = (getattr(self, name) for name in self.__struct_fields__ if name not in ABOUT)
        return next((str(value) for value in fields if value), "")


ABOUT = frozenset(Entity.__struct_fields__)
"""The fields that say something about an entity, and are no ids of it."""


class Other(Entity, tag="other", frozen=True, kw_only=True):
    """A kind that has no class here: it is kept, and nothing acts on it."""

    name: str = ""
    type: str = ""
