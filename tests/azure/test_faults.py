from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from azsim.tenants import contoso
from shared.azure.arm import ArmClient
from shared.azure.clients import pipeline
from shared.azure.faults import told_apart
from shared.model.errors import (
    AzureError,
    Changed,
    Forbidden,
    NotFound,
    Permanent,
    Refused,
    RiposteError,
    Temporary,
    Uncertain,
)
from shared.wire.message import Request, Response, Send, Unanswered, Undeclared, Unreachable, WireError
from tests.azure.storage import on_azsim

MANAGER = "https://management.azure.com"


async def told(send: Send, *, wrote: bool) -> RiposteError:
    """What becomes of the error of an SDK's call."""
    account = on_azsim()
    client = ArmClient(MANAGER, account.credential, **pipeline(send, account.world.clock))
    try:
        await client.get(contoso.WEB_VM, "2024-07-01")
    except Exception as error:
        found = told_apart(error, wrote=wrote)
        if found is None:
            raise
        return found
    raise AssertionError("it went well")


def answering(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Send:
    async def send(_: Request) -> Response:
        return Response(status, {"content-type": "application/json", **(headers or {})}, msgspec.json.encode(body))

    return send


def failing(error: WireError) -> Send:
    async def send(_: Request) -> Response:
        raise error

    return send


@pytest.mark.parametrize(
    ("status", "of_write", "of_read"),
    [
        (400, Permanent, Permanent),
        (401, Forbidden, Forbidden),
        (403, Forbidden, Forbidden),
        (404, NotFound, NotFound),
        (408, Uncertain, Temporary),
        (409, Changed, Changed),
        (410, Permanent, Permanent),
        (412, Changed, Changed),
        (429, Temporary, Temporary),
        (500, Uncertain, Temporary),
        (501, Permanent, Permanent),
        (502, Uncertain, Temporary),
        (503, Uncertain, Temporary),
        (504, Uncertain, Temporary),
    ],
)
async def test_an_answer_is_told_apart_by_its_status_and_by_whether_something_may_have_been_written(
    status: int, of_write: type[AzureError], of_read: type[AzureError]
) -> None:
    send = answering(status, {"error": {"code": "SaidNo", "message": "No."}})

    for wrote, expected in ((True, of_write), (False, of_read)):
        found = await told(send, wrote=wrote)
        assert type(found) is expected
        assert (found.status, found.code) == (status, "SaidNo")
        assert str(found).startswith(f"{status} SaidNo: ")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "17"}, 17.0),
        ({"retry-after": "-1"}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:00 GMT"}, None),
    ],
    ids=["seconds", "past", "a date"],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_what_azure_asks_to_wait_goes_with_the_error_and_nothing_was_written(
    status: int, headers: dict[str, str], seconds: float | None
) -> None:
    found = await told(answering(status, {}, headers), wrote=True)

    assert type(found) is Temporary
    assert found.retry_after == seconds


@pytest.mark.parametrize(
    ("raised", "of_write", "of_read", "text"),
    [
        (Undeclared("GET /x is not covered"), Permanent, Permanent, "not sent: GET /x is not covered"),
        (Unreachable("refused"), Temporary, Temporary, "Azure could not be reached: refused"),
        (Unanswered("reset"), Uncertain, Temporary, "no answer from Azure: reset"),
    ],
    ids=["undeclared", "unreachable", "unanswered"],
)
async def test_what_happened_on_the_wire_is_told_apart_below_the_sdks_own_error(
    raised: WireError, of_write: type[AzureError], of_read: type[AzureError], text: str
) -> None:
    for wrote, expected in ((True, of_write), (False, of_read)):
        found = await told(failing(raised), wrote=wrote)
        assert (type(found), str(found)) == (expected, text)


@pytest.mark.parametrize(
    "message",
    [
        "The client 'c' does not have authorization to perform action 'Microsoft.A/b/read' over scope '/s'.",
        "The client 'c' does not have permission to perform action(s) 'Microsoft.A/b/read' on the linked scope(s).",
        "Caller is not authorized. Action: 'Microsoft.A/b/read'",
    ],
    ids=["resource manager", "linked scope", "key vault"],
)
async def test_a_missing_permission_is_named_in_whatever_words_azure_has_for_it(message: str) -> None:
    found = await told(answering(403, {"error": {"code": "AuthorizationFailed", "message": message}}), wrote=True)

    assert type(found) is Forbidden
    assert str(found).startswith("the responder's identity lacks Microsoft.A/b/read (403 AuthorizationFailed")


async def test_our_own_error_stays_what_it_is_and_a_strangers_is_nobodys() -> None:
    ours = Refused("no")

    assert told_apart(ours) is ours
    assert told_apart(KeyError("x")) is None


async def test_an_error_that_causes_itself_is_looked_at_once() -> None:
    first, second = KeyError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first

    assert told_apart(first) is None


async def test_what_was_being_handled_meanwhile_is_not_what_an_error_came_from() -> None:
    error = KeyError("x")
    error.__context__ = Unanswered("of another request")

    assert told_apart(error) is None
