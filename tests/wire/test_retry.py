from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azsim.clock import START, Clock
from shared.wire.message import Request, Response, Unanswered, Unreachable, WireError
from shared.wire.retry import Policy, retry_after, retrying

GET = Request("GET", "https://management.azure.com/x")
PUT = Request("PUT", "https://management.azure.com/x", body=b"{}")
POLICY = Policy(attempts=4, first=1.0, longest=8.0, answer=5.0)


class Half:
    """Chance that always says one half."""

    def id(self) -> str:
        return "0" * 32

    def secret(self, length: int) -> str:
        return "x" * length

    def fraction(self) -> float:
        return 0.5

    def recalled(self, text: str) -> str:
        return text


class Script:
    """A service that answers as it is told, one answer for each request, the last one for all that follow."""

    def __init__(self, *answers: Response | WireError | None) -> None:
        self.answers = list(answers)
        self.at: list[float] = []

    async def send(self, _request: Request) -> Response:
        self.at.append(asyncio.get_running_loop().time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, WireError):
            raise answer
        assert answer is not None
        return answer


def patient(script: Script, *, seconds: float = 100, policy: Policy = POLICY) -> Callable[[Request], object]:
    clock = Clock()
    return retrying(script.send, clock, Half(), clock.now() + timedelta(seconds=seconds), policy)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_read_is_repeated_after_what_may_pass(status: int) -> None:
    script = Script(Response(status), Response(200))

    answer = await patient(script)(GET)  # type: ignore[misc]

    assert answer == Response(200)
    assert len(script.at) == 2


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 409, 412])
async def test_what_will_not_change_is_not_repeated(status: int) -> None:
    script = Script(Response(status))

    assert await patient(script)(GET) == Response(status)  # type: ignore[misc]
    assert len(script.at) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_write_that_may_have_been_done_is_not_repeated(status: int) -> None:
    script = Script(Response(status))

    assert await patient(script)(PUT) == Response(status)  # type: ignore[misc]
    assert len(script.at) == 1


@pytest.mark.parametrize("answer", [Response(429), Response(503, {"retry-after": "1"}), Unreachable("refused")])
async def test_a_write_that_was_not_done_is_repeated(answer: Response | WireError) -> None:
    script = Script(answer, Response(201))

    assert await patient(script)(PUT) == Response(201)  # type: ignore[misc]


async def test_a_lost_answer_to_a_write_is_for_the_caller_to_settle() -> None:
    script = Script(Unanswered("reset"))

    with pytest.raises(Unanswered):
        await patient(script)(PUT)  # type: ignore[misc]

    assert len(script.at) == 1


async def test_a_lost_answer_to_a_read_is_asked_for_again() -> None:
    script = Script(Unanswered("reset"), Response(200))

    assert await patient(script)(GET) == Response(200)  # type: ignore[misc]


async def test_a_post_that_only_reads_is_a_read() -> None:
    script = Script(Response(500), Response(200))

    assert await patient(script)(Request("POST", "https://x", reads=True)) == Response(200)  # type: ignore[misc]


async def test_waits_double_up_to_the_longest() -> None:
    script = Script(Response(500))

    await patient(script, policy=Policy(attempts=6, first=1.0, longest=4.0))(GET)  # type: ignore[misc]

    waits = [after - before for before, after in zip(script.at, script.at[1:], strict=False)]
    assert waits == [0.75, 1.5, 3.0, 3.0, 3.0]


async def test_what_azure_asks_for_is_waited_even_if_it_is_longer_than_the_longest() -> None:
    script = Script(Response(429, {"retry-after": "30"}), Response(200))

    await patient(script)(GET)  # type: ignore[misc]

    assert script.at[1] - script.at[0] == 30


async def test_a_wait_that_would_end_after_the_deadline_is_not_begun() -> None:
    script = Script(Response(429, {"retry-after": "300"}))

    assert (await patient(script)(GET)).status == 429  # type: ignore[misc]
    assert len(script.at) == 1


async def test_attempts_end() -> None:
    script = Script(Response(500))

    assert await patient(script)(GET) == Response(500)  # type: ignore[misc]
    assert len(script.at) == POLICY.attempts


async def test_the_last_error_comes_out_as_it_is() -> None:
    with pytest.raises(Unreachable, match="refused"):
        await patient(Script(Unreachable("refused")))(PUT)  # type: ignore[misc]


async def test_no_answer_is_waited_for_longer_than_the_policy_says() -> None:
    script = Script(None)

    with pytest.raises(Unanswered, match="no answer within 5 s"):
        await patient(script)(PUT)  # type: ignore[misc]


async def test_nothing_is_sent_after_the_deadline() -> None:
    script = Script(Response(200))

    with pytest.raises(Unreachable, match="no time is left"):
        await patient(script, seconds=0)(PUT)  # type: ignore[misc]

    assert script.at == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"x-ms-retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Mon, 02 Mar 2026 09:00:20 GMT"}, 20.0),
        ({"retry-after": "Mon, 02 Mar 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(Response(429, headers), START) == seconds


@given(st.text())
def test_no_retry_after_is_an_error(text: str) -> None:
    found = retry_after(Response(429, {"retry-after": text}), datetime(2026, 1, 1, tzinfo=UTC))

    assert found is None or found >= 0
