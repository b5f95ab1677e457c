from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from azsim.faults import Cut, Hang
from azsim.tenants import contoso
from shared.model.entity import VaultObject
from tests.responders.ask import Way, ask, first, responding, undo
from tests.responders.keyvault.rotating import (
    CURRENT,
    NAME,
    NO_VERSION,
    OLDEST,
    THE_SECRET,
    by_somebody,
    new,
    rotated,
    sets,
    versions,
)


async def test_the_version_that_the_event_names_must_be_the_newest(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    step = await rotated(made, msgspec.structs.replace(THE_SECRET, id="", version=OLDEST))

    assert (step["state"], sets(made)) == ("already", 0)


async def test_what_somebody_else_rotated_meanwhile_is_not_rotated_again(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    theirs = by_somebody(made.world)

    asked = await ask(made, THE_SECRET)

    assert (asked.only["state"], sets(made)) == ("already", 0)
    await made.world.clock.sleep(30 * 24 * 3600)
    await made.host.timer("sweep")
    await undo(made, asked)
    assert [version.attributes["enabled"] for version in versions(made.world)] == [False, True, True]
    assert versions(made.world)[-1] is theirs


async def test_two_cases_about_one_version_rotate_it_once(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    steps = [await rotated(made, key=key) for key in ("one", "two")]

    assert [step["state"] for step in steps] == ["done", "already"]
    assert sets(made) == 1


async def test_two_cases_that_name_no_version_rotate_twice(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)

    steps = [await rotated(made, NO_VERSION, key) for key in ("one", "two")]

    assert [step["state"] for step in steps] == ["done", "done"]
    assert [version.tags.get("riposte-step") for version in versions(made.world)[2:]] == [s["step"] for s in steps]


@pytest.mark.parametrize("entity", [THE_SECRET, NO_VERSION], ids=["with a version", "without"])
@pytest.mark.parametrize("fault", [Cut("after"), Hang("after")], ids=["cut", "no answer"])
async def test_a_write_whose_answer_was_lost_is_found_by_its_tag_and_not_repeated(
    fault: Cut | Hang, entity: VaultObject, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.on("PUT", f"/secrets/{contoso.SECRET}", fault)

    step = await rotated(made, entity)

    assert step["state"] == "done"
    assert new(made).tags["riposte-step"] == step["step"]
    assert f"current: {CURRENT} -> {new(made).id}" in step["changed"]


@pytest.mark.parametrize("spoil", ["enabled", "exp", "newer"])
async def test_a_version_that_does_not_show_as_it_was_written_leaves_the_deed_unverified(
    spoil: str, tmp_path: Path
) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)

    def meddle() -> None:
        if len(versions(made.world)) != 3:
            return
        if spoil == "newer":
            now = int(made.world.clock.now().timestamp())
            by_somebody(made.world).attributes["created"] = now + 1
        else:
            new(made).attributes[spoil] = {"enabled": False, "exp": 1}[spoil]

    way.meet("GET", "/versions", *[first(meddle)] * 9)

    step = await rotated(made)

    assert step["state"] == "unverified"
    assert step["reason"].endswith("of secret shop-api-key is not the newest enabled one")
