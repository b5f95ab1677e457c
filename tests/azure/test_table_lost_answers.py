from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from azsim.faults import Cut, Effect, Status
from shared.azure.table import NONCE, SETTLING, Row, Table, Write
from shared.model.errors import Changed, Temporary, Uncertain
from shared.wire.message import Request, Response, Send, Unanswered
from tests.azure.storage import Storage

pytestmark = pytest.mark.real_time

Act = Callable[[Table, Row, Row], Awaitable[Any]]
ACTS: dict[str, Act] = {
    "insert": lambda table, _, __: table.insert(Row("case", "new", {"By": "us"})),
    "insert_or_get": lambda table, _, __: table.insert_or_get(Row("case", "new", {"By": "us"})),
    "put": lambda table, _, __: table.put(Row("case", "new", {"By": "us"})),
    "replace": lambda table, row, _: table.replace(replace(row, values={"By": "us"})),
    "delete": lambda table, row, _: table.delete(row),
    "transaction": lambda table, row, other: table.commit(
        [Write("delete", other), Write("insert", Row("case", "new")), Write("replace", replace(row, values={}))]
    ),
    "deletions": lambda table, row, other: table.commit([Write("delete", row), Write("delete", other)]),
}
"""What a writer may do, given two rows that are there."""

CONDITIONAL = ["insert", "replace", "transaction"]

FAULTS: dict[str, Effect] = {
    "lost after": Cut("after"),
    "never sent": Cut("before"),
    "500": Status(500, "InternalError"),
    "503": Status(503, "ServerBusy"),
    "503 with Retry-After": Status(503, "ServerBusy", retry_after=3),
    "429": Status(429, "TooManyRequests", retry_after=3),
}

WRITES = "POST|PUT|DELETE"


async def rows(storage: Storage, name: str) -> tuple[Row, Row]:
    """Two rows that are there."""
    table = storage.table(name)
    return await table.insert(Row("case", "row", {"By": "before"})), await table.insert(Row("case", "other"))


async def stored(storage: Storage, name: str) -> dict[str, dict[str, Any]]:
    """What is in the table, less what differs between equal runs."""
    there = await storage.table(name).query("case")
    return {row.key: {k: v for k, v in row.values.items() if k != NONCE} for row in there}


def script(storage: Storage, effect: Effect, times: float) -> None:
    for method in WRITES.split("|"):
        storage.world.faults.on(method, "contract|batch", effect, times=times)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("effect", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("act", [act for name, act in ACTS.items() if name != "deletions"],
                         ids=[name for name in ACTS if name != "deletions"])  # fmt: skip
async def test_a_write_that_got_no_answer_is_settled_by_a_look(
    storage: Storage, act: Act, effect: Effect, times: int
) -> None:
    untroubled, troubled = await storage.new_table(), await storage.new_table()
    await act(storage.table(untroubled), *await rows(storage, untroubled))
    given = await rows(storage, troubled)
    script(storage, effect, times)

    done = await act(storage.table(troubled), *given)

    assert await stored(storage, troubled) == await stored(storage, untroubled)
    written = [done] if isinstance(done, Row) else list(done or [])
    there = await storage.table(troubled).query("case")
    assert all(row in there for row in written if isinstance(row, Row) and row.key != "other")


async def test_deletions_that_got_no_answer_are_gone_which_the_second_attempt_tells(
    storage: Storage, name: str
) -> None:
    given = await rows(storage, name)
    script(storage, Cut("after"), 1)

    with pytest.raises(Changed, match="404"):
        await ACTS["deletions"](storage.table(name), *given)

    assert await stored(storage, name) == {}


@pytest.mark.parametrize("effect", [Cut("after"), Status(500)], ids=["lost after", "500"])
@pytest.mark.parametrize("kind", CONDITIONAL)
async def test_a_writer_whose_answer_was_lost_does_not_take_anothers_row_for_its_own(
    storage: Storage, name: str, kind: str, effect: Effect
) -> None:
    given = await rows(storage, name)
    other = storage.table(name)

    def overtaken(send: Send) -> Send:
        """Another writer comes between the write and the look at what became of it."""
        told: list[Request] = []

        async def send_and_be_overtaken(request: Request) -> Response:
            try:
                return await send(request)
            finally:
                if request.method != "GET" and not told:
                    told.append(request)
                    for key in ("row", "new"):
                        await other.put(Row("case", key, {"By": "them"}))

        return send_and_be_overtaken

    script(storage, effect, 1)
    with pytest.raises(Changed):
        await ACTS[kind](storage.table(name, overtaken), *given)

    there = await stored(storage, name)
    assert (there["row"], there["new"]) == ({"By": "them"}, {"By": "them"})


@pytest.mark.parametrize("kind", [*CONDITIONAL, "put"])
async def test_a_write_that_lands_after_the_look_is_still_known_as_ones_own(
    storage: Storage, name: str, kind: str
) -> None:
    given = await rows(storage, name)

    def slow(send: Send) -> Send:
        """The first write is under way for so long that its sender looks, and writes again, before it lands."""
        held: list[Request] = []

        async def send_slowly(request: Request) -> Response:
            if request.method != "GET" and not held:
                held.append(request)
                raise Unanswered("no answer within 10 s")
            if request.method != "GET" and len(held) == 1:
                held.append(request)
                await send(held[0])
            return await send(request)

        return send_slowly

    await ACTS[kind](storage.table(name, slow), *given)

    again = await storage.new_table()
    await ACTS[kind](storage.table(again), *await rows(storage, again))
    assert await stored(storage, name) == await stored(storage, again)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
async def test_a_write_that_never_gets_an_answer_ends_as_uncertain(storage: Storage, name: str, act: Act) -> None:
    given = await rows(storage, name)
    script(storage, Status(500, "InternalError"), 1000)
    before = len(storage.world.calls)

    with pytest.raises(Uncertain, match="500 InternalError"):
        await act(storage.table(name), *given)

    assert len([call for call in storage.world.calls[before:] if call.method in WRITES]) == SETTLING


@pytest.mark.parametrize("kind", ["insert", "put", "replace", "transaction"])
async def test_a_write_that_nobody_can_look_at_is_uncertain_too(storage: Storage, name: str, kind: str) -> None:
    given = await rows(storage, name)
    script(storage, Cut("after"), 1)
    storage.world.faults.always("GET", "contract", Status(503, "ServerBusy"))

    with pytest.raises(Uncertain):
        await ACTS[kind](storage.table(name), *given)


@pytest.mark.parametrize("effect", FAULTS.values(), ids=FAULTS)
async def test_a_read_is_repeated_until_it_is_answered(storage: Storage, name: str, effect: Effect) -> None:
    row, other = await rows(storage, name)
    storage.world.faults.on("GET", "contract", effect, times=4)

    assert await storage.table(name).get("case", "row") == row
    storage.world.faults.on("GET", "contract", effect, times=4)
    assert await storage.table(name).query("case") == [other, row]


@pytest.mark.parametrize("effect", FAULTS.values(), ids=FAULTS)
async def test_a_read_that_is_never_answered_is_a_temporary_error(storage: Storage, name: str, effect: Effect) -> None:
    storage.world.faults.always("GET", "contract", effect)
    table = storage.table(name)
    before = storage.world.clock.now()

    with pytest.raises(Temporary):
        await table.get("case", "row")
    with pytest.raises(Temporary):
        await table.query("case")

    assert (storage.world.clock.now() - before).total_seconds() < 2 * 20
