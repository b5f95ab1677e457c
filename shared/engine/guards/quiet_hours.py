"""Whether it is quiet hours for the step's playbook."""

from __future__ import annotations

from datetime import datetime

from shared.engine.guards.no import No
from shared.model.quiet_hours import QuietHours


def quiet_hours(quiet: QuietHours | None, now: datetime, said: list[str], *, approved: bool) -> No | None:
    """Holds a step until somebody approves it, has it wait, or refuses it, as the playbook says.

    Args:
        quiet: The playbook's quiet hours; None if it has none.
        now: The time.
        said: Told what was looked at.
        approved: Whether somebody has approved the step: then it is done at any time.
    """
    if quiet is None:
        return None
    over = quiet.over(now)
    if over is None or approved:
        said.append(f"quiet hours: {quiet}: {'it is not now' if over is None else 'it is now, but approved'}")
        return None
    reason = f"quiet hours until {over:%Y-%m-%d %H:%M} UTC ({quiet})"
    if quiet.then == "wait":
        return No(reason, "planned", (over - now).total_seconds())
    return No(reason, "held" if quiet.then == "hold" else "refused")
