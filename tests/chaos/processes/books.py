"""The ledger as it is stored, all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.azure.clients import pipeline
from shared.azure.ledger.form import read
from shared.azure.row import Row
from shared.engine.app import App
from shared.model.ledger import Entry


@dataclass(frozen=True, slots=True)
class Books:
    """What is in the ledger.

    Args:
        steps: The steps, by partition of their case and key.
        cases: What the names of alerts and incidents stand for, by name.
        left: Keys of rows that should be gone when all is done: records, packets and open cases.
    """

    steps: Mapping[tuple[str, str], Entry]
    cases: Mapping[str, str]
    left: list[str]


async def read_books(app: App) -> Books:
    """Read the whole table."""
    from azure.data.tables.aio import TableClient

    options = pipeline(app.send, app.clock)
    table = TableClient(app.settings.ledger, app.settings.ledger_table, credential=app.credential, **options)
    steps: dict[tuple[str, str], Entry] = {}
    cases: dict[str, str] = {}
    left: list[str] = []
    async for entity in table.list_entities():
        partition, key = entity["PartitionKey"], entity["RowKey"]
        if key.startswith("step-"):
            steps[partition, key.removeprefix("step-")] = read(Row(partition, key, dict(entity)), Entry)
        elif partition.startswith("same-"):
            cases[str(entity["Name"])] = str(entity["Case"])
        elif key.startswith("out-") or partition in ("open", "packet"):
            left.append(f"{partition} {key}")
    return Books(steps, cases, left)
