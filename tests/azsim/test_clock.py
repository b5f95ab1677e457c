"""Simulated time."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from azsim.clock import START, Clock, SimulatedLoop


def loop() -> SimulatedLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, SimulatedLoop)
    return running


async def test_waiting_advances_time_by_exactly_what_was_waited_for() -> None:
    clock = Clock()
    before = clock.now()
    await clock.sleep(3600)
    await asyncio.sleep(0.25)
    assert clock.now() - before == timedelta(hours=1, seconds=0.25)


async def test_timers_fire_in_the_order_of_their_times() -> None:
    fired: list[tuple[str, float]] = []
    begin = loop().time()

    async def timer(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        fired.append((name, loop().time() - begin))

    await asyncio.gather(timer("late", 86400), timer("early", 1), timer("between", 60), timer("at once", 0))

    assert fired == [("at once", 0), ("early", 1), ("between", 60), ("late", 86400)]


async def test_a_time_out_strikes_in_simulated_time() -> None:
    begin = loop().time()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), timeout=600)
    assert loop().time() - begin == pytest.approx(600)


async def test_work_in_a_thread_cannot_time_out() -> None:
    begin = loop().time()
    assert not loop().waits_for_threads
    work = asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"", b"", 50_000)
    await asyncio.wait_for(work, timeout=0.000_001)
    assert loop().time() == begin
    assert not loop().waits_for_threads


async def test_while_a_thread_works_other_timers_wait_for_it() -> None:
    ended: list[str] = []

    async def alarm() -> None:
        await asyncio.sleep(1)
        ended.append("alarm")

    async def work() -> None:
        await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", b"", b"", 50_000)
        ended.append("work")

    await asyncio.gather(alarm(), work())
    assert ended == ["work", "alarm"]


async def test_a_thread_that_fails_no_longer_holds_time_up() -> None:
    with pytest.raises(ZeroDivisionError):
        await asyncio.to_thread(lambda: 1 / 0)
    await asyncio.sleep(0)
    assert not loop().waits_for_threads


async def test_a_loop_that_ends_waits_for_its_threads_as_long_as_they_take() -> None:
    begin, ended = loop().time(), Event()
    executor = ThreadPoolExecutor(1)
    loop().set_default_executor(executor)
    work = executor.submit(ended.wait, 0.1)

    await loop().shutdown_default_executor(timeout=300)

    assert (work.done(), loop().time()) == (True, begin)


async def test_time_can_be_advanced_at_once() -> None:
    clock = Clock()
    before = clock.now()
    loop().advance(90)
    assert clock.now() - before == timedelta(seconds=90)


def test_a_clock_stands_still_where_no_loop_runs() -> None:
    start = datetime(2030, 5, 17, tzinfo=UTC)
    clock = Clock(start)
    assert clock.now() == start

    async def an_hour() -> None:
        clock.now()
        await clock.sleep(3600)
        clock.now()

    running = SimulatedLoop()
    running.run_until_complete(an_hour())
    running.close()

    assert clock.now() == start + timedelta(hours=1)
    assert clock.now() == clock.now()


async def test_a_clock_starts_when_it_is_first_asked() -> None:
    clock = Clock()
    await asyncio.sleep(1000)
    assert clock.now() == START


def test_a_loop_that_may_have_connections_waits_for_what_comes_over_them() -> None:
    ours, theirs = socket.socketpair()

    async def hear() -> tuple[bytes, float]:
        reader, writer = await asyncio.open_connection(sock=ours)
        threading.Timer(0.05, theirs.send, [b"now"]).start()
        heard = await asyncio.wait_for(reader.read(3), 60)
        writer.close()
        return heard, asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=lambda: SimulatedLoop(sockets=True)) as runner:
        heard, time = runner.run(hear())
    theirs.close()

    assert heard == b"now"
    assert 0.02 < time < 30
