from __future__ import annotations

import asyncio

import pytest

from shared.wire.side_by_side import side_by_side


async def after(seconds: float, what: str, done: list[str]) -> str:
    await asyncio.sleep(seconds)
    done.append(what)
    if what.startswith("fails"):
        raise ValueError(what)
    return what


async def test_all_go_at_once_and_come_in_their_order() -> None:
    done: list[str] = []

    assert await side_by_side(after(2, "a", done), after(1, "b", done)) == ["a", "b"]

    assert done == ["b", "a"]


async def test_the_first_failure_in_their_order_is_told_when_all_are_over() -> None:
    done: list[str] = []

    with pytest.raises(ValueError, match="fails late"):
        await side_by_side(after(3, "fails late", done), after(1, "fails soon", done), after(2, "works", done))

    assert done == ["fails soon", "works", "fails late"]


async def test_nothing_gives_nothing() -> None:
    assert await side_by_side() == []
