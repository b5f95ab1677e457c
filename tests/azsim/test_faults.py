"""Scripted faults, and what a caller sees of them."""

from __future__ import annotations

import asyncio

import pytest

from azsim.arm import Arm
from azsim.faults import Cut, Effect, Hang, Moment, Status
from azsim.messages import Lost, Response, Unreachable
from azsim.services.graph import Directory
from azsim.tenants import contoso
from azsim.world import World
from tests.azsim.caller import allow, allow_graph, arm, ask, error

THING = f"{contoso.SHOP}/providers/Microsoft.Example/things/one"


@pytest.fixture
def tenant(world: World) -> World:
    allow(world, "*")
    return world


async def write(world: World) -> Response:
    return await arm(world, "PUT", THING, {"location": "westeurope"})


def written(world: World) -> bool:
    return world.state(Arm).find(THING) is not None


async def statuses(world: World, count: int) -> list[int]:
    return [(await arm(world, "GET", contoso.WEB_VM)).status for _ in range(count)]


async def test_a_status_is_answered_and_nothing_is_done(tenant: World) -> None:
    tenant.faults.on("PUT", "things", Status(503, "ServerBusy", "Try again.", retry_after=7))

    answer = await write(tenant)

    assert error(answer) == (503, "ServerBusy")
    assert answer.json()["error"]["message"] == "Try again."
    assert answer.headers["retry-after"] == "7"
    assert "x-ms-request-id" in answer.headers
    assert not written(tenant)
    assert tenant.calls[-1].status == 503


async def test_a_status_comes_with_retry_after_only_if_it_says_so(tenant: World) -> None:
    tenant.faults.on("PUT", "things", Status(500))
    assert "retry-after" not in (await write(tenant)).headers
    tenant.faults.on("PUT", "things", Status(429, retry_after=0.5))
    assert (await write(tenant)).headers["retry-after"] == "0.5"


async def test_a_status_has_the_error_form_of_its_service(tenant: World) -> None:
    tenant.faults.always("*", "core.windows.net", Status(503, "ServerBusy"))
    table = await ask(tenant, "GET", f"https://{contoso.STORAGE_ACCOUNT}.table.core.windows.net/riposte()")
    blob = await ask(tenant, "GET", f"https://{contoso.STORAGE_ACCOUNT}.blob.core.windows.net/dead-letters")
    assert table.json()["odata.error"]["code"] == "ServerBusy"
    assert b"<Code>ServerBusy</Code>" in blob.body
    assert table.headers["x-ms-error-code"] == blob.headers["x-ms-error-code"] == "ServerBusy"


@pytest.mark.parametrize(("effect", "done"), [(Cut("before"), False), (Cut("after"), True)])
async def test_a_connection_is_cut_before_the_work_or_after_it(tenant: World, effect: Effect, *, done: bool) -> None:
    tenant.faults.on("PUT", "things", effect)
    with pytest.raises(Lost if done else Unreachable):
        await write(tenant)
    assert written(tenant) is done
    assert tenant.calls[-1].status is None


@pytest.mark.parametrize(("moment", "done"), [("before", False), ("after", True)])
async def test_a_request_hangs_before_the_work_or_after_it(tenant: World, moment: Moment, *, done: bool) -> None:
    tenant.faults.on("PUT", "things", Hang(moment))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(write(tenant), timeout=1000)
    assert written(tenant) is done
    assert tenant.calls[-1].status is None


async def test_the_skipped_are_spared_then_so_many_are_hit(tenant: World) -> None:
    tenant.faults.on("GET", "vm-web", Status(500), skip=2, times=3)
    assert await statuses(tenant, 7) == [200, 200, 500, 500, 500, 200, 200]


async def test_a_fault_strikes_once_if_not_told_otherwise(tenant: World) -> None:
    tenant.faults.on("GET", "vm-web", Status(500))
    assert await statuses(tenant, 3) == [500, 200, 200]


async def test_always_is_every_time_until_the_script_is_cleared(tenant: World) -> None:
    tenant.faults.always("GET", "vm-web", Status(500))
    assert await statuses(tenant, 20) == [500] * 20
    tenant.faults.clear()
    assert await statuses(tenant, 2) == [200, 200]


async def test_a_request_is_picked_by_its_number_from_now_on(tenant: World) -> None:
    await statuses(tenant, 2)
    tenant.faults.at(1, Status(500))
    tenant.faults.at(3, Status(502))
    assert await statuses(tenant, 5) == [200, 500, 200, 502, 200]


async def test_a_fault_picks_requests_by_method_and_by_host_and_path(tenant: World) -> None:
    allow_graph(tenant, "User.Read.All")
    tenant.faults.always("DELETE", "vm-web", Status(500))
    tenant.faults.always("*", r"^graph\.microsoft\.com/v1\.0/USERS/", Status(502))
    assert await statuses(tenant, 1) == [200]
    user = f"https://graph.microsoft.com/v1.0/users/{contoso.ADELE}"
    assert (await ask(tenant, "GET", user)).status == 502
    assert (await ask(tenant, "POST", f"{user}/revokeSignInSessions")).status == 502
    assert (await ask(tenant, "GET", "https://graph.microsoft.com/v1.0/users")).status == 200
    assert (await arm(tenant, "DELETE", contoso.WEB_VM)).status == 500


async def test_the_first_fault_due_is_the_one_that_is_seen_and_the_others_count_it_too(tenant: World) -> None:
    tenant.faults.on("GET", "vm-web", Status(500))
    tenant.faults.on("GET", "vm-web", Status(502), times=2)
    assert await statuses(tenant, 3) == [500, 502, 200]


async def test_a_lost_answer_leaves_what_was_done(tenant: World) -> None:
    allow_graph(tenant, "User.RevokeSessions.All")
    before = tenant.state(Directory).users[contoso.ADELE]["signInSessionsValidFromDateTime"]
    tenant.faults.on("POST", "revokeSignInSessions", Cut("after"))
    with pytest.raises(Lost, match=r"connection reset: POST graph\.microsoft\.com"):
        await ask(tenant, "POST", f"https://graph.microsoft.com/v1.0/users/{contoso.ADELE}/revokeSignInSessions")
    assert tenant.state(Directory).users[contoso.ADELE]["signInSessionsValidFromDateTime"] != before
