from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from azsim.faults import Cut, Effect, Status
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from shared.engine.later import act_later
from shared.engine.outcome import Outcome
from shared.model.ledger import Entry, GivenUp
from shared.model.states import State
from tests import lab
from tests.engine.cases import REVOKE, ROTATE, account, acting, delivered, locked, steps
from tests.lab import Lab

BODY = lab.recording("keyvault_secret_near_expiry")
OLD = contoso.SECRET_VERSIONS[1]
DAY = 86_400


async def rotated(folder: Path) -> tuple[Lab, Entry]:
    """A secret that was rotated."""
    made = acting(folder, ROTATE)
    await delivered(made, BODY)
    (noted,) = await steps(made, BODY)
    assert (noted.entry.state, noted.entry.due_for) == ("done", "later")
    return made, noted.entry


async def later(made: Lab, entry: Entry, **fields: Any) -> Outcome:
    return await act_later(replace(entry, **fields), made.app, [])


def enabled(made: Lab) -> list[bool]:
    versions = made.world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)
    return [version.attributes["enabled"] for version in versions]


def disabled(outcome: Outcome) -> str:
    """The version that the second half has disabled, as it will be remembered."""
    assert outcome.change is not None
    return str(to_builtins(outcome.change.after)["disabled"])


async def test_the_second_half_goes_on_from_the_first_and_is_seen(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)

    outcome = await later(made, entry)

    assert (outcome.state, outcome.notes, enabled(made)) == (
        "done",
        (f"Version {OLD} is disabled.",),
        [False, False, True],
    )
    assert outcome.change is not None
    assert disabled(outcome) == OLD
    assert to_builtins(outcome.change.before)["disabled"] == ""
    assert outcome.times == entry.times
    assert locked(made) == []


async def test_it_may_be_done_again(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    await later(made, entry)

    assert (await later(made, entry)).state == "done"


@pytest.mark.parametrize(
    ("effect", "state", "otherwise"),
    [
        (Status(403, "Forbidden"), "failed", "failed"),
        (Status(429, retry_after=1000), "planned", "failed"),
        (Cut("before"), "planned", "failed"),
        (Cut("after"), "planned", "uncertain"),
        (Status(500), "planned", "uncertain"),
    ],
    ids=["403", "429", "no connection", "lost answer", "500"],
)
async def test_what_goes_wrong_is_its_outcome(effect: Effect, state: State, otherwise: GivenUp, tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    made.world.faults.always("PATCH", "secrets", effect)

    outcome = await later(made, entry)

    assert (outcome.state, outcome.otherwise, locked(made)) == (state, otherwise, [])
    assert outcome.reason


@pytest.mark.parametrize("status", [403, 503])
async def test_a_doubt_of_an_earlier_attempt_stays(status: int, tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    made.world.faults.always("PATCH", "secrets", Status(status, "Told", retry_after=1000))

    outcome = await later(made, entry, otherwise="uncertain")

    assert outcome.otherwise == "uncertain"


async def test_an_effect_that_does_not_show_is_unverified_with_what_was_tried(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    made.world.faults.always("PATCH", "secrets", Status(200))

    outcome = await later(made, entry)

    assert (outcome.state, "is still enabled" in outcome.reason) == ("unverified", True)
    assert disabled(outcome) == OLD


async def test_an_effect_that_nobody_can_look_for_is_remembered_as_done(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    made.world.faults.on("GET", "/versions", Status(503), skip=1, times=math.inf)

    outcome = await later(made, entry)

    assert (outcome.state, outcome.otherwise) == ("planned", "unverified")
    assert disabled(outcome) == OLD


async def test_a_target_that_is_locked_is_tried_again_later(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    await made.app.ledger.lock(entry.step.target_id, "another", made.world.clock.now())

    outcome = await later(made, entry)

    assert (outcome.state, locked(made)) == ("planned", ["another"])
    assert enabled(made) == [False, True, True]


async def test_a_responder_that_has_no_second_half_any_more_says_so(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    await delivered(made, account())
    (noted,) = await steps(made, account())

    outcome = await later(made, noted.entry)

    assert (outcome.state, outcome.reason) == ("failed", f"{REVOKE} has no second half any more")


async def test_a_step_of_another_version_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    made, entry = await rotated(tmp_path)
    step = replace(entry.step, aim=replace(entry.step.aim, params={"gone_since": 1}))

    outcome = await later(made, entry, step=step)

    assert (outcome.state, locked(made)) == ("refused", [])
    assert f"does not fit {ROTATE} as it is in this version" in outcome.reason
