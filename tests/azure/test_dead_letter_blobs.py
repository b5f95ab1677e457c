from __future__ import annotations

import pytest

from azsim.faults import Cut, Effect, Status
from azsim.rbac import Role
from azsim.tenants import contoso
from shared.azure.dead_letters import DeadLetters
from shared.model.errors import AzureError, Changed, Forbidden, NotFound, Temporary, Uncertain
from shared.wire.azure_core import AzureCoreTransport
from tests.azure.storage import Storage, on_azsim

pytestmark = pytest.mark.real_time

NAME = "d" * 64
BODY = bytes(range(256)) * 800


@pytest.fixture
async def letters(storage: Storage) -> DeadLetters:
    return await storage.new_dead_letters()


async def read(storage: Storage, letters: DeadLetters, name: str = NAME) -> bytes:
    """A blob, as a person reads it; Riposte itself may only write."""
    from azure.storage.blob.aio import BlobServiceClient

    reader = Role(data_actions=("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",))
    storage.world.access.grant(contoso.IDENTITY.object_id, contoso.STORAGE, reader)
    way = AzureCoreTransport(storage.send, storage.world.clock)
    client = BlobServiceClient(storage.blobs, storage.credential, transport=way, retry_total=0)
    stream = await client.get_container_client(letters._container).download_blob(name)
    content: bytes = await stream.readall()
    return content


@pytest.mark.parametrize("body", [b"", b"{", BODY, BODY * 25], ids=["empty", "tiny", "200 KB", "5 MB"])
async def test_a_body_is_stored_as_it_came(storage: Storage, letters: DeadLetters, body: bytes) -> None:
    await letters.store(NAME, body)

    assert await read(storage, letters) == body


async def test_a_body_is_stored_once_and_never_written_over(storage: Storage, letters: DeadLetters) -> None:
    await letters.store(NAME, BODY)
    await letters.store(NAME, BODY)
    await letters.store(NAME, b"somebody's")

    assert await read(storage, letters) == BODY


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

    assert await read(storage, letters) == BODY


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
    with pytest.raises(Exception, match="BlobNotFound"):
        await read(storage, letters)


async def test_without_the_permission_nothing_is_stored() -> None:
    azsim = on_azsim()  # Azurite knows no roles
    letters = await azsim.new_dead_letters()
    azsim.world.access.assignments.clear()

    with pytest.raises(Forbidden, match="403 AuthorizationPermissionMismatch"):
        await letters.store(NAME, BODY)
