"""Access tokens."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from azsim.chance import Chance
from azsim.clock import Clock
from azsim.messages import Request
from azsim.tenants import contoso
from azsim.tokens import LIFETIME, Principal, Tokens
from azsim.world import World
from tests.azsim.caller import API, ARM, allow, error, token

TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"


def issuer(seed: int = 7, clock: Clock | None = None) -> Tokens:
    return Tokens(clock or Clock(), Chance(seed), TENANT)


def claims(text: str) -> dict[str, Any]:
    payload = text.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def test_a_token_tells_who_calls_and_for_which_audience() -> None:
    tokens = issuer()
    text, _ = tokens.issue("object", "app", "https://vault.azure.net/")
    assert tokens.check(text) == Principal("object", "app", TENANT, "https://vault.azure.net")


def test_when_all_are_over_none_is_good_that_was_issued_before_and_one_issued_at_once_is() -> None:
    tokens = issuer()
    text, _ = tokens.issue("object", "app", "https://vault.azure.net")
    assert tokens.check(text) is not None
    tokens.end_all()
    assert tokens.check(text) is None
    again, _ = tokens.issue("object", "app", "https://vault.azure.net")
    assert tokens.check(again) is not None


def test_a_token_carries_the_claims_of_an_entra_token() -> None:
    clock = Clock()
    text, expires = issuer(clock=clock).issue("object", "app", "https://graph.microsoft.com")
    now = int(clock.now().timestamp())
    assert expires == now + 3600
    assert claims(text) == {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now,
        "nbf": now,
        "exp": expires,
        "oid": "object",
        "appid": "app",
        "tid": TENANT,
    }


async def test_a_token_holds_for_an_hour_and_no_longer() -> None:
    clock = Clock()
    tokens = issuer(clock=clock)
    text, _ = tokens.issue("object", "app", "audience")
    await clock.sleep(LIFETIME.total_seconds() - 1)
    assert tokens.check(text) is not None
    await clock.sleep(1)
    assert tokens.check(text) is None


def test_a_token_whose_claims_were_altered_is_refused() -> None:
    tokens = issuer()
    text, _ = tokens.issue("object", "app", "audience")
    head, _, signature = text.split(".")
    forged = json.dumps(claims(text) | {"oid": "somebody else"}).encode()
    payload = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    assert tokens.check(f"{head}.{payload}.{signature}") is None


def test_a_token_of_another_world_is_refused() -> None:
    text, _ = issuer(1).issue("object", "app", "audience")
    assert issuer(2).check(text) is None
    assert issuer(1).check(text) is not None


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "no token at all", "tökén", "\udcff.\udcff.\udcff"])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert issuer().check(text) is None


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_service_takes_a_token_for_its_own_audience(world: World, scheme: str) -> None:
    allow(world, "*/read")
    head = {"authorization": f"{scheme} {token(world, ARM + '/')}"}
    answer = await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}", head))
    assert answer.status == 200
    assert world.calls[0].caller.object_id == contoso.IDENTITY.object_id


@pytest.mark.parametrize("audience", ["https://graph.microsoft.com", "https://vault.azure.net", "", "management"])
async def test_a_service_refuses_a_token_for_a_foreign_audience(world: World, audience: str) -> None:
    allow(world, "*/read")
    head = {"authorization": f"Bearer {token(world, audience)}"}
    answer = await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}", head))
    assert error(answer) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz"])
async def test_a_service_refuses_a_call_without_a_bearer_token(world: World, value: str) -> None:
    answer = await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}", {"authorization": value}))
    assert error(answer) == (401, "InvalidAuthenticationToken")


async def test_a_service_refuses_a_token_in_another_scheme(world: World) -> None:
    head = {"authorization": f"PoP {token(world, ARM)}"}
    answer = await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}", head))
    assert error(answer) == (401, "InvalidAuthenticationToken")


async def test_a_service_refuses_an_expired_token(world: World) -> None:
    allow(world, "*/read")
    head = {"authorization": f"Bearer {token(world, ARM)}"}
    await world.clock.sleep((LIFETIME + timedelta(seconds=1)).total_seconds())
    answer = await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}", head))
    assert error(answer) == (401, "InvalidAuthenticationToken")


async def test_a_call_without_a_token_has_no_caller(world: World) -> None:
    await world.send(Request("GET", f"{ARM}{contoso.WEB_VM}?{API}"))
    with pytest.raises(AssertionError, match="did not authenticate"):
        _ = world.calls[0].caller
