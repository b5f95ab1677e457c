from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from azsim.faults import Cut, Effect, Hang, Status
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from shared.model.entity import VaultObject
from tests.lab import Lab
from tests.responders.ask import Asked, ask, look, responding, undo
from tests.responders.keyvault.rotating import CURRENT, NAME, THE_SECRET, by_somebody, new, versions

GRACE = 3600.0
PATCH = f"/secrets/{contoso.SECRET}/"


async def given(folder: Path, arrange: Callable[[Lab], object] = lambda _: None) -> tuple[Lab, Asked]:
    """A secret that was rotated with an hour of grace."""
    made = responding(folder, NAME, {"grace": "1h"})
    arrange(made)
    asked = await ask(made, THE_SECRET)
    assert asked.only["state"] == "done"
    return made, asked


async def after(made: Lab, seconds: float) -> None:
    """Time passes; then the timer ticks."""
    await made.world.clock.sleep(seconds)
    await made.host.timer("sweep")


def enabled(made: Lab) -> list[bool]:
    return [version.attributes["enabled"] for version in versions(made.world)]


def patches(made: Lab) -> list[tuple[str, Any]]:
    """What we changed of a version: its id, and the body."""
    ours = [call for call in made.world.calls if call.method == "PATCH" and call.host == contoso.VAULT_HOST]
    return [(call.path.rpartition("/")[2], msgspec.json.decode(call.body)) for call in ours if call.body]


async def test_the_old_version_is_disabled_after_the_grace_and_not_before(tmp_path: Path) -> None:
    made, asked = await given(tmp_path)

    await after(made, GRACE - 60)
    before = enabled(made)
    await after(made, 120)

    assert (before, enabled(made)) == ([False, True, True], [False, False, True])
    row = made.record(Decision="finished")
    assert row["Verification"] == [f"Version {CURRENT} is disabled."]
    assert row["Diff"] == [{"field": "disabled", "before": "", "after": CURRENT}]
    assert (await look(made, asked.run, asked.case)).only["state"] == "done"


async def test_nothing_but_enabled_is_changed_and_only_once(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    old = versions(made.world)[1]
    kept = (old.value, old.content_type, dict(old.tags), old.attributes["exp"], old.attributes["created"])

    for _ in range(3):
        await after(made, GRACE + 60)

    assert patches(made) == [(CURRENT, {"attributes": {"enabled": False}})]
    assert (old.value, old.content_type, old.tags, old.attributes["exp"], old.attributes["created"]) == kept


async def test_an_old_version_that_was_disabled_before_is_left_alone_then_and_by_undo(tmp_path: Path) -> None:
    def disable(made: Lab) -> None:
        versions(made.world)[1].attributes["enabled"] = False

    made, asked = await given(tmp_path, disable)

    await after(made, GRACE + 60)
    ends = await undo(made, asked)

    assert made.record(Decision="finished")
    assert [end["decision"] for end in ends] == ["undone"]
    assert patches(made) == []
    assert enabled(made) == [False, False, True]


async def test_the_old_version_stays_if_the_newest_was_disabled_meanwhile_for_nothing_could_be_read_then(
    tmp_path: Path,
) -> None:
    made, _ = await given(tmp_path)
    new(made).attributes["enabled"] = False

    await after(made, GRACE + 60)

    assert enabled(made) == [False, True, False]
    reason = made.record(Decision="refused")["Reason"]
    assert reason == f"version {new(made).id} of secret shop-api-key is disabled: version {CURRENT} stays enabled"


async def test_the_old_version_is_disabled_even_if_somebody_rotated_again_meanwhile(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    await made.world.clock.sleep(60)
    by_somebody(made.world)

    await after(made, GRACE + 60)

    assert enabled(made) == [False, False, True, True]
    assert made.record(Decision="finished")["Verification"] == [f"Version {CURRENT} is disabled."]


async def test_a_secret_that_was_deleted_meanwhile_is_told_and_not_made_again(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    made.world.state(Vaults).delete(contoso.VAULT_HOST, contoso.SECRET)

    await after(made, GRACE + 60)

    assert made.record(Decision="refused")["Reason"] == "secret shop-api-key is not there, or has no version"
    assert versions(made.world) == []


FAULTS: dict[str, Effect] = {
    "throttled": Status(429, "Throttled", retry_after=200),
    "down": Status(500, "InternalError"),
    "lost": Cut("after"),
    "no answer": Hang("after"),
    "unreachable": Cut("before"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_passes_is_tried_again_by_the_next_sweep(fault: Effect, tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    made.world.faults.on("PATCH", PATCH, fault, times=6)

    for _ in range(8):
        await after(made, GRACE + 60)

    assert enabled(made) == [False, False, True]
    assert made.record(Decision="finished")


async def test_what_the_vault_forbids_is_told_and_the_old_version_stays(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    made.world.faults.always("PATCH", PATCH, Status(403, "Forbidden", "Client address is not authorized."))

    await after(made, GRACE + 60)

    assert "Client address is not authorized." in made.record(Decision="failed")["Reason"]
    assert enabled(made) == [False, True, True]


async def test_a_disabling_that_does_not_show_is_told(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    made.world.faults.on("PATCH", PATCH, Status(200))

    await after(made, GRACE + 60)

    assert "is still enabled" in made.record(Decision="unverified")["Reason"]


async def test_undone_before_the_grace_has_passed_the_old_version_is_never_disabled(tmp_path: Path) -> None:
    made, asked = await given(tmp_path)

    ends = await undo(made, asked)
    await after(made, GRACE + 60)

    assert [end["decision"] for end in ends] == ["undone"]
    assert patches(made) == []
    assert enabled(made) == [False, True, True]


async def test_undone_after_the_grace_the_old_version_is_enabled_again_and_the_new_one_stays(tmp_path: Path) -> None:
    made, asked = await given(tmp_path)
    await after(made, GRACE + 60)

    ends = await undo(made, asked)
    await after(made, GRACE + 60)

    assert [end["decision"] for end in ends] == ["undone"]
    assert patches(made) == [(CURRENT, {"attributes": {"enabled": state}}) for state in (False, True)]
    assert enabled(made) == [False, True, True]


@pytest.mark.parametrize("wait", [60, GRACE + 60], ids=["before the grace", "after it"])
async def test_undo_is_refused_if_somebody_rotated_since(wait: float, tmp_path: Path) -> None:
    made, asked = await given(tmp_path)
    await after(made, wait)
    by_somebody(made.world)
    before = enabled(made)

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_refused"]
    assert ends[0]["reason"] == (
        f"secret shop-api-key has version {'c' * 32}, newer than ours: somebody rotated it since"
    )
    assert enabled(made) == before


async def test_undo_of_a_secret_that_was_deleted_is_refused(tmp_path: Path) -> None:
    made, asked = await given(tmp_path)
    made.world.state(Vaults).delete(contoso.VAULT_HOST, contoso.SECRET)

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undo_refused"]


@pytest.mark.parametrize("fault", [Cut("after"), Hang("after"), Status(500, "InternalError")], ids=str)
async def test_an_undo_whose_answer_was_lost_ends_as_undone(fault: Effect, tmp_path: Path) -> None:
    made, asked = await given(tmp_path)
    await after(made, GRACE + 60)
    made.world.faults.on("PATCH", PATCH, fault)

    ends = await undo(made, asked)

    assert [end["decision"] for end in ends] == ["undone"]
    assert enabled(made) == [False, True, True]


async def test_two_rotations_one_after_the_other_retire_one_version_each(tmp_path: Path) -> None:
    made, _ = await given(tmp_path)
    await after(made, 60)
    second = new(made).id
    entity = VaultObject(object_type="secret", name=contoso.SECRET, version=second, vault_id=contoso.VAULT)

    await ask(made, entity, key="second")
    await after(made, GRACE - 30)
    between = enabled(made)
    await after(made, GRACE)

    assert between == [False, False, True, True]
    assert enabled(made) == [False, False, False, True]
