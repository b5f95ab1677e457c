"""Approval: what the playbook wants somebody to approve is held until they have."""

from __future__ import annotations

from shared.engine.guards.no import No
from shared.engine.plan import Planned


def approval(plan: Planned, said: list[str]) -> No | None:
    """Held, if the playbook asks for an approval and nobody has given it."""
    needed = plan.step.terms.approval
    if needed and not plan.approved:
        return No(f"somebody must approve it: {needed}", "held")
    if needed:
        said.append("approval: given")
    return None
