"""Many at one step, and two walks at one network interface in every order: one winner, and the state ends right."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from shared.engine.claim import claim
from shared.engine.guard import Verdict
from shared.engine.plan import Ask, brief, planned
from shared.wire.message import Request, Response
from tests.chaos.races.orders import Order, alone, with_one_switch, wrong
from tests.chaos.races.pairs import PAIRS, Pair
from tests.chaos.races.stage import ANN, BEFORE, BOB, QUARANTINE, Stage, delivered, posted, report
from tests.chaos.races.turns import Turn, Turns
from tests.engine.cases import delivery, event
from tests.lab import Lab

MANY = 64
INSTANCES = 4

REQUIRED = {"approval": "required"}
YES = {"decision": "approve", "reason": "it is an attack"}


def instances(stage: Stage) -> list[Lab]:
    """Four of them, each of which is to do a quarter of the work; requests take their time, so that all meet."""
    stage.world.latency = 0.01
    return [stage.instance() for _ in range(INSTANCES)] * (MANY // INSTANCES)


async def test_of_64_that_claim_a_step_one_wins(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {})
    crowd = instances(stage)
    found = event(crowd[0], report("1"))
    (match,), _ = crowd[0].app.playbooks.match(found)
    opened = await crowd[0].app.ledger.open(found.case, found.same)
    (plan,) = await planned(match, brief(found, delivery(crowd[0], report("1"))), Ask("act"), crowd[0].app)

    claims = await asyncio.gather(*(claim(plan, Verdict(None), opened, Ask("act"), made.app) for made in crowd))

    (winner,) = [noted for noted in claims if noted is not None]
    assert winner.entry.owner in {made.app.instance for made in crowd}
    assert [row["RowKey"][:5] for row in stage.first.ledger_rows() if row["RowKey"].startswith("step-")] == ["step-"]
    assert len(await crowd[0].app.ledger.unsent(opened.partition)) == 1


async def test_of_64_deliveries_of_one_body_one_acts(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {})

    await asyncio.gather(*(delivered(made, "1") for made in instances(stage)))

    assert (stage.group, stage.written) == (QUARANTINE, 1)
    assert (stage.said("1"), await stage.settled(), await stage.broken()) == (["intent", "done"], [], [])


async def test_of_64_cases_at_one_interface_each_holds_it_and_the_last_gives_it_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {})
    crowd = instances(stage)
    cases = [f"case{number}" for number in range(len(crowd))]

    await asyncio.gather(*(delivered(made, case) for made, case in zip(crowd, cases, strict=True)))
    assert await stage.settled() == []
    assert (stage.group, stage.written) == (QUARANTINE, 1)
    assert Counter(stage.said(case)[-1] for case in cases) == {"done": 1, "already": MANY - 1}

    for made, case in zip(crowd, cases, strict=True):
        assert stage.group == QUARANTINE
        await posted(made, f"/api/runs/{stage.run(case)}/undo", None, ANN)
    assert (stage.group, stage.written, await stage.broken()) == (BEFORE, 2, [])


async def test_of_64_approvals_one_is_heard(tmp_path: Path) -> None:
    stage = Stage(tmp_path, REQUIRED)
    await delivered(stage.instance(), "1")
    url = f"/api/approvals/{stage.approval('1')}"

    statuses = await asyncio.gather(*(posted(made, url, YES, BOB) for made in instances(stage)))

    assert Counter(statuses) == {200: 1, 409: MANY - 1}
    assert (stage.group, stage.written) == (QUARANTINE, 1)
    assert stage.said("1") == ["held", "approved", "intent", "done"]


async def test_of_64_undos_one_puts_it_back(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {})
    await delivered(stage.instance(), "1")
    url = f"/api/runs/{stage.run('1')}/undo"

    await asyncio.gather(*(posted(made, url, None, ANN) for made in instances(stage)))

    assert (stage.group, stage.written, await stage.settled(), await stage.broken()) == (BEFORE, 2, [], [])
    assert Counter(stage.said("1"))["undone"] == 1
    assert set(stage.said("1")) <= {"intent", "done", "undone", "undo_refused"}


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.title.replace(", ", "-").replace(" ", "-") for pair in PAIRS])
async def test_two_walks_at_one_interface_end_right_wherever_they_meet(pair: Pair, tmp_path: Path) -> None:
    orders = list(with_one_switch(await alone(pair, tmp_path), writes_only=True))[::4]

    found = [text for order in orders for text in await wrong(pair, order, tmp_path)]

    assert found == []
    assert orders


async def test_an_order_is_what_it_says() -> None:
    sent: list[str] = []
    turns = Turns((Turn("a", 2), Turn("b", 1), Turn("a")), patience=9.0)

    async def walk(who: str) -> None:
        async def send(_: Request) -> Response:
            sent.append(who)
            return Response(200, {}, b"")

        for _ in range(4):
            await turns.under(who, send)(Request("GET", "https://nowhere", {}, b""))

    await turns.go({"b": walk("b"), "a": walk("a")})

    assert "".join(sent) == "aabaabbb"
    assert (
        str(Order((Turn("a", 2), Turn("b")), 9.0))
        == "a up to request 2, b to its end; who waits keeps its turn for 9 s"
    )
