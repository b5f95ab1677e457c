"""Chance, as an input: ids, secret values, the spread of waits, and what parallel work happened to leave behind."""

from __future__ import annotations

import secrets  # noqa: TID251 - the one place that draws
from typing import Protocol


class Chance(Protocol):
    """Draws."""

    def id(self) -> str:
        """An id that nobody else has drawn: 32 hexadecimal digits."""
        ...

    def secret(self, length: int) -> str:
        """A secret value of `length` characters (letters, digits, `-` and `_`)."""
        ...

    def fraction(self) -> float:
        """A number from 0 to 1."""
        ...

    def recalled(self, text: str) -> str:
        """What this process remembers of other work: chance, as that comes in any order. In a replay, what it was then."""
        ...


class SystemChance:
    """The machine's cryptographic generator."""

    def id(self) -> str:
        """32 hexadecimal digits."""
        return secrets.token_hex(16)

    def secret(self, length: int) -> str:
        """Letters, digits, `-` and `_`: six bits of chance in each character."""
        return secrets.token_urlsafe(length)[:length]

    def fraction(self) -> float:
        """A number from 0 to 1."""
        return secrets.randbelow(1_000_001) / 1_000_000

    def recalled(self, text: str) -> str:
        """The text itself."""
        return text
