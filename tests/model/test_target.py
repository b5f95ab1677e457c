from __future__ import annotations

import msgspec

from shared.model.target import Target, tags_of


class Disk(Target, frozen=True, kw_only=True):
    zone: str = ""


def test_a_target_survives_the_way_into_a_step_and_back() -> None:
    disk = Disk(id="/d", kind="Microsoft.Compute/disks", name="d", ids=("/rg",), tags=(("app", "shop"),), zone="1")

    assert msgspec.convert(msgspec.to_builtins(disk), Disk, strict=False) == disk


def test_of_several_objects_every_tag_counts_also_under_one_name() -> None:
    own, parent = {"Owner": "network", "empty": None}, {"owner": "shop", "Owner": "ops"}

    assert tags_of(own, None, parent) == (("Owner", "network"), ("empty", ""), ("owner", "shop"), ("Owner", "ops"))
    assert tags_of(None) == tags_of({}) == ()
