"""Seeded chance: ids and tags that look drawn and are the same in every run."""

from __future__ import annotations

import random  # noqa: TID251 - the one place in azsim that draws
from uuid import UUID


class Chance:
    """A source of ids that depends on its seed alone."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)  # noqa: S311 - ids of a simulation, not secrets

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        """A lower-case hexadecimal number of `digits` digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"
