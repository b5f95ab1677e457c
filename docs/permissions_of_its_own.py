"""What Riposte asks of Azure besides what its responders do."""

from __future__ import annotations

from collections.abc import Iterable

from shared.azure import audit, dead_letters, ledger
from shared.engine.guards import live
from shared.engine.reconcile import listings
from shared.model.permission import Permission


def section() -> str:
    """The section, by what asks."""
    found = listings()
    return f"""## Riposte itself

The ledger, the audit and the dead letters, on its own resources:

{_listed([*ledger.PERMISSIONS, *audit.PERMISSIONS, *dead_letters.PERMISSIONS])}

The guards, to see what is protected; without these nothing is acted on:

{_listed(live.PERMISSIONS)}

Reconciliation, and incidents of 50 entities or more, for each provider that the settings name:

{_listed(permission for name in sorted(found) for permission in found[name].permissions)}
"""


def _listed(permissions: Iterable[Permission]) -> str:
    return "\n".join(f"- `{permission}` ({permission.api})" for permission in dict.fromkeys(permissions))
