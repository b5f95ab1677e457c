from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from azsim import arm
from azsim.arm import Arm
from azsim.world import World
from shared.engine.sweep import sweep
from shared.model.entity import AzureResource
from tests.lab import Lab
from tests.responders.ask import Way, answering, ask, first, look, responding, then, undo
from tests.responders.network.test_isolate_nic import NAME, NICS, QUARANTINE, WEB_GROUP, group_of
from tests.responders.network.test_quarantine_group import OURS

NIC = NICS[0]
ENTITY = AzureResource(resource_id=NIC)
WRITE = "/networkInterfaces/nic-web-01[?]"
FAILED = {"status": "Failed", "error": {"code": "NetworkingInternalOperationError", "message": "An error occurred."}}


def body_of(world: World) -> dict[str, Any]:
    found = world.state(Arm).find(NIC)
    assert found is not None
    return copy.deepcopy(found.body)


def without_group(body: dict[str, Any]) -> dict[str, Any]:
    properties = {key: value for key, value in body["properties"].items() if key != "networkSecurityGroup"}
    return {**body, "properties": properties}


def writes(made: Lab) -> list[int | None]:
    """How our writes of the interface were answered; those that Azure put off are left out."""
    ours = [call.status for call in made.world.calls if call.method == "PUT" and call.path == NIC]
    return [status for status in ours if status != 429]


def _as_it_is(_: dict[str, Any]) -> None:
    pass


def _newer(body: dict[str, Any]) -> None:
    """What a later version of the API may show, and this SDK does not know."""
    body["extendedLocation"] = {"name": "edge-1", "type": "EdgeZone", "sinceThen": {"deep": [1, None, ""]}}
    body["placement"] = {"zones": ["1"], "future": True}
    body["properties"]["ipConfigurations"][0]["properties"]["futureSetting"] = {"tier": 3, "empty": [], "off": False}
    body["properties"]["dnsSettings"]["futureSetting"] = "kept"


@pytest.mark.parametrize("back", [False, True], ids=["isolated", "undone"])
@pytest.mark.parametrize("shape", [_as_it_is, _newer])
async def test_everything_but_the_group_stays_as_it_was(
    shape: Callable[[dict[str, Any]], None], back: bool, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    before = body_of(made.world)
    shape(before)
    arm.put(made.world, NIC, before)

    asked = await ask(made, ENTITY)
    if back:
        await undo(made, asked)

    after = body_of(made.world)
    assert json.dumps(without_group(after), sort_keys=True) == json.dumps(without_group(before), sort_keys=True)
    assert (after == before) == back


def _retags(body: dict[str, Any]) -> None:
    body["tags"] = {"app": "shop", "seen-by": "somebody else"}


def _readdresses(body: dict[str, Any]) -> None:
    body["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] = "10.20.1.99"


def _renames_servers(body: dict[str, Any]) -> None:
    body["properties"]["dnsSettings"] = {"dnsServers": ["10.20.0.5"]}


def written_by_somebody(made: Lab, change: Callable[[dict[str, Any]], None]) -> None:
    body = body_of(made.world)
    change(body)
    arm.put(made.world, NIC, body)


@pytest.mark.parametrize("back", [False, True], ids=["isolating", "undoing"])
@pytest.mark.parametrize("change", [_retags, _readdresses, _renames_servers])
async def test_what_somebody_wrote_between_our_look_and_our_write_is_kept(
    change: Callable[[dict[str, Any]], None], back: bool, tmp_path: Path
) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    wanted = body_of(made.world)
    change(wanted)
    asked = await ask(made, ENTITY) if back else None
    before = len(made.world.calls)
    way.meet("PUT", WRITE, first(lambda: written_by_somebody(made, change)))

    if asked is None:
        assert (await ask(made, ENTITY)).only["state"] == "done"
    else:
        assert [end["decision"] for end in await undo(made, asked)] == ["undone"]

    assert without_group(body_of(made.world)) == without_group(wanted)
    assert group_of(made.world, NIC) == (WEB_GROUP if back else QUARANTINE)
    ours = [call for call in made.world.calls[before:] if call.method == "PUT" and call.path == NIC]
    assert [call.status for call in ours] == [412, 200]
    assert len({call.headers["if-match"] for call in ours}) == 2


@pytest.mark.parametrize("took_effect", [True, False], ids=["with effect", "without"])
async def test_a_write_that_fails_after_it_was_accepted_is_settled_by_a_look(took_effect: bool, tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    arm.put(made.world, QUARANTINE, OURS)
    before = body_of(made.world)
    way.meet("GET", "/operations/", answering(200, FAILED))
    if not took_effect:
        way.meet("PUT", WRITE, then(lambda: arm.put(made.world, NIC, before)))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "done", asked.only["reason"]
    assert group_of(made.world, NIC) == QUARANTINE
    assert writes(made) == [200] * (1 if took_effect else 2)
    await undo(made, asked)
    assert body_of(made.world) == before


async def test_a_write_that_fails_every_time_ends_as_uncertain_in_azures_words(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    arm.put(made.world, QUARANTINE, OURS)
    before = body_of(made.world)
    made.world.pace = 0.01
    way.meet("GET", "/operations/", *[answering(200, FAILED)] * 100)
    way.meet("PUT", WRITE, *[then(lambda: arm.put(made.world, NIC, before))] * 100)

    asked = await ask(made, ENTITY)
    for _ in range(10):
        await made.world.clock.sleep(700)
        await sweep(made.app)

    asked = await look(made, asked.run, asked.case)
    assert asked.only["state"] == "uncertain"
    assert (
        "the write of nic-web-01 was accepted, then failed: (NetworkingInternalOperationError)" in asked.only["reason"]
    )


async def test_a_write_that_takes_longer_than_a_function_may_run_is_taken_up_by_the_sweep(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    arm.put(made.world, QUARANTINE, OURS)
    made.world.pace = 100

    asked = await ask(made, ENTITY)
    await made.world.clock.sleep(600)
    await made.host.timer("sweep")
    made.world.pace = 1
    await made.world.clock.sleep(600)
    await made.host.timer("sweep")

    asked = await look(made, asked.run, asked.case)
    assert asked.only["state"] == "done", asked.only
    assert group_of(made.world, NIC) == QUARANTINE
    assert writes(made) == [200]


async def test_a_group_that_fails_to_be_made_is_looked_for_again(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    way.meet("GET", "/operations/", answering(200, FAILED))

    asked = await ask(made, ENTITY)

    assert asked.only["state"] == "done", asked.only["reason"]
    assert len([call for call in made.world.calls if call.method == "PUT" and call.path == QUARANTINE]) == 1
