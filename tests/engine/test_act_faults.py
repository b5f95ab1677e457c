"""What goes wrong while a step is done: it becomes an outcome, and leaves no lock."""

from __future__ import annotations

import asyncio
import logging
import math
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.call import Call
from azsim.faults import Cut, Effect, Fault, Hang, Status
from azsim.services.graph import Directory
from azsim.tenants import contoso
from shared.azure.ledger import LEASE
from shared.engine.act import act
from shared.model.ledger import GivenUp
from shared.model.states import State
from shared.wire.message import Request, Response, Send
from tests.engine.cases import (
    NICS,
    REVOKE,
    account,
    acted,
    acting,
    alert,
    claimed,
    group_of,
    holds,
    isolated,
    locked,
    swept,
    writes,
)
from tests.lab import Lab
from tests.responders.ask import Way, then

FORBIDDEN = Status(403, "AuthorizationFailed")


def changes(made: Lab) -> int:
    return len([call for call in writes(made) if call.path.endswith("nic-web-01")])


def after_the_write(call: Call) -> bool:
    written = any(c.method == "PUT" and c.path == call.path for c in call.world.calls)
    return call.method == "GET" and "networkInterfaces" in call.path and written


async def unreadable(request: Request, send: Send) -> Response:
    """The deed is done; of the answer only the beginning comes through."""
    answer = await send(request)
    return Response(200, {"content-type": "application/json"}, answer.body[:1] or b"{")


@pytest.mark.parametrize(
    ("effect", "state", "told"),
    [
        (FORBIDDEN, "failed", "403 AuthorizationFailed"),
        (Status(400, "InvalidRequestFormat"), "failed", "400 InvalidRequestFormat"),
        (Status(404, "ResourceNotFound"), "failed", "404 ResourceNotFound"),
        (Status(409, "AnotherOperationInProgress"), "planned", "409 AnotherOperationInProgress"),
        (Status(412, "PreconditionFailed"), "planned", "412 PreconditionFailed"),
        (Status(429, "TooManyRequests", retry_after=100), "planned", "429 TooManyRequests"),
        (Status(503, "ServerBusy", retry_after=100), "planned", "503 ServerBusy"),
        (Cut("before"), "planned", "Azure could not be reached"),
    ],
    ids=lambda value: f"{value.status}" if isinstance(value, Status) else "",
)
async def test_azures_no_is_the_outcome_and_nothing_was_done(
    effect: Effect, state: State, told: str, tmp_path: Path
) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", effect)

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.otherwise, told in outcome.reason) == (state, "failed", True)
    assert (group_of(made, NICS[0]), locked(made)) == ("nsg-web", [])
    assert holds(made) == ({"nsg-web": ["1"]} if state == "planned" else {})


async def test_how_long_azure_wants_to_be_left_alone_is_kept(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(429, retry_after=3000))

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.wait) == ("planned", 3000.0)


@pytest.mark.parametrize("effect", [Cut("after"), Hang("after"), Status(500)], ids=["cut", "hang", "500"])
async def test_a_lost_answer_is_settled_by_a_look(effect: Effect, tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", effect)

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.otherwise, isolated(made)) == ("done", "failed", ["nic-web-01"])
    assert changes(made) == (2 if isinstance(effect, Status) else 1)


@pytest.mark.parametrize(
    ("look", "state"),
    [(FORBIDDEN, "failed"), (Status(503), "planned"), (Hang(), "planned")],
    ids=["forbidden", "503", "hang"],
)
async def test_a_lost_answer_that_no_look_can_settle_is_a_doubt(look: Effect, state: State, tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Cut("after"))
    made.world.faults.script.append(Fault(look, after_the_write, times=math.inf))

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.otherwise) == (state, "uncertain")
    assert (holds(made), locked(made)) == ({"nsg-web": ["1"]}, [])


@pytest.mark.parametrize("otherwise", ["uncertain", "unverified"])
async def test_a_doubt_of_an_earlier_attempt_stays_until_a_look_settles_it(otherwise: GivenUp, tmp_path: Path) -> None:
    made = acting(tmp_path)
    entry = replace((await claimed(made, alert())).entry, otherwise=otherwise)

    made.world.faults.always("GET", "networkInterfaces", FORBIDDEN)
    blind = await act(entry, made.app, [])
    made.world.faults.clear()
    seeing = await act(entry, made.app, [])

    assert (blind.state, blind.otherwise) == ("failed", otherwise)
    assert (seeing.state, seeing.otherwise) == ("done", "failed")


async def test_a_look_that_shows_that_it_was_not_done_ends_the_doubt(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", Hang("before"))
    made.world.faults.on("PUT", "networkInterfaces", FORBIDDEN, skip=1, times=2)

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.otherwise) == ("failed", "failed")


@pytest.mark.parametrize("name", ["network", "entra"])
async def test_an_answer_to_a_write_that_cannot_be_read_is_a_lost_one(name: str, tmp_path: Path) -> None:
    way = Way()
    made = acting(tmp_path, *([REVOKE] if name == "entra" else []), wrap=way)
    way.meet("PUT", "networkInterfaces/nic-web-01[?]", unreadable)
    way.meet("POST", "revokeSignInSessions", unreadable)
    body = account() if name == "entra" else alert()

    outcome = await acted(made, body)

    assert (outcome.state, outcome.otherwise) == ("failed", "uncertain")
    assert locked(made) == []


@pytest.mark.parametrize(
    ("method", "otherwise"), [("GET", "failed"), ("PUT", "uncertain")], ids=["while looking", "while writing"]
)
async def test_a_fault_of_our_own_is_an_outcome_and_says_no_more_than_its_kind(
    method: str, otherwise: GivenUp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    way = Way()
    made = acting(tmp_path, wrap=way)
    entry = (await claimed(made, alert())).entry

    async def fail(_request: Request, _send: Send) -> Response:
        raise ZeroDivisionError("S3cr3t")

    way.meet(method, "networkInterfaces/nic-web-01[?]", fail)
    with caplog.at_level(logging.ERROR):
        outcome = await act(entry, made.app, [])

    assert (outcome.state, outcome.otherwise) == ("failed", otherwise)
    assert outcome.reason == "a fault in network.isolate_nic: ZeroDivisionError"
    assert "a fault in network.isolate_nic" in caplog.text
    assert locked(made) == []


async def test_an_effect_that_shows_late_is_waited_for(tmp_path: Path) -> None:
    way = Way()
    made = acting(tmp_path, REVOKE, wrap=way)
    user = made.world.state(Directory).users[contoso.ADELE]
    entry = (await claimed(made, account())).entry
    before = user["signInSessionsValidFromDateTime"]
    way.meet("POST", "revokeSignInSessions", then(lambda: user.update(signInSessionsValidFromDateTime=before)))
    loop = asyncio.get_running_loop()
    loop.call_later(20, lambda: user.update(signInSessionsValidFromDateTime="2026-03-02T09:00:00Z"))

    outcome = await act(entry, made.app, [])

    assert (outcome.state, outcome.notes) == ("done", ("Sessions from before 2026-03-02T09:00:00Z are void.",))
    assert made.world.clock.now() - entry.started >= timedelta(seconds=20)


async def test_an_effect_that_never_shows_is_unverified_with_what_was_tried(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("PUT", "networkInterfaces", Status(200))

    outcome = await acted(made, alert())

    assert (outcome.state, "reading back shows" in outcome.reason) == ("unverified", True)
    assert outcome.change is not None
    assert outcome.times.acted is not None
    assert outcome.times.verified is None
    assert (holds(made), locked(made)) == ({"nsg-web": ["1"]}, [])


async def test_an_effect_that_nobody_can_look_for_ends_as_unverified_if_it_is_given_up(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("POST", "effectiveNetworkSecurityGroups", Status(503))

    outcome = await acted(made, alert())

    assert (outcome.state, outcome.otherwise) == ("planned", "unverified")
    assert outcome.change is not None


async def test_a_permission_that_was_just_granted_counts_at_once(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("PUT", "networkInterfaces", FORBIDDEN)

    assert (await acted(made, alert())).state == "done"


async def test_a_lock_that_cannot_be_given_up_ends_by_itself_and_does_not_spoil_the_deed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = acting(tmp_path)

    def unlocking(call: Call) -> bool:
        free = "RowKey='target'" in call.path and b"holds" in call.body and b"owner" not in call.body
        return call.method in ("PUT", "MERGE", "PATCH") and free

    made.world.faults.script.append(Fault(Status(403, "AuthorizationFailure"), unlocking, times=math.inf))

    with caplog.at_level(logging.WARNING):
        outcome = await acted(made, alert("1"))

    assert (outcome.state, locked(made)) == ("done", [made.app.instance])
    assert "stays until it ends" in caplog.text
    made.world.faults.clear()
    await swept(made, LEASE.total_seconds())
    assert (await acted(made, alert("2"))).state == "already"
    assert locked(made) == []
