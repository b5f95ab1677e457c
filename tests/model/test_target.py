from __future__ import annotations

import msgspec

from shared.model.target import Target


class Disk(Target, frozen=True, kw_only=True):
    zone: str = ""


def test_a_target_survives_the_way_into_a_step_and_back() -> None:
    disk = Disk(id="/d", kind="Microsoft.Compute/disks", name="d", ids=("/rg",), tags={"app": "shop"}, zone="1")

    assert msgspec.convert(msgspec.to_builtins(disk), Disk, strict=False) == disk


def test_no_two_targets_share_their_tags() -> None:
    first, second = (Target(id=name, kind="k", name=name) for name in "ab")
    first.tags["app"] = "shop"

    assert second.tags == {}
