"""Dead letters: kept with the reason and the whole body until their hub takes them."""

from __future__ import annotations

import base64
import json
import logging

import pytest

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


@pytest.mark.real_time
@pytest.mark.usefixtures("sdk")
async def test_a_hub_that_is_back_gets_every_letter_that_waited_once(caplog: pytest.LogCaptureFixture) -> None:
    made = lab.make(
        settings={"RIPOSTE_EVENTHUB": "Endpoint=sb://localhost:1;SharedAccessKeyName=k;SharedAccessKey=aw=="}
    )
    bodies = [b"{" * (n + 1) for n in range(3)]
    letters = [await outbox.letter(dead(body), came(made), made.app) for body in bodies]
    await outbox.post((), letters, made.app)
    assert len(await made.app.ledger.packets()) == 2
    assert "waits" in caplog.text

    broker = Broker({"dead-letters": 1}, now=made.world.clock.now, key="ZGVtby1rZXk=", authorize=lambda _: True)
    async with broker.serve():
        again = lab.make(world=made.world, settings={"RIPOSTE_EVENTHUB": broker.connection_string})
        await outbox.post_stored(again.app)
        await outbox.post_stored(again.app)

    told = [json.loads(event.body) for event in broker.events("dead-letters")]
    assert [base64.b64decode(found["body"]) for found in told] == bodies
    assert [found["reason"] for found in told] == ["not JSON"] * 3
    assert await again.app.ledger.packets() == []
