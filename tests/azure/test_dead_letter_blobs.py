from __future__ import annotations

import pytest
from msgspec.structs import replace

from azsim.faults import Cut, Effect, Status
from shared.azure.dead_letters import MOST_BYTES, DeadLetters
from shared.model.dead_letter import Letter
from shared.model.errors import AzureError, Changed, Forbidden, NotFound, Refused, Temporary, Uncertain
from shared.model.ids import content_digest
from tests.azure.storage import Storage, on_azsim

pytestmark = pytest.mark.real_time

NAME = "d" * 64
BODY = bytes(range(256)) * 800


@pytest.fixture
async def letters(storage: Storage) -> DeadLetters:
    return await storage.new_dead_letters()


def in_a_blob(body: bytes, name: str = NAME) -> Letter:
    """A letter whose body is in a blob."""
    return Letter(
        id="1" * 32,
        reason="not JSON",
        where="",
        source="",
        door="event_hub",
        received="2026-03-02T12:00:00+00:00",
        attempts=1,
        digest=content_digest(body),
        size=len(body),
        blob=name,
    )


async def read(letters: DeadLetters, body: bytes) -> bytes:
    """The blob, if it is this body."""
    return await letters.body(in_a_blob(body))


@pytest.mark.parametrize("body", [b"", b"{", BODY, BODY * 25], ids=["empty", "tiny", "200 KB", "5 MB"])
async def test_a_body_is_stored_as_it_came(letters: DeadLetters, body: bytes) -> None:
    await letters.store(NAME, body)

    assert await read(letters, body) == body


async def test_a_body_is_stored_once_and_never_written_over(letters: DeadLetters) -> None:
    await letters.store(NAME, BODY)
    await letters.store(NAME, BODY)
    await letters.store(NAME, b"somebody's")

    assert await read(letters, BODY) == BODY


@pytest.mark.parametrize(
    "effect",
    [Cut("after"), Cut("before"), Status(500), Status(503, "ServerBusy"), Status(429, retry_after=9)],
    ids=["lost after", "never sent", "500", "503", "429"],
)
async def test_a_body_is_stored_though_the_answer_is_lost(
    storage: Storage, letters: DeadLetters, effect: Effect
) -> None:
    storage.world.faults.on("PUT", "blob|contract", effect)

    if (isinstance(effect, Status) and effect.retry_after) or effect == Cut("before"):
        with pytest.raises(Temporary):  # repeating these is the wire's part
            await letters.store(NAME, BODY)
    await letters.store(NAME, BODY)

    assert await read(letters, BODY) == BODY


async def test_a_container_that_does_not_exist_is_an_error(storage: Storage) -> None:
    with pytest.raises(NotFound) as caught:
        await storage.dead_letters("nosuchcontainer").store(NAME, BODY)

    assert caught.value.code == "ContainerNotFound"


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Status(409, "ContainerBeingDeleted"), Changed),
        (Status(412, "LeaseIdMissing"), Changed),
        (Status(403, "AuthorizationFailure"), Forbidden),
        (Status(500, "InternalError"), Uncertain),
        (Cut("before"), Temporary),
    ],
    ids=["being deleted", "leased", "forbidden", "500", "unreachable"],
)
async def test_a_body_that_is_not_stored_is_an_error_whatever_the_reason(
    storage: Storage, letters: DeadLetters, effect: Effect, expected: type[AzureError]
) -> None:
    storage.world.faults.always("PUT", "blob|contract", effect)

    with pytest.raises(expected):
        await letters.store(NAME, BODY)

    storage.world.faults.clear()
    with pytest.raises(NotFound) as caught:
        await read(letters, BODY)
    assert caught.value.code == "BlobNotFound"


async def test_without_the_permission_nothing_is_stored() -> None:
    azsim = on_azsim()  # Azurite knows no roles
    letters = await azsim.new_dead_letters()
    azsim.world.access.assignments.clear()

    with pytest.raises(Forbidden, match="403 AuthorizationPermissionMismatch"):
        await letters.store(NAME, BODY)


@pytest.mark.parametrize(
    "other", [b"", BODY[:-1], BODY + b"x", BODY[:-1] + b"y"], ids=["empty", "cut", "longer", "other"]
)
async def test_a_blob_that_is_not_the_body_of_its_letter_is_refused(letters: DeadLetters, other: bytes) -> None:
    await letters.store(NAME, other)

    with pytest.raises(Refused, match=f"what is in blob {NAME} is not the body of dead letter {'1' * 32}"):
        await read(letters, BODY)


async def test_a_body_in_the_letter_itself_is_checked_as_well() -> None:
    letters = on_azsim().dead_letters("none")
    whole = replace(in_a_blob(b"{"), blob="", body=b"{")

    assert await letters.body(whole) == b"{"
    for wrong in (replace(whole, body=b"["), replace(whole, size=2), replace(whole, digest="0" * 64)):
        with pytest.raises(Refused, match="what is in the letter is not the body"):
            await letters.body(wrong)


async def test_a_body_of_any_size_is_not_read() -> None:
    letters = on_azsim().dead_letters("none")

    with pytest.raises(Refused, match="has 33554433 bytes; at most 33554432 are read"):
        await letters.body(replace(in_a_blob(b""), size=MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("effect", "expected"),
    [(Status(503, "ServerBusy"), Temporary), (Cut("after"), Temporary), (Status(404, "BlobNotFound"), NotFound)],
    ids=["503", "lost", "gone"],
)
async def test_a_body_that_cannot_be_read_now_is_an_error_that_says_so(
    storage: Storage, letters: DeadLetters, effect: Effect, expected: type[AzureError]
) -> None:
    await letters.store(NAME, BODY)
    storage.world.faults.always("GET", "blob|contract", effect)

    with pytest.raises(expected):
        await read(letters, BODY)


async def test_without_the_permission_nothing_is_read() -> None:
    azsim = on_azsim()
    letters = await azsim.new_dead_letters()
    await letters.store(NAME, BODY)
    azsim.world.access.assignments.clear()

    with pytest.raises(Forbidden, match="403 AuthorizationPermissionMismatch"):
        await read(letters, BODY)
