"""A resource under a management lock is not acted on."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from azsim import arm
from azsim.faults import Cut, Effect, Hang, Status
from azsim.tenants import contoso
from shared.engine.guards import live
from shared.kinds.responder import all_responders, permissions
from tests.engine.cases import ISOLATE, NICS, REVOKE, ROTATE, account, acting, alert, delivered, ends
from tests.engine.guards.verdicts import refusal, settings, verdict
from tests.lab import ENGINE, Lab, recording

LOCKS = "providers/Microsoft.Authorization/locks"
VAULT_SECRET = f"{contoso.VAULT}/secrets/{contoso.SECRET}"


def lock(made: Lab, scope: str, level: str = "CanNotDelete", name: str = "keep") -> Lab:
    """Put a lock on something, as an administrator does."""
    arm.put(made.world, f"{scope}/{LOCKS}/{name}", {"properties": {"level": level}})
    return made


@pytest.mark.parametrize("level", ["CanNotDelete", "ReadOnly"])
@pytest.mark.parametrize("scope", [NICS[0], contoso.WEB_VM, contoso.SHOP, contoso.SUBSCRIPTION],
                         ids=["itself", "its machine", "group", "subscription"])  # fmt: skip
async def test_a_lock_on_the_target_or_above_it_protects_it(scope: str, level: str, tmp_path: Path) -> None:
    said = await refusal(lock(acting(tmp_path), scope, level), alert())

    assert said == f"nic-web-01 is protected by the {level} lock keep on {scope.lower()}"


@pytest.mark.parametrize("scope", [NICS[1], contoso.DC_VM, contoso.SECURITY, f"{NICS[0]}-2", contoso.VAULT])
async def test_one_on_anything_else_does_not(scope: str, tmp_path: Path) -> None:
    assert await refusal(lock(acting(tmp_path), scope), alert()) == ""


async def test_one_below_the_machine_does_not_protect_its_interface(tmp_path: Path) -> None:
    assert await refusal(lock(acting(tmp_path), f"{contoso.WEB_VM}/extensions/agent"), alert()) == ""


@pytest.mark.parametrize(
    ("scope", "told"),
    [(contoso.VAULT, True), (VAULT_SECRET, True), (contoso.SHOP, True), (f"{VAULT_SECRET}-2", False)],
    ids=["vault", "secret", "group", "another secret"],
)
async def test_a_secret_is_protected_by_its_own_lock_and_its_vaults(scope: str, told: bool, tmp_path: Path) -> None:
    made = lock(acting(tmp_path, ROTATE), scope)

    assert bool(await refusal(made, recording("keyvault_secret_near_expiry"))) == told


@pytest.mark.parametrize(
    ("levels", "level", "told"),
    [
        ("ReadOnly", "CanNotDelete", ""),
        ("cannotdelete", "ReadOnly", ""),
        ("readonly", "ReadOnly", f"nic-web-01 is protected by the ReadOnly lock keep on {contoso.SHOP.lower()}"),
    ],
)
async def test_a_setting_says_which_levels_protect(levels: str, level: str, told: str, tmp_path: Path) -> None:
    made = lock(acting(tmp_path, settings=settings(protected_locks=levels)), contoso.SHOP, level)

    assert await refusal(made, alert()) == told


async def test_if_none_does_nothing_is_asked(tmp_path: Path) -> None:
    made = lock(acting(tmp_path, settings=settings(protected_locks="none")), contoso.SHOP)

    assert await refusal(made, alert()) == ""
    assert not [call for call in made.world.calls if "/locks" in call.path]


async def test_a_person_has_no_lock(tmp_path: Path) -> None:
    made = lock(acting(tmp_path, REVOKE), contoso.SUBSCRIPTION)

    assert await refusal(made, account()) == ""
    assert not [call for call in made.world.calls if "/locks" in call.path]


@pytest.mark.parametrize(
    ("effect", "state"),
    [
        (Status(400), "refused"),
        (Status(403), "refused"),
        (Status(404), "refused"),
        (Status(429, retry_after=900), "planned"),
        (Status(500), "planned"),
        (Hang(), "planned"),
        (Hang("after"), "planned"),
        (Cut("before"), "planned"),
        (Cut("after"), "planned"),
    ],
    ids=str,
)
async def test_if_azure_does_not_say_it_is_not_done(effect: Effect, state: str, tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("GET", "/locks$", effect, times=math.inf)

    found = await verdict(made, alert())

    assert found.end is not None
    assert (found.end.state, found.end.reason.startswith("a guard cannot be asked: ")) == (state, True)


async def test_without_the_permission_to_read_locks_nothing_is_acted_on(tmp_path: Path) -> None:
    held = [permission for permission in live.PERMISSIONS if "locks" not in permission.name]
    made = acting(tmp_path, granted=[*ENGINE, *permissions(all_responders()[ISOLATE]), *held])

    await delivered(made, alert())

    assert ends(made) == dict.fromkeys(NICS, "refused")
    assert all("lacks Microsoft.Authorization/locks/read" in row["Reason"] for row in made.records if row["Reason"])


async def test_a_lock_put_on_between_two_steps_is_seen(tmp_path: Path) -> None:
    made = acting(tmp_path)
    assert await refusal(made, alert()) == ""

    assert await refusal(lock(made, NICS[0]), alert()) != ""


@pytest.mark.parametrize("mode", ["act", "dry_run"])
async def test_a_dry_run_says_the_same(mode: str, tmp_path: Path) -> None:
    made = lock(acting(tmp_path, mode=mode), NICS[0])

    await delivered(made, alert())

    (row,) = [row for row in made.records if row["Target"] == NICS[0]]
    assert (row["Decision"], "is protected by the CanNotDelete lock keep" in row["Reason"]) == ("refused", True)
