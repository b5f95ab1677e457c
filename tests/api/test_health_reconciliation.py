from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from azsim.faults import Status
from azsim.tenants import contoso
from tests.engine.cases import acting
from tests.engine.listed import incident, reconciled, reconciling
from tests.lab import Lab


async def state(made: Lab) -> tuple[int, dict[str, Any]]:
    status, body = await made.get("/api/health/ready")
    found: dict[str, Any] = body["dependencies"]["reconciliation"]
    return status, found


async def test_before_the_first_comparison_it_is_well(tmp_path: Path) -> None:
    status, found = await state(acting(tmp_path))

    assert (status, found["ok"], found["lists"][0]["last"]) == (200, True, "")


async def test_it_shows_the_last_comparison_and_the_losses_of_a_day(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    incident(made)
    await reconciled(made)

    status, found = await state(made)

    (one,) = found["lists"]
    assert (status, found["ok"], found["lost"], one["lost"]) == (200, True, 1, 1)
    assert (one["provider"], one["place"]) == ("sentinel_incidents", contoso.WORKSPACE)
    assert (one["last"], one["until"]) == ("2026-03-02T09:15:00+00:00", "2026-03-02T09:05:00+00:00")


async def test_a_list_that_cannot_be_read_is_broken_and_says_why(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    made.world.faults.always("GET", "/incidents$", Status(403, "AuthorizationFailed", "No."))
    await reconciled(made)

    status, found = await state(made)

    assert (status, found["ok"]) == (503, False)
    assert found["error"].startswith("sentinel_incidents: 403 AuthorizationFailed")
    made.world.faults.clear()
    await reconciled(made, 300)
    assert (await state(made))[0] == 200


async def test_a_list_that_nobody_compares_any_more_is_broken(tmp_path: Path) -> None:
    made = await reconciling(tmp_path)
    await reconciled(made)
    await asyncio.sleep(1201)

    status, found = await state(made)

    assert (status, found["error"]) == (503, "sentinel_incidents: not compared since 2026-03-02T09:15:00+00:00")
