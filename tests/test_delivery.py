"""Deliveries come again, in any order and by several channels: the effect is that of one."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path

import pytest

from azsim.tenants import contoso
from shared.engine.sweep import sweep
from tests.engine.cases import acting, alert, delivered, isolated, writes
from tests.lab import Lab

BODIES = [alert("1"), alert("2"), alert("3", vm=contoso.DC_VM)]
ORDERS = list(itertools.islice(itertools.permutations(BODIES * 3), 0, None, 45_007))


async def told(folder: Path, bodies: list[bytes]) -> Lab:
    """A lab to which these bodies were delivered, one by one."""
    made = acting(folder)
    for body in bodies:
        await delivered(made, body)
    await asyncio.sleep(3600)
    await sweep(made.app)
    return made


@pytest.mark.parametrize("order", ORDERS, ids=[str(number) for number in range(len(ORDERS))])
async def test_three_times_each_in_any_order_is_one_effect(order: tuple[bytes, ...], tmp_path: Path) -> None:
    first = sorted(set(order), key=order.index)

    once, thrice = await told(tmp_path / "once", first), await told(tmp_path / "thrice", list(order))

    assert thrice.tenant() == once.tenant()
    assert len(writes(thrice)) == len(writes(once)) > 0
    assert sorted(row["RecordId"] for row in thrice.records) == sorted(row["RecordId"] for row in once.records)


CHANNELS = ["defender_vm_bruteforce", "sentinel_incident_vm", "graph_alert_defender_for_cloud"]
"""One alert: as Defender for Cloud exports it, in its incident in Sentinel, and as Microsoft Graph has it."""


@pytest.mark.parametrize("channels", list(itertools.permutations(CHANNELS)), ids="-".join)
async def test_one_alert_through_every_channel_is_one_effect(channels: tuple[str, ...], tmp_path: Path) -> None:
    made = acting(tmp_path)

    for channel in channels:
        await made.deliver(channel)

    assert sorted(isolated(made)) == ["nic-web-01", "nic-web-01-backend"]
    assert sorted(row["Decision"] for row in made.records) == ["done", "done", "intent", "intent"]
    assert len({row["CaseId"] for row in made.records}) == 1


async def test_one_alert_through_every_channel_at_once_is_one_effect(tmp_path: Path) -> None:
    made = acting(tmp_path)

    await made.deliver(*CHANNELS)

    assert sorted(isolated(made)) == ["nic-web-01", "nic-web-01-backend"]
    assert len([call for call in writes(made) if "networkInterfaces" in call.path]) == 2
