from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from azsim.faults import Cut, Effect, Hang, Status
from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from shared.kinds.responder import permissions
from shared.model.errors import Mistakes
from shared.wire.chance import SystemChance
from shared.wire.tape import Recorder
from tests import lab
from tests.responders.ask import RESPONDERS, ask, responding, undo
from tests.responders.keyvault.rotating import CURRENT, NAME, THE_SECRET, new, rotated, versions
from tests.scenario import Scenario

DAY = 24 * 3600


def _without_new_versions(state: dict[str, Any]) -> dict[str, Any]:
    secrets = state["Vaults"][contoso.VAULT_HOST]
    kept = [version for version in secrets[contoso.SECRET] if version["id"] in contoso.SECRET_VERSIONS]
    return {**state, "Vaults": {contoso.VAULT_HOST: {**secrets, contoso.SECRET: kept}}}


scenario = Scenario(
    entity=THE_SECRET,
    params={"grace": "1h"},
    without_leavings=_without_new_versions,
    later=timedelta(hours=1, minutes=1),
    effect=lambda world: len(versions(world)) == 3 and versions(world)[-1].attributes["enabled"],
)


def at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


async def test_a_new_version_is_written_with_all_that_the_old_one_had_but_the_value(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME, {"length": 32})
    old = versions(made.world)[-1]
    now = int(made.world.clock.now().timestamp())

    step = await rotated(made)

    made_now = new(made)
    assert made.chance.secrets == [made_now.value]
    assert len(made_now.value) == 32
    assert made_now.content_type == old.content_type == "text/plain"
    assert made_now.tags == {"owner": "shop", "riposte-step": step["step"]}
    assert {k: made_now.attributes[k] for k in ("enabled", "exp")} == {"enabled": True, "exp": now + 365 * DAY}
    assert "nbf" not in made_now.attributes
    assert step["verified"] == [f"Version {made_now.id} is the newest, enabled, and expires {at(now + 365 * DAY)}."]


async def test_the_old_version_stays_as_it_was_until_the_grace_has_passed(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    before = [vars_of(version) for version in versions(made.world)]

    await rotated(made)

    assert [vars_of(version) for version in versions(made.world)[:2]] == before


def vars_of(version: Version) -> dict[str, Any]:
    return {name: getattr(version, name) for name in ("id", "value", "content_type", "tags", "attributes")} | {
        "attributes": dict(version.attributes)
    }


async def test_a_secret_without_type_tags_or_dates_gets_none_but_ours_and_the_expiry_of_the_playbook(
    tmp_path: Path,
) -> None:
    made = responding(tmp_path, NAME, {"valid_for": "90d"})
    bare = versions(made.world)[-1]
    bare.content_type, bare.tags = None, {}
    del bare.attributes["exp"]

    step = await rotated(made)

    now = int(made.world.clock.now().timestamp())
    assert new(made).content_type is None
    assert new(made).tags == {"riposte-step": step["step"]}
    assert new(made).attributes["exp"] == now + 90 * DAY


@pytest.mark.parametrize(
    ("created", "expires", "days"),
    [(-300, 65, 365), (-10, 20, 30), (-10, None, 7), (-10, -10, 7), (-10, -20, 7)],
    ids=["a year", "a month", "never expires", "no time at all", "expired before it began"],
)
async def test_the_new_version_lives_as_long_as_the_old_one_was_meant_to_or_as_the_playbook_says(
    created: int, expires: int | None, days: int, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME, {"valid_for": "7d"})
    now = int(made.world.clock.now().timestamp())
    attributes = versions(made.world)[-1].attributes
    attributes["created"] = now + created * DAY
    attributes["exp"] = None if expires is None else now + expires * DAY

    await rotated(made)

    assert new(made).attributes["exp"] == now + days * DAY


@pytest.mark.parametrize("length", [24, 48, 1024])
async def test_the_value_has_the_wanted_length_and_an_alphabet_that_needs_no_quoting(
    length: int, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME, {"length": length}, chance=SystemChance())

    await rotated(made)

    assert re.fullmatch(f"[A-Za-z0-9_-]{{{length}}}", new(made).value)
    assert len(set(new(made).value)) > 10


@pytest.mark.parametrize(
    "params",
    [{"grace": grace} for grace in ("0s", "0h", "-1h", "1w", "", "24")]
    + [{"valid_for": "0d"}, {"length": 23}, {"length": 1025}, {"length": "48"}, {"value": "chosen"}],
)
def test_a_playbook_cannot_set_what_makes_no_sense(params: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=next(iter(params))):
        responding(tmp_path, NAME, params)


async def test_the_newest_version_is_the_youngest_in_whatever_order_the_vault_lists_them(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    now = int(made.world.clock.now().timestamp())
    for number in range(60):  # three pages, and the youngest on none of their edges
        attributes = {"enabled": True, "created": now - (1000 + (number * 7) % 60) * DAY, "updated": now}
        made.world.state(Vaults).add(
            contoso.VAULT_HOST, contoso.SECRET, Version(f"{number:032x}", "x", None, {}, attributes)
        )
    versions(made.world).insert(17, versions(made.world).pop(1))

    step = await rotated(made)

    assert step["state"] == "done"
    assert f"current: {CURRENT} -> " in " ".join(step["changed"])


async def test_no_value_is_ever_read_nor_could_be(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME, {"grace": "1h"})

    asked = await ask(made, THE_SECRET)
    await made.world.clock.sleep(3700)
    await made.host.timer("sweep")
    await undo(made, asked)

    names = [permission.name for permission in permissions(RESPONDERS[NAME])]
    assert not [name for name in names if "getSecret" in name or "*" in name or name.endswith("/backup/action")]
    reads = {call.path for call in made.world.calls if call.method == "GET" and call.host == contoso.VAULT_HOST}
    assert reads == {f"/secrets/{contoso.SECRET}/versions"}


@pytest.mark.parametrize(
    "fault", [None, Status(400, "BadParameter"), Status(500, "InternalError"), Cut("after"), Hang("after")], ids=str
)
async def test_the_value_is_nowhere_but_in_the_vault_however_the_write_ends(
    fault: Effect | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = lab.make()
    recorder = Recorder(first.world.clock, first.chance)
    made = responding(tmp_path, NAME, wrap=recorder.sending)
    if fault is not None:
        made.world.faults.on("PUT", f"/secrets/{contoso.SECRET}", fault)

    step = await rotated(made)

    told = [msgspec.json.encode(part).decode() for part in (step, made.records, made.ledger_rows())]
    told += [caplog.text, recorder.dump()]
    assert made.chance.secrets
    assert not [secret for secret in made.chance.secrets for text in told if secret in text]
    kept = {version.value for version in versions(made.world)}
    assert not [value for value in kept for text in told if value in text]
