from __future__ import annotations

import asyncio
import json
from base64 import b64decode

import pytest

from azsim.clock import Clock
from shared.wire.chance import SystemChance
from shared.wire.message import Request, Response, Send, Unanswered, Unreachable
from shared.wire.scope import apart, scope
from shared.wire.tape import Player, Recorder, TapeMismatch

GET = Request("GET", "https://management.azure.com/a?api-version=1")


def answering(*answers: Response | Exception) -> Send:
    left = list(answers)

    async def send(_: Request) -> Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return send


async def test_what_was_recorded_is_played_back() -> None:
    recorder = Recorder(Clock(), SystemChance())
    send = recorder.sending(answering(Response(200, {"etag": "1", "date": "x"}, b'{"a":1}'), Unanswered("reset")))
    with scope("walk"):
        await send(GET)
        with pytest.raises(Unanswered):
            await send(GET)
        now, drawn = recorder.now(), recorder.id()

    player = Player(recorder.dump())
    with scope("walk"):
        assert await player.send(GET) == Response(200, {"etag": "1"}, b'{"a":1}')
        with pytest.raises(Unanswered, match="reset"):
            await player.send(GET)
        assert (player.now(), player.id()) == (now, drawn)
    assert player.left == 0


async def test_each_scope_has_its_own_order() -> None:
    recorder = Recorder(Clock(), SystemChance())

    async def work(name: str, pause: float) -> str:
        with scope(name):
            await asyncio.sleep(pause)
            return recorder.id()

    first = await asyncio.gather(work("a", 2), work("b", 1))
    player = Player(recorder.dump())

    async def again(name: str) -> str:
        with scope(name):
            return player.id()

    assert list(first) == [await again("a"), await again("b")]


async def test_another_request_is_a_mismatch() -> None:
    recorder = Recorder(Clock(), SystemChance())
    await recorder.sending(answering(Response(200)))(GET)
    player = Player(recorder.dump())

    with pytest.raises(TapeMismatch, match=r"one more PUT .*; left: \['GET "):
        await player.send(Request("PUT", GET.url))
    with pytest.raises(TapeMismatch, match="one more now"):
        player.now()


async def test_no_secret_is_on_the_tape() -> None:
    recorder = Recorder(Clock(), SystemChance())
    secret = recorder.secret(40)
    request = Request("PUT", "https://kv.vault.azure.net/secrets/a?sig=hunter2", {"authorization": "Bearer hunter2"})
    answer = json.dumps({"value": secret, "id": "x"}).encode()

    await recorder.sending(answering(Response(200, {"set-cookie": "hunter2"}, answer)))(request)

    held = recorder.dump() + "".join(b64decode(entry.get("body", "")).decode() for entry in recorder.entries)
    assert secret not in held
    assert "hunter2" not in held
    assert len(Player(recorder.dump()).secret(40)) == 40


async def test_waits_and_their_spread_are_not_kept() -> None:
    recorder = Recorder(Clock(), SystemChance())

    await recorder.sleep(5)

    assert 0 <= recorder.fraction() <= 1
    assert recorder.dump() == ""
    player = Player("")
    await player.sleep(5)
    assert player.fraction() == 0


async def test_a_failure_to_connect_is_kept_as_such() -> None:
    recorder = Recorder(Clock(), SystemChance())
    with pytest.raises(Unreachable):
        await recorder.sending(answering(Unreachable("refused")))(GET)

    with pytest.raises(Unreachable, match="refused"):
        await Player(recorder.dump()).send(GET)


async def test_an_answer_that_nobody_waited_for_any_more_is_kept_as_a_time_out() -> None:
    async def never(_: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    recorder = Recorder(Clock(), SystemChance())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(recorder.sending(never)(GET), 3)

    with pytest.raises(TimeoutError):
        await Player(recorder.dump()).send(GET)


async def test_parallel_requests_of_one_scope_need_not_come_in_the_same_order() -> None:
    recorder = Recorder(Clock(), SystemChance())
    send = recorder.sending(answering(Response(200, {}, b"1"), Response(200, {}, b"2")))
    other = Request("GET", "https://management.azure.com/b")
    await send(GET)
    await send(other)
    player = Player(recorder.dump())

    assert ((await player.send(other)).body, (await player.send(GET)).body) == (b"2", b"1")


async def test_what_tasks_share_is_in_a_scope_of_its_own() -> None:
    recorder = Recorder(Clock(), SystemChance())
    with scope("walk"), apart("shared"):
        recorder.id()

    player = Player(recorder.dump())
    with scope("another walk"), apart("shared"):
        player.id()
    assert player.left == 0


async def test_what_was_remembered_of_other_work_is_what_it_was_then() -> None:
    recorder = Recorder(Clock(), SystemChance())
    with scope("walk"):
        assert (recorder.recalled("first"), recorder.recalled("")) == ("first", "")

    player = Player(recorder.dump())
    with scope("walk"):
        assert (player.recalled("another"), player.recalled("another")) == ("first", "")
    assert player.left == 0
