"""How often the host calls a function that fails, and what it waits in between."""

from __future__ import annotations

import itertools
from typing import Any

import azure.functions as func
import pytest

from azsim.functions.host import FunctionsHost, Invocation
from tests.azsim.functions.hosting import with_timer

FIXED = {"strategy": "fixed_delay", "max_retry_count": "3", "delay_interval": "00:00:05"}
GROWING = {"strategy": "exponential_backoff", "minimum_interval": "00:00:02", "maximum_interval": "00:01:00"}


async def failing(times: int, retry: dict[str, Any] | None = None, **options: Any) -> tuple[Invocation, list[float]]:
    """Let a function fail so many times; its invocation, and when it was called, in seconds."""
    calls: list[float] = []

    def tick(timer: func.TimerRequest) -> str:  # noqa: ARG001
        calls.append((running._clock.now() - begin).total_seconds())
        if len(calls) <= times:
            raise ValueError(f"failure {len(calls)}")
        return "done"

    running: FunctionsHost = with_timer(tick, retry, **options)
    begin = running._clock.now()
    return await running.timer("one"), calls


async def test_a_function_without_a_policy_is_called_once() -> None:
    done, calls = await failing(1)
    assert (done.attempts, done.value, str(done.error)) == (1, None, "failure 1")
    assert calls == [0]


async def test_a_fixed_delay_is_waited_between_calls() -> None:
    done, calls = await failing(9, FIXED)
    assert (done.attempts, str(done.error)) == (4, "failure 4")
    assert calls == [0, 5, 10, 15]


async def test_a_function_that_succeeds_is_not_called_again() -> None:
    done, calls = await failing(2, FIXED)
    assert (done.attempts, done.value, done.error) == (3, "done", None)
    assert calls == [0, 5, 10]


async def test_exponential_waits_double_up_to_the_longest() -> None:
    _, calls = await failing(99, {**GROWING, "max_retry_count": "7"})
    assert [later - earlier for earlier, later in itertools.pairwise(calls)] == [2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("most", [1, 3])
async def test_an_endless_policy_ends_where_the_host_says(most: int) -> None:
    done, calls = await failing(99, {**GROWING, "max_retry_count": "-1"}, most_attempts=most)
    assert done.attempts == len(calls) == most
    assert done.error is not None
