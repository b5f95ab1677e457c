from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from tests import lab
from tests.api.asking import ADELE, ANALYST, CUT, LEDGER, acting, answered, sessions, signed_in, told
from tests.engine.cases import turn
from tests.lab import Lab

URL = "/api/kill-switch"
EASY = {"RIPOSTE_EASY_AUTH": "true"}


async def put(made: Lab, body: Any, **headers: str) -> tuple[int, Any]:
    answer = await answered(made, URL, body, method="PUT", **headers)
    return answer.status_code, told(answer)


async def test_it_is_shown_as_it_stands_now() -> None:
    made = lab.make()
    assert (await made.get(URL))[1]["mode"] == "off"

    turn(made, On=True, Mode="queue", Who="Megan", Why="wrong rule")

    status, body = await made.get(URL)
    assert (status, body["mode"], body["who"], body["why"]) == (200, "queue", "Megan", "wrong rule")
    assert body["means"].startswith("Nothing is changed now")


async def test_turned_it_says_how_it_stood_and_every_deed_on_this_instance_heeds_it_at_once(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    since = sessions(made)
    await made.app.switch.now()

    status, body = await put(made, {"mode": "deny", "why": " wrong rule "})
    await answered(made, CUT, {"entities": [ADELE]})

    assert (status, body["mode"], body["why"], body["before"]["mode"]) == (200, "deny", "wrong rule", "off")
    assert body["who"] == "somebody with a function key"
    assert sessions(made) == since
    _, body = await put(made, {"mode": "off", "why": "it was right"})
    assert body["before"] == {"mode": "deny", "who": "somebody with a function key", "why": "wrong rule"}


async def test_who_has_signed_in_is_named() -> None:
    made = lab.make(settings=EASY)

    status, _ = await put(
        made, {"mode": "undo_only", "why": "exercise"}, x_ms_client_principal=signed_in("Riposte.Operator")
    )

    assert status == 200
    assert (await made.app.ledger.switch()).who == "ann@contoso.example"
    row = made.record(Decision="switched")
    assert (row["ActorKind"], row["ActorName"], row["ActorId"]) == ("user", "ann@contoso.example", ANALYST)


@pytest.mark.parametrize("roles", [(), ("Riposte.Approver",)])
async def test_it_takes_the_operators_role(roles: tuple[str, ...]) -> None:
    made = lab.make(settings=EASY)

    status, _ = await put(made, {"mode": "off", "why": "x"}, x_ms_client_principal=signed_in(*roles))

    assert status == 403
    assert made.ledger_rows() == []


@pytest.mark.parametrize(
    ("body", "told_"),
    [
        ({"mode": "deny"}, "why"),
        ({"why": "x"}, "mode"),
        ({"mode": "deny", "why": ""}, "why"),
        ({"mode": "deny", "why": "  "}, "why: say why, for the record"),
        ({"mode": "deny", "why": "x" * 1001}, "why"),
        ({"mode": "denied", "why": "x"}, "mode: there is no 'denied'; did you mean 'deny'?"),
        ({"mode": 1, "why": "x"}, "mode"),
        ({"mode": "deny", "why": "x", "who": "me"}, "who"),
        ([], "object"),
        (b"nonsense", "JSON"),
        (b"\xff", ""),
        (b"", ""),
    ],
)
async def test_what_cannot_be_understood_turns_nothing(body: Any, told_: str) -> None:
    made = lab.make()

    status, answer = await put(made, body)

    assert (status, told_ in str(answer["errors"])) == (400, True), answer
    assert made.ledger_rows() == []


async def test_of_two_who_turn_it_at_once_one_is_told() -> None:
    made = lab.make()
    made.world.latency = 0.05

    ends = await asyncio.gather(*(put(made, {"mode": "deny", "why": str(number)}) for number in range(2)))

    assert sorted(status for status, _ in ends) == [200, 409]


async def test_while_the_ledger_is_away_it_is_neither_shown_nor_turned() -> None:
    made = lab.make()
    made.world.faults.always("*", LEDGER, Status(503))

    assert (await made.get(URL))[0] == 503
    assert (await put(made, {"mode": "deny", "why": "x"}))[0] == 503
