from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from azsim.faults import Cut, Hang, Status
from azsim.tenants import contoso
from shared.model.entity import Account
from shared.wire.message import Request, Response, Send
from tests.lab import Lab
from tests.responders.ask import Meddle, Way, alerted, ask, responding
from tests.responders.entra.test_revoke_user_sessions import NAME, revocations, user, valid_from

ACCOUNT = Account(object_id=contoso.ADELE)
AS_ENTITY = {"Type": "account", "AadUserId": contoso.ADELE}
LOOK = f"/users/{contoso.ADELE}[?]"
OLD = "2026-01-15T08:00:00Z"


def late(made: Lab, seconds: float) -> Meddle:
    """A replica of the directory that shows a change only some seconds later."""
    began = made.world.clock.now()

    async def answer(request: Request, send: Send) -> Response:
        shown = await send(request)
        if (made.world.clock.now() - began).total_seconds() >= seconds:
            return shown
        body = {**msgspec.json.decode(shown.body), "signInSessionsValidFromDateTime": OLD}
        return Response(shown.status, shown.headers, msgspec.json.encode(body))

    return answer


@pytest.mark.parametrize("seconds", [0, 1, 4, 8])
async def test_a_directory_that_shows_it_late_is_looked_at_again(seconds: float, tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    way.meet("GET", LOOK, *[late(made, seconds)] * 20)

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "done"
    assert asked.only["verified"] == ["Sessions from before 2026-03-02T09:00:00Z are void."]
    assert revocations(made) == 1


async def test_a_directory_that_never_shows_it_leaves_the_deed_unverified(tmp_path: Path) -> None:
    way = Way()
    made = responding(tmp_path, NAME, wrap=way)
    way.meet("GET", LOOK, *[late(made, 10**9)] * 20)

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "unverified"
    assert asked.only["reason"] == (f"signInSessionsValidFromDateTime of adele.vance@contoso.example is still {OLD}")
    assert revocations(made) == 1


@pytest.mark.parametrize("fault", [Cut("after"), Hang("after")], ids=["cut", "no answer"])
async def test_a_revocation_whose_answer_was_lost_is_found_to_be_done(fault: Cut | Hang, tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.on("POST", "revokeSignInSessions", fault)

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "done"
    assert revocations(made) == 1


async def test_a_right_that_is_missing_for_this_one_user_is_told_in_graphs_words(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    denied = Status(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    made.world.faults.always("POST", "revokeSignInSessions", denied)

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "failed"
    assert "Insufficient privileges" in asked.only["reason"]
    assert valid_from(made.world) == OLD


async def test_a_user_who_is_deleted_meanwhile_is_told_as_gone(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    made.world.faults.always("GET", f"{LOOK[:-3]}$", Status(404, "Request_ResourceNotFound", "Gone."))

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "failed"
    assert "Request_ResourceNotFound" in asked.only["reason"]
    assert revocations(made) == 0


async def test_the_same_alert_again_revokes_nothing_more(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    await alerted(made, 1, "2026-03-02T08:55:00Z", AS_ENTITY)
    await made.world.clock.sleep(600)

    again = await alerted(made, 1, "2026-03-02T08:55:00Z", AS_ENTITY)

    assert again["Decision"] == "done"
    assert revocations(made) == 1


@pytest.mark.parametrize(
    ("time", "decision"),
    [
        ("2026-03-02T08:59:59.9999999Z", "already"),
        ("2026-03-02T09:00:00Z", "done"),
        ("2026-03-02T09:00:00.5Z", "done"),
        ("2026-03-02T09:20:00Z", "done"),
    ],
)
async def test_another_case_revokes_again_unless_all_of_it_was_before_the_last_time(
    time: str, decision: str, tmp_path: Path
) -> None:
    made = responding(tmp_path, NAME)
    await alerted(made, 1, "2026-03-02T08:55:00Z", AS_ENTITY)
    assert valid_from(made.world) == "2026-03-02T09:00:00Z"
    await made.world.clock.sleep(1800)

    second = await alerted(made, 2, time, AS_ENTITY)

    assert second["Decision"] == decision
    assert valid_from(made.world) == ("2026-03-02T09:00:00Z" if decision == "already" else "2026-03-02T09:30:00Z")
    assert revocations(made) == (1 if decision == "already" else 2)


async def test_somebody_elses_revocation_after_the_event_is_enough(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    user(made.world)["signInSessionsValidFromDateTime"] = "2026-03-02T08:58:00Z"

    row = await alerted(made, 1, "2026-03-02T08:55:00Z", AS_ENTITY)

    assert row["Decision"] == "already"
    assert revocations(made) == 0


async def test_who_asks_without_an_event_means_every_session_until_now(tmp_path: Path) -> None:
    made = responding(tmp_path, NAME)
    user(made.world)["signInSessionsValidFromDateTime"] = "2026-03-02T08:59:59Z"

    asked = await ask(made, ACCOUNT)

    assert asked.only["state"] == "done"
    assert revocations(made) == 1
