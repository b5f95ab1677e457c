"""Every responder at work in Contoso, for the promises that each of them keeps."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from shared.engine.sweep import sweep
from shared.kinds.responder import can_undo
from tests import lab
from tests.lab import Lab
from tests.scenario import RESPONDERS, SCENARIOS, each_responder, playbook, run

each = pytest.mark.parametrize("name", [name for name, _ in each_responder()])


def arranged(folder: Path, name: str, **given: Any) -> Lab:
    """Contoso with a responder that has the one playbook of a scenario."""
    made = lab.make(playbooks=playbook(folder / "playbooks", name, given.pop("mode", "act")), **given)
    SCENARIOS[name].arrange(made.world)
    return made


async def to_the_end(made: Lab, name: str, *, undo: bool) -> None:
    """Act, wait for the second half if there is one, and undo if there is a way back."""
    status, body = await run(made, name)
    assert status == 202, body
    later = SCENARIOS[name].later
    if later is not None:
        await asyncio.sleep(later.total_seconds())
        await sweep(made.app)
    if undo and can_undo(RESPONDERS[name]):
        await made.post(f"/api/runs/{body['run']}/undo", None)
