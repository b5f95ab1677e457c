from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from shared.azure.clients import Azure
from shared.azure.target import TargetKind
from shared.kinds.responder import Facts, Operation, Params, Seen, Setting, can_undo, permissions
from shared.model.cause import Cause
from shared.model.change import Change
from shared.model.entity import AnyEntity
from shared.model.permission import arm
from shared.model.target import Target

READ = arm("Microsoft.Compute/disks/read")
WRITE = arm("Microsoft.Compute/disks/write")


class Size(Params, frozen=True, kw_only=True):
    """How large a disk shall be."""

    gigabytes: int = 4


class Disk(Struct, frozen=True):
    gigabytes: int = 1


async def resolve(_entity: AnyEntity, _azure: Azure) -> tuple[Target, ...]:
    return ()


async def read(_target: Target, _params: Size, _azure: Azure) -> Seen[Disk]:
    return Seen(Disk())


async def write(_target: Target, _params: Size, _seen: Seen[Disk], _wanted: Disk, _azure: Azure) -> None:
    return None


async def do(_target: Target, _params: Size, _seen: Seen[Disk], _cause: Cause, _azure: Azure) -> Disk:
    return Disk()


async def verify(_target: Target, _params: Size, _change: Change[Disk], _azure: Azure) -> tuple[str, ...]:
    return ()


async def undo(_target: Target, _params: Size, change: Change[Disk], _azure: Azure) -> Disk:
    return change.before


TARGET = TargetKind(type=Target, accepts=frozenset({"disk"}), permissions=(READ,), resolve=resolve)
FACTS = Facts(permissions=(WRITE, READ), attack=(), d3fend=(), mcsb=(), impact="low")
SETTING = Setting(
    facts=FACTS,
    target=TARGET,
    params=Size,
    state=Disk,
    read=read,
    change=lambda _target, params, _state: Disk(params.gigabytes),
    write=write,
)


def operation(**other: Any) -> Operation[Target, Size, Disk]:
    return Operation(
        facts=FACTS,
        target=TARGET,
        params=Size,
        state=Disk,
        read=read,
        done=lambda _target, _seen, _cause: False,
        do=do,
        verify=verify,
        **other,
    )


def test_a_responder_takes_what_finding_its_target_takes_and_what_its_deed_takes_each_once() -> None:
    assert permissions(SETTING) == (READ, WRITE)
    assert permissions(operation()) == (READ, WRITE)


def test_a_setting_has_a_way_back_and_an_operation_only_if_it_says_so() -> None:
    assert can_undo(SETTING)
    assert not can_undo(operation())
    assert can_undo(operation(undo=undo))


async def test_a_setting_compares_whole_states_and_looks_no_further_unless_it_says_so() -> None:
    assert SETTING.same(Disk(1), Disk(1))
    assert not SETTING.same(Disk(1), Disk(2))
    assert await SETTING.verify(Target(id="d", kind="disk", name="d"), Size(), Disk(), Azure.__new__(Azure)) == ()


def test_a_playbook_may_set_nothing_that_a_responder_does_not_know() -> None:
    assert msgspec.convert({"gigabytes": 8}, Size) == Size(gigabytes=8)
    with pytest.raises(msgspec.ValidationError, match="unknown field `size`"):
        msgspec.convert({"size": 8}, Size)
