"""How far the workers are."""

from __future__ import annotations

from pathlib import Path

from shared.engine.app import App


async def waiting(app: App) -> int:
    """How many cases and packets somebody must still come back to."""
    return await app.ledger.waiting() + len(await app.ledger.packets())


def delivered(file: Path) -> int:
    """How many events were delivered to the app, repeats included."""
    return sum(int(line.split()[2]) for line in file.read_text().splitlines())
