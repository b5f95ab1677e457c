"""Dead letters over HTTP."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from azsim.eventhubs import Broker
from azsim.faults import Status
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from shared.api import dead_letters
from shared.engine import outbox
from shared.engine.redrive.put_back import begin
from shared.model.dead_letter import PutBack
from shared.model.step import Actor
from tests import lab
from tests.api.asking import LEDGER, answered, signed_in, told
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.engine.letters import connected, hub, posted
from tests.lab import Lab

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]

ALL = "/api/dead-letters"


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    made = hub()
    async with made.serve():
        yield made


@pytest.fixture
def made(broker: Broker) -> Lab:
    return connected(broker)


async def asked(made: Lab, url: str, method: str = "GET", **headers: str) -> tuple[int, Any]:
    answer = await answered(made, url, method=method, **headers)
    return answer.status_code, told(answer)


async def test_letters_are_listed_newest_first_page_by_page(made: Lab) -> None:
    sent = [letter.id for letter in await posted(made, b"{1", b"{2", b"{3", b"{4", b"{5")]
    pages, url = [], f"{ALL}?most=2"
    while url:
        status, body = await asked(made, url)
        assert (status, body["missing"]) == (200, [])
        pages.append([letter["id"] for letter in body["letters"]])
        url = f"{ALL}?most=2&after={body['next']}" if "next" in body else ""

    assert pages == [sent[:2:-1], sent[2:0:-1], sent[:1]]


async def test_a_list_tells_all_but_the_body(made: Lab) -> None:
    (sent,) = await posted(made, b"{")

    _, body = await asked(made, ALL)

    assert body["letters"] == [
        {
            **{name: getattr(sent, name) for name in ("id", "reason", "where", "source", "door", "received", "trace")},
            **{name: getattr(sent, name) for name in ("attempts", "first", "digest", "size")},
            "in_blob": False,
            "waiting": False,
            "put_back": [],
            "put_back_count": 0,
        }
    ]


async def test_letters_are_chosen_by_reason_source_and_time(made: Lab) -> None:
    (one,) = await posted(made, b"{1", source="key_vault")
    (two,) = await posted(made, b"{2", reason="empty")

    for query, wanted in (
        ("reason=EMP", [two.id]),
        ("source=key_vault", [one.id]),
        ("source=waf", []),
        (f"since={two.received.replace('+', '%2B')}", [two.id]),
        (f"until={two.received.replace('+', '%2B')}", [one.id]),
    ):
        _, body = await asked(made, f"{ALL}?{query}")
        assert [letter["id"] for letter in body["letters"]] == wanted, query


async def test_every_mistake_of_a_query_is_told_at_once(made: Lab) -> None:
    status, body = await asked(made, f"{ALL}?mots=2&most=0&after=x&since=today&until=2026-03-02T09:00:00")

    assert status == 400
    assert body["errors"] == [
        "there is no 'mots'; did you mean 'most'?",
        "since: must be a time with its zone, such as 2026-03-02T09:00:00Z",
        "until: must be a time with its zone, such as 2026-03-02T09:00:00Z",
        "most: must be a whole number from 1 to 200",
        "after: must be what `next` of another answer says",
    ]


async def test_a_source_that_is_none_is_told_with_the_nearest_right_name(made: Lab) -> None:
    status, body = await asked(made, f"{ALL}?source=key_vualt")

    assert (status, body["detail"]) == (400, "there is no 'key_vualt'; did you mean 'key_vault'?")


async def test_while_the_hub_is_away_the_list_says_that_it_is_not_all(broker: Broker, made: Lab) -> None:
    (sent,) = await posted(made, b"{")
    async with broker.outage():
        (waits,) = await posted(made, b"{waits")
        status, body = await asked(made, ALL)
        missing = (await asked(made, f"{ALL}/{sent.id}"))[0]
        there = (await asked(made, f"{ALL}/{waits.id}"))[1]

    assert (status, [(each["id"], each["waiting"]) for each in body["letters"]]) == (200, [(waits.id, True)])
    assert "the dead-letter hub cannot be read" in body["missing"][0]
    assert (missing, there["waiting"]) == (503, True)


@pytest.mark.parametrize("name", ["0" * 32, "x", "..%2f..", "A" * 32])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/redrive")])
async def test_a_letter_that_is_not_there_is_not_found(made: Lab, name: str, method: str, rest: str) -> None:
    assert (await asked(made, f"{ALL}/{name}{rest}", method))[0] == 404


@pytest.mark.parametrize("body", [b"{\xff", b"{" + b" " * outbox.IN_MESSAGE], ids=["in the letter", "in a blob"])
async def test_a_body_is_shown_to_those_who_ask_for_it(made: Lab, body: bytes) -> None:
    (sent,) = await posted(made, body)

    assert "body" not in (await asked(made, f"{ALL}/{sent.id}"))[1]
    shown = (await asked(made, f"{ALL}/{sent.id}?body=true"))[1]

    assert base64.b64decode(shown["body"]) == body


async def test_a_body_is_shown_only_to_those_who_may_act(broker: Broker) -> None:
    made = connected(broker, settings={"RIPOSTE_EASY_AUTH": "true"})
    (sent,) = await posted(made, b"{")
    reader, operator = signed_in("Riposte.Reader"), signed_in("Riposte.Operator")

    for url, method, who, status in (
        (ALL, "GET", reader, 200),
        (f"{ALL}/{sent.id}", "GET", reader, 200),
        (f"{ALL}/{sent.id}?body=true", "GET", reader, 403),
        (f"{ALL}/{sent.id}?body=TRUE", "GET", reader, 403),
        (f"{ALL}/{sent.id}/redrive", "POST", reader, 403),
        (ALL, "GET", "", 401),
        (f"{ALL}/{sent.id}?body=true", "GET", operator, 200),
        (f"{ALL}/{sent.id}/redrive", "POST", operator, 200),
    ):
        assert (await asked(made, url, method, x_ms_client_principal=who))[0] == status, (url, status)
    record = made.record(Decision="redriven")
    assert (record["ActorKind"], record["ActorName"]) == ("user", "ann@contoso.example")


async def test_a_body_that_is_another_one_is_neither_shown_nor_put_back(made: Lab) -> None:
    (sent,) = await posted(made, b"{" + b" " * outbox.IN_MESSAGE)
    made.world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, contoso.CONTAINER][sent.blob].content = b"another"

    for url, method in ((f"{ALL}/{sent.id}?body=true", "GET"), (f"{ALL}/{sent.id}/redrive", "POST")):
        status, body = await asked(made, url, method)
        assert (status, "is not the body of dead letter" in body["detail"]) == (409, True)


async def test_a_letter_is_put_back_and_what_became_of_it_is_the_answer(made: Lab) -> None:
    (sent,) = await posted(made, b"{")

    status, body = await asked(made, f"{ALL}/{sent.id}/redrive", "POST")

    assert (status, body["letter"], body["state"], len(body["letters"])) == (200, sent.id, "dead_letter", 1)
    shown = (await asked(made, f"{ALL}/{sent.id}"))[1]
    assert [(each["who"]["kind"], each["state"]) for each in shown["put_back"]] == [("function_key", "dead_letter")]
    again = (await asked(made, f"{ALL}/{body['letters'][0]}"))[1]
    assert (again["attempts"], again["first"], again["door"]) == (2, sent.id, "redrive")


async def test_a_letter_that_somebody_else_puts_back_just_now_is_left_to_them(made: Lab) -> None:
    (sent,) = await posted(made, b"{")
    await begin(sent, Actor("command", "bob"), made.app)

    status, body = await asked(made, f"{ALL}/{sent.id}/redrive", "POST")

    assert (status, "is being put back by bob since" in body["detail"]) == (409, True)


async def test_what_takes_long_goes_on_and_the_answer_says_where_to_look(
    made: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "WAIT", 0.0)
    (sent,) = await posted(made, lab.recording("defender_low_severity"))

    answer = await answered(made, f"{ALL}/{sent.id}/redrive")
    assert (answer.status_code, told(answer)["state"]) == (202, "putting_back")
    await asyncio.gather(*made.app.tasks)

    assert (await asked(made, answer.headers["Location"]))[1]["put_back"][0]["state"] == "handled"


async def test_without_a_ledger_nothing_is_put_back(made: Lab) -> None:
    (sent,) = await posted(made, b"{")
    made.world.faults.always("*", LEDGER, Status(403, "AuthorizationFailure"))

    status, body = await asked(made, f"{ALL}/{sent.id}/redrive", "POST")

    assert (status, "AuthorizationFailure" in body["detail"], made.records) == (503, True, [])


async def test_a_walk_that_cannot_be_stored_is_an_answer_to_ask_again_after(made: Lab) -> None:
    (sent,) = await posted(made, b"{" + b" " * outbox.IN_MESSAGE)
    made.world.faults.always("PUT", r"\.blob\.core", Status(403, "AuthorizationFailure"))

    answer = await answered(made, f"{ALL}/{sent.id}/redrive")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "AuthorizationFailure" in told(answer)["detail"]


async def test_putting_one_back_forgets_those_that_their_hub_has_dropped(made: Lab) -> None:
    (sent,) = await posted(made, b"{1")
    long_ago = made.app.clock.now() - timedelta(days=91)
    await made.app.ledger.begin_put_back("f" * 32, PutBack(who=Actor("user"), began=long_ago))

    assert (await asked(made, f"{ALL}/{sent.id}/redrive", "POST"))[0] == 200

    assert list(await made.app.ledger.put_backs()) == [sent.id]
