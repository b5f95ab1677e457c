"""Station 4: guard. Whether a step may be done; what cannot be found out is not done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.engine.app import App
from shared.engine.guards.approval import approval
from shared.engine.guards.budget import budget
from shared.engine.guards.cap import cap
from shared.engine.guards.groups import groups
from shared.engine.guards.kill_switch import kill_switch
from shared.engine.guards.listed import listed
from shared.engine.guards.live import Look, live
from shared.engine.guards.locks import locks
from shared.engine.guards.no import No
from shared.engine.guards.own import own
from shared.engine.guards.quiet_hours import quiet_hours
from shared.engine.guards.roles import roles
from shared.engine.guards.tagged import tagged
from shared.engine.outcome import Outcome, of_error
from shared.engine.plan import Planned
from shared.model.quiet_hours import QuietHours
from shared.model.target import Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say.

    Args:
        end: How the step ends if it may not be done, or not now; None: it may be done.
        said: What each of them looked at, and found.
        unasked: Why somebody would have to approve it if there were something to do; empty if nobody would. Then it is
            looked at once more, and nothing is changed.
    """

    end: Outcome | None
    said: tuple[str, ...] = ()
    unasked: str = ""


async def guard(plan: Planned, count: int | None, app: App) -> Verdict:
    """Ask every guard, in order; the first that says no ends it.

    Args:
        plan: The step.
        count: How many targets its run has; None if that is judged elsewhere.
        app: Everything else.
    """
    if plan.target is None:
        return Verdict(plan.end)
    said: list[str] = []
    try:
        no = await _no(plan, plan.target, count, app, said)
    except Exception as error:  # noqa: BLE001 - a guard that cannot be asked has not said yes
        end = of_error(error, "the guard")
        reason = f"a guard cannot be asked: {end.reason}"
        return Verdict(
            replace(end, state="planned" if end.state == "planned" else "refused", reason=reason), tuple(said)
        )
    if no is None:
        return Verdict(None, tuple(said))
    put_off = no.state == "planned"
    return Verdict(Outcome(state=no.state, reason=no.reason, wait=no.wait, put_off=put_off), tuple(said))


async def _no(plan: Planned, target: Target, count: int | None, app: App, said: list[str]) -> No | None:
    """Every guard, in order; what needs no answer of Azure comes first. Each writes what it looked at to `said`."""
    settings = app.settings
    return (
        await kill_switch(app.switch, said)
        or cap(count, settings, said)
        or own(target, settings, said)
        or listed(target, settings, said)
        or tagged(target, settings, said)
        or await _live(plan, target, app, said)
        or approval(plan, said)
        or quiet_hours(_quiet(plan, app), app.clock.now(), said, approved=plan.approved)
        or await budget(plan, target, app, said)  # the last: it spends what it allows
    )


def _quiet(plan: Planned, app: App) -> QuietHours | None:
    """The quiet hours of the step's playbook, as it is now."""
    playbook = app.playbooks.named(plan.step.playbook)
    return playbook.quiet_hours if playbook else None


async def _live(plan: Planned, target: Target, app: App, said: list[str]) -> No | None:
    """What protects the target in Azure now."""
    settings = app.settings
    looks: dict[str, Look] = {
        "locks": lambda azure, told: locks(target, settings.protected_locks, azure, told),
        "groups": lambda azure, told: groups(target, settings.protected_groups, azure, told),
        "roles": lambda azure, told: roles(target, settings.protected_roles, azure, told),
    }
    return await live(looks, app.responders[plan.step.aim.responder].target.permissions, app, plan.journal, said)
