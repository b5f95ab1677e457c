from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from azure.core.exceptions import ClientAuthenticationError

from azsim.faults import Status
from azsim.tenants import contoso
from azsim.world import World
from shared.azure.credential import EARLY, Credential
from shared.wire.message import Request, Response
from tests.azure.storage import on_azsim

ARM, VAULT = "https://management.azure.com/.default", "https://vault.azure.net/.default"


def asked(world: World) -> list[str]:
    return [call.query["resource"] for call in world.calls if call.host == "localhost"]


async def test_a_token_is_asked_for_once_for_each_scope_however_many_want_it() -> None:
    account = on_azsim()

    async def slowly(request: Request) -> Response:
        await asyncio.sleep(1)
        return await account.send(request)

    credential = Credential(slowly, account.world.clock, contoso.IDENTITY.client_id)
    tokens = await asyncio.gather(*(credential.get_token(scope) for scope in (ARM, VAULT) * 20))

    assert len({token.token for token in tokens}) == 2
    assert sorted(asked(account.world)) == sorted(scope.removesuffix("/.default") for scope in (ARM, VAULT))


async def test_a_token_is_asked_for_anew_shortly_before_its_end_and_not_earlier() -> None:
    account = on_azsim()
    first = await account.credential.get_token(ARM)
    end = datetime.fromtimestamp(first.expires_on, UTC)

    await account.world.clock.sleep((end - account.world.clock.now()).total_seconds() - EARLY - 5)
    assert (await account.credential.get_token(ARM)) is first
    await account.world.clock.sleep(6)
    later = await account.credential.get_token(ARM)

    assert later.expires_on > first.expires_on
    assert len(asked(account.world)) == 2


async def test_a_token_that_is_forgotten_is_asked_for_anew() -> None:
    account = on_azsim()
    await account.credential.get_token(ARM)

    account.credential.forget()
    await account.credential.get_token(ARM)

    assert len(asked(account.world)) == 2


async def test_closing_one_client_leaves_the_credential_to_the_others() -> None:
    account = on_azsim()

    async with account.credential as credential:
        first = await credential.get_token(ARM)
    await account.credential.close()

    assert await account.credential.get_token(ARM) is first


async def test_a_token_that_is_refused_is_an_error_and_asked_for_again_the_next_time() -> None:
    account = on_azsim()
    account.world.faults.on("GET", "/msi/token", Status(400, "BadRequest"))

    with pytest.raises(ClientAuthenticationError):
        await account.credential.get_token(ARM)

    assert (await account.credential.get_token(ARM)).token


async def test_an_identity_that_the_app_does_not_have_gets_no_token() -> None:
    account = on_azsim()
    stranger = Credential(account.send, account.world.clock, contoso.WORKSPACE)

    with pytest.raises(ClientAuthenticationError):
        await stranger.get_token(ARM)
