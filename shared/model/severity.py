"""How bad it is, in order."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """Microsoft's four severities, and `critical` for products that have a fifth."""

    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def word(self) -> str:
        """The severity as it is written in playbooks and records."""
        return self.name.lower()

    @classmethod
    def read(cls, word: str | None) -> Severity | None:
        """The severity that a provider's word stands for; None for a word that is none."""
        return _WORDS.get((word or "").strip().lower())


_WORDS = {**{severity.word: severity for severity in Severity}, "info": Severity.INFORMATIONAL}
