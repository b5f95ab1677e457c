"""Whether the responder's blast-radius budget allows one more target. The last guard: it spends what it allows."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import timedelta

from shared.engine.app import App
from shared.engine.guards.no import No
from shared.engine.plan import Planned
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.model import ids
from shared.model.budget import Allowed, Limit, Spend, limits_of, over, share
from shared.model.errors import Refused
from shared.model.target import Target


async def budget(plan: Planned, target: Target, app: App, said: list[str]) -> No | None:
    """Holds what goes beyond RIPOSTE_BUDGETS until somebody approves it. A dry run looks, and spends nothing.

    Raises:
        Refused: If a limit is in per cent of what cannot be counted.
        AzureError: If it cannot be counted now, or what has been spent cannot be read or written.
    """
    name = plan.step.aim.responder
    limits = limits_of(app.settings.budgets, name)
    if not limits:
        said.append("budget: none")
        return None
    allowed = [each async for each in _allowed(limits, name, target, app)]
    now = app.clock.now()
    since = now - max((limit.window for limit in limits), default=timedelta())
    spend = Spend(math.ceil(now.timestamp()), _short(target.id), next((each.of for each in allowed if each.of), ""))
    if plan.step.mode == "act":
        beyond, spent = await app.ledger.spend(name, spend, allowed, since, approved=plan.approved)
    else:
        spent = await app.ledger.spent(name, since)
        beyond = list(over(allowed, spent, spend.target, now))
    if beyond and not plan.approved:
        return No(f"the budget of {name} is spent: {'; '.join(beyond)}", "held")
    told = "; ".join(each.told(each.used(spent, spend.target, now)) for each in allowed)
    said.append(f"budget: {told}{': spent, but approved' if beyond else ''}")
    return None


async def _allowed(limits: tuple[Limit, ...], name: str, target: Target, app: App) -> AsyncIterator[Allowed]:
    """What each limit comes to."""
    for limit in limits:
        if not limit.percent:
            yield Allowed(limit, limit.most)
            continue
        among, total = await _counted(limit, name, target, app)
        yield Allowed(limit, share(total, limit.most), f"{total} {among}", _short(among))


async def _counted(limit: Limit, name: str, target: Target, app: App) -> tuple[str, int]:
    """Of what the target is one, and how many there are."""
    population = app.responders[name].target.population
    if population is None:
        raise Refused(
            f"what {name} acts on cannot be counted, so {limit} cannot be told: give it a budget without per cent "
            "(RIPOSTE_BUDGETS), or its kind of target a population"
        )
    among = population.of(target)

    async def ask() -> int:
        azure = app.azure(population.permissions, [])
        return await with_fresh_token(
            lambda: in_our_words(population.count(target, azure), wrote=False), app.credential
        )

    return among, await app.populations.count(among, ask)


def _short(text: str) -> str:
    return ids.digest(text)[:16]
