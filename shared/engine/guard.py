"""Station 4: guard. Whether a step may be done; what cannot be found out is not done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.azure.targets.user import GROUPS, User, group_among
from shared.engine.app import App
from shared.engine.outcome import Outcome, of_error
from shared.engine.plan import Planned
from shared.engine.sdk import in_our_words, with_fresh_token
from shared.model.resource_id import ResourceId
from shared.model.settings import Settings
from shared.model.states import State
from shared.model.target import Target


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guards say.

    Args:
        end: How the step ends if it may not be done, or not now; None: it may be done.
        said: What each of them looked at, and found.
    """

    end: Outcome | None
    said: tuple[str, ...] = ()


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
        state: State = "planned" if end.state == "planned" else "refused"
        return Verdict(replace(end, state=state, reason=f"a guard cannot be asked: {end.reason}"), tuple(said))
    return Verdict(Outcome(state="refused", reason=no) if no else None, tuple(said))


async def _no(plan: Planned, target: Target, count: int | None, app: App, said: list[str]) -> str:
    """Why the step may not be done; empty if it may. Writes what was looked at to `said`."""
    settings = app.settings
    turned = await app.switch.now()
    if turned.on:
        return f"the kill switch is on: {turned.why or 'no reason given'} ({turned.who or 'by an unknown person'})"
    said.append("kill switch: off")
    if count is not None:
        if count > settings.max_targets:
            return too_many(count, settings)
        said.append(f"targets of this run: {count} of at most {settings.max_targets}")
    for check in (_own, _listed, _tagged):
        no = check(target, settings)
        if no:
            return no
    said.append("protected: not Riposte's own, not on the list, not by tag")
    if isinstance(target, User) and settings.protected_groups:
        permissions = app.responders[plan.step.aim.responder].target.permissions
        azure = app.azure((*permissions, GROUPS), plan.journal)
        group = await with_fresh_token(
            lambda: in_our_words(group_among(target, settings.protected_groups, azure), wrote=False),
            app.credential,
        )
        if group:
            return f"{target.name} is a member of protected group {group}"
        said.append(f"protected groups: not a member of any of {len(settings.protected_groups)}")
    return ""


def too_many(count: int, settings: Settings) -> str:
    """Why a run with so many targets is refused."""
    return f"{count} targets are more than the {settings.max_targets} that one run may have (RIPOSTE_MAX_TARGETS)"


def _own(target: Target, settings: Settings) -> str:
    for own in target.ids:
        if own == settings.identity_object_id:
            return f"{target.name} is Riposte's own identity"
        scope = next((scope for scope in settings.own_scopes if ResourceId(own).within(scope)), "")
        if scope:
            return f"{target.name} is part of what Riposte itself runs on ({scope})"
    return ""


def _listed(target: Target, settings: Settings) -> str:
    for own in target.ids:
        for protected in settings.protected_ids:
            if own == protected or (protected.startswith("/") and ResourceId(own).within(protected)):
                return f"{target.name} is protected by the list ({protected})"
    return ""


def _tagged(target: Target, settings: Settings) -> str:
    name, value = settings.protected_tag
    for tag, held in target.tags:
        if tag.lower() == name.lower() and value in ("*", held):
            return f"{target.name} is protected by its tag {tag}={held}"
    return ""
