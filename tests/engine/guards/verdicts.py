"""What the guards say of the first step that a delivery leads to."""

from __future__ import annotations

from shared.engine.guard import Verdict, guard
from shared.engine.plan import Ask, brief, planned
from tests.engine.cases import delivery, event
from tests.lab import Lab

ADELE = "adele.vance@contoso.example"


def settings(**given: str) -> dict[str, str]:
    """Settings by the names of their fields."""
    return {f"RIPOSTE_{name.upper()}": value for name, value in given.items()}


async def verdict(made: Lab, body: bytes, count: int | None = 1) -> Verdict:
    """The verdict on it."""
    found = event(made, body)
    (match,), _ = made.app.playbooks.match(found)
    plan, *_ = await planned(match, brief(found, delivery(made, body)), Ask("act"), made.app)
    return await guard(plan, count, made.app)


async def refusal(made: Lab, body: bytes) -> str:
    """Why it is refused; empty if it may be done."""
    found = await verdict(made, body)
    assert found.end is None or found.end.state == "refused"
    return found.end.reason if found.end else ""
