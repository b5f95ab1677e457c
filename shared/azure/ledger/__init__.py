"""The ledger: what Riposte has decided and done, in one table.

A partition for each case holds its steps and, beside them, the records that have not reached Log Analytics yet, so that
a state and its record change in one transaction. A partition for each target holds its lock and its holds. The
partition `open` lists the cases that somebody must come back to, `packet` the records that belong to no case.
"""

from __future__ import annotations

from shared.azure.ledger.budgets import Budgets
from shared.azure.ledger.cases import Cases, Opened
from shared.azure.ledger.control import unpacked
from shared.azure.ledger.form import LEASE, TEXT
from shared.azure.ledger.marks import Marks
from shared.azure.ledger.posts import Posts
from shared.azure.ledger.redrives import Redrives
from shared.azure.ledger.retention import Finished
from shared.azure.ledger.steps import Noted
from shared.azure.ledger.targets import Locked, Targets
from shared.model.permission import data

__all__ = ["LEASE", "PERMISSIONS", "TEXT", "Finished", "Ledger", "Locked", "Noted", "Opened", "unpacked"]

_ENTITIES = "Microsoft.Storage/storageAccounts/tableServices/tables/entities"
PERMISSIONS = tuple(data(f"{_ENTITIES}/{verb}") for verb in ("read", "add/action", "update/action", "delete"))
"""What the ledger asks of its table."""


class Ledger(Cases, Targets, Posts, Redrives, Marks, Budgets):
    """The ledger, in one table."""
