"""Dead letters: kept with the reason and the whole body until their hub takes them."""

from __future__ import annotations

import base64
import gzip
import json
import logging
from contextlib import AsyncExitStack

import msgspec
import pytest

from azsim.clock import Clock
from azsim.eventhubs import Broker
from azsim.faults import Status
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from shared.engine import outbox
from shared.engine.read import DeadLetter
from shared.model.dead_letter import Letter
from shared.model.delivery import Delivery
from shared.model.ids import content_digest
from shared.model.record import Record
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.engine.cases import delivered, delivery
from tests.lab import Lab


def dead(body: bytes = b"{", reason: str = "not JSON") -> DeadLetter:
    return DeadLetter(reason, "byte 1", body)


def about(letter: Letter) -> Record:
    time = "2026-03-02T09:00:00.000000Z"
    return Record(TimeGenerated=time, RecordId="1", SchemaVersion=1, Decision="dead_letter", EventId=letter.id)


def came(made: Lab, body: bytes = b"{") -> Delivery:
    return delivery(made, body)


async def test_dead_letters_wait_for_their_hub_and_do_not_keep_the_records(caplog: pytest.LogCaptureFixture) -> None:
    made = lab.make()
    letters = [await outbox.letter(dead(b"{" * (n + 1)), came(made), made.app) for n in range(5)]

    with caplog.at_level(logging.WARNING):
        await outbox.post([about(letters[0])], letters, made.app)

    assert ([row["RecordId"] for row in made.records], len(await made.app.ledger.packets())) == (["1"], 3)
    assert "the dead-letter hub does not take messages" in caplog.text
    kept = [outbox.opened(content, row).letters for content, row in await made.app.ledger.packets()]
    assert sorted(found.id for packet in kept for found in packet) == sorted(found.id for found in letters)


@pytest.mark.parametrize(("size", "large"), [(outbox.IN_MESSAGE, False), (outbox.IN_MESSAGE + 1, True)])
async def test_a_body_that_is_too_large_for_a_message_goes_into_a_blob(*, size: int, large: bool) -> None:
    made = lab.make()
    body = b"x" * size

    found = await outbox.letter(dead(body), came(made, body), made.app)

    blobs = made.world.state(Blobs).snapshot()
    assert (found.size, found.digest) == (size, content_digest(body))
    assert (found.body, found.blob) == ((b"", found.digest) if large else (body, ""))
    assert (found.digest in str(blobs)) is large


async def test_a_large_body_that_cannot_be_stored_fails_the_delivery() -> None:
    made = lab.make()
    made.world.faults.always("PUT", r"\.blob\.core", Status(403, "AuthorizationFailure"))
    body = b"x" * (outbox.IN_MESSAGE + 1)

    with pytest.raises(Exception, match="AuthorizationFailure"):
        await delivered(made, body)


async def test_a_letter_says_why_where_and_how_it_came() -> None:
    made = lab.make()

    found = await outbox.letter(dead(b"{"), came(made), made.app)
    again = await outbox.letter(dead(b"{"), came(made), made.app)
    other = await outbox.letter(dead(b"{", "another reason"), came(made), made.app)

    assert (found.reason, found.where, found.door, found.attempts, found.size) == (
        "not JSON", "byte 1", "event_hub", 1, 1,
    )  # fmt: skip
    assert found.received == made.world.clock.now().isoformat()
    assert again.id == found.id != other.id


async def test_the_account_of_the_blobs_is_the_one_of_the_settings() -> None:
    made = lab.make()
    body = b"x" * (outbox.IN_MESSAGE + 1)

    await outbox.letter(dead(body), came(made, body), made.app)

    (call,) = [call for call in made.world.calls if "blob" in call.host]
    assert call.path.startswith(f"/{contoso.CONTAINER}/")


def hub() -> Broker:
    return Broker({"dead-letters": 1}, now=Clock().now, key="ZGVtby1rZXk=", authorize=lambda _: True)


def bodies(broker: Broker) -> list[bytes]:
    return [base64.b64decode(json.loads(event.body)["body"]) for event in broker.events("dead-letters")]


async def many(made: Lab, number: int) -> list[Letter]:
    return [await outbox.letter(dead(b"{%d" % n), came(made, b"{%d" % n), made.app) for n in range(number)]


@pytest.mark.real_time
async def test_a_flood_of_letters_goes_over_one_connection_in_its_order_and_leaves_nothing_behind() -> None:
    broker = hub()
    async with broker.serve():
        made = lab.make(settings={"RIPOSTE_EVENTHUB": broker.connection_string})
        letters = await many(made, 50)
        await outbox.post((), letters, made.app)

    assert bodies(broker) == [letter.body for letter in letters]
    assert (broker.accepted, await made.app.ledger.packets()) == (1, [])


@pytest.mark.real_time
async def test_the_sweep_delivers_all_that_waits_over_one_connection() -> None:
    made = lab.make()
    letters = await many(made, 2 * outbox.LETTERS * outbox.AT_ONCE + 1)
    for letter in letters:
        content = gzip.compress(msgspec.json.encode([letter]), mtime=0)
        await made.app.ledger.pack(content, f"20260302T09{letter.body[1:].decode():0>6}-letters")

    broker = hub()
    async with broker.serve():
        again = lab.make(world=made.world, settings={"RIPOSTE_EVENTHUB": broker.connection_string})
        await outbox.post_stored(again.app)

    assert bodies(broker) == [letter.body for letter in letters]
    assert (broker.accepted, await made.app.ledger.packets()) == (1, [])


@pytest.mark.real_time
async def test_every_letter_is_stored_before_the_first_is_sent() -> None:
    broker = hub()
    async with broker.serve():
        made = lab.make(settings={"RIPOSTE_EVENTHUB": broker.connection_string})
        letters = await many(made, 5)
        made.world.faults.on("POST", r"\.table\.core", Status(403, "AuthorizationFailure"), skip=2)
        with pytest.raises(Exception, match="AuthorizationFailure"):
            await outbox.post((), letters, made.app)

    assert (bodies(broker), len(await made.app.ledger.packets())) == ([], 2)


@pytest.mark.real_time
@pytest.mark.usefixtures("sdk")
async def test_letters_that_a_hub_did_not_take_before_it_went_away_stay_and_no_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker, outage = hub(), AsyncExitStack()

    def cut(inner: Send) -> Send:
        """The hub goes away when the first letters that it took are forgotten."""

        async def send(request: Request) -> Response:
            if b"DELETE" in request.body and not cuts:
                cuts.append(request)
                await outage.enter_async_context(broker.outage())
            return await inner(request)

        return send

    cuts: list[Request] = []
    async with broker.serve(), outage:
        made = lab.make(settings={"RIPOSTE_EVENTHUB": broker.connection_string}, wrap=cut)
        at_once = outbox.LETTERS * outbox.AT_ONCE
        letters = await many(made, 2 * at_once + 1)
        await outbox.post((), letters, made.app)

        kept = [outbox.opened(content, row).letters for content, row in await made.app.ledger.packets()]
        assert bodies(broker) == [letter.body for letter in letters[:at_once]]
        assert sorted(found.id for packet in kept for found in packet) == sorted(
            found.id for found in letters[at_once:]
        )
        assert caplog.text.count("waits") == 1

        await outage.aclose()
        await outbox.post_stored(made.app)

    assert sorted(bodies(broker)) == sorted(letter.body for letter in letters)
    assert await made.app.ledger.packets() == []


@pytest.mark.real_time
@pytest.mark.usefixtures("sdk")
async def test_a_hub_that_is_back_gets_every_letter_that_waited_once(caplog: pytest.LogCaptureFixture) -> None:
    made = lab.make(
        settings={"RIPOSTE_EVENTHUB": "Endpoint=sb://localhost:1;SharedAccessKeyName=k;SharedAccessKey=aw=="}
    )
    letters = await many(made, 3)
    await outbox.post((), letters, made.app)
    assert len(await made.app.ledger.packets()) == 2
    assert "waits" in caplog.text

    broker = hub()
    async with broker.serve():
        again = lab.make(world=made.world, settings={"RIPOSTE_EVENTHUB": broker.connection_string})
        await outbox.post_stored(again.app)
        await outbox.post_stored(again.app)

    assert bodies(broker) == [letter.body for letter in letters]
    assert [json.loads(event.body)["reason"] for event in broker.events("dead-letters")] == ["not JSON"] * 3
    assert await again.app.ledger.packets() == []
