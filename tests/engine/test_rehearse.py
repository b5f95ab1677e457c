from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Status
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from shared.engine.plan import Ask, brief
from shared.engine.rehearse import rehearse
from shared.model.record import Record
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.engine.cases import (
    NICS,
    REVOKE,
    ROTATE,
    account,
    acting,
    alert,
    delivered,
    delivery,
    event,
    resource,
    writes,
)
from tests.lab import Lab
from tests.responders.ask import Way

SECRET = lab.recording("keyvault_secret_near_expiry")
QUARANTINE = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-westeurope"


async def rehearsed(made: Lab, body: bytes) -> list[Record]:
    found = event(made, body)
    (match,), _ = made.app.playbooks.match(found)
    return await rehearse(match, brief(found, delivery(made, body)), Ask("dry_run"), made.app)


@pytest.mark.parametrize(
    ("name", "body", "write"),
    [
        ("network.isolate_nic", alert(), f"PUT https://management.azure.com{contoso.NETWORK}/networkInterfaces/"),
        (REVOKE, account(), f"POST https://graph.microsoft.com/v1.0/users/{contoso.ADELE}/revokeSignInSessions"),
        (ROTATE, SECRET, f"PUT https://{contoso.VAULT_HOST}/secrets/{contoso.SECRET}"),
    ],
    ids=["network", "entra", "keyvault"],
)
async def test_it_tells_what_would_be_sent_and_changes_nothing(
    name: str, body: bytes, write: str, tmp_path: Path
) -> None:
    made = acting(tmp_path, name, mode="dry_run")
    before = made.tenant()

    records = await rehearsed(made, body)

    assert {record.Decision for record in records} == {"dry_run"}
    assert all(any(line.startswith(write) for line in record.WouldSend) for record in records)
    assert all(record.Diff for record in records)
    assert all(record.Guard and record.AzureRequestIds for record in records)
    assert (made.tenant(), writes(made)) == (before, [])
    assert made.ledger_rows() == []


async def test_it_shows_the_difference(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")

    one, other = sorted(await rehearsed(made, alert()), key=lambda record: record.Target)

    group = f"{contoso.NETWORK}/networkSecurityGroups/nsg-web"
    assert one.Diff == [{"field": "network_security_group", "before": group, "after": QUARANTINE}]
    assert other.Diff == [{"field": "network_security_group", "before": None, "after": QUARANTINE}]
    assert one.BeforeDigest != one.AfterDigest == other.AfterDigest


async def test_what_it_would_send_is_what_is_sent(tmp_path: Path) -> None:
    dry, real = acting(tmp_path / "dry", mode="dry_run"), acting(tmp_path / "act")

    told = {line for record in await rehearsed(dry, alert()) for line in record.WouldSend}
    await delivered(real, alert())

    assert told == {f"{call.method} https://{call.host}{call.path}" for call in writes(real)}


async def test_no_value_of_a_secret_is_told(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE, mode="dry_run")

    (record,) = await rehearsed(made, SECRET)

    assert made.chance.secrets
    assert not [secret for secret in made.chance.secrets if secret in str(record)]
    assert len(made.world.state(Vaults).versions(contoso.VAULT_HOST, contoso.SECRET)) == 2


@pytest.mark.parametrize("name", ["network", "entra", "keyvault"])
async def test_where_nothing_would_be_done_it_says_so(name: str, tmp_path: Path) -> None:
    steps, body = {"network": ([], alert()), "entra": ([REVOKE], account()), "keyvault": ([ROTATE], SECRET)}[name]
    made = acting(tmp_path, *steps, mode="dry_run")
    if name == "keyvault":
        real = acting(tmp_path / "real", ROTATE, world=made.world)
        await delivered(real, body)
    made.world.state(Directory).users[contoso.ADELE]["signInSessionsValidFromDateTime"] = "2027-01-01T00:00:00Z"
    for nic in NICS:
        resource(made, nic)["properties"]["networkSecurityGroup"] = {"id": QUARANTINE}

    records = await rehearsed(made, body)

    assert {record.Decision for record in records} == {"dry_run"}
    assert {record.Reason for record in records} == {"the target is as wanted already: nothing would be done"}
    assert all(record.WouldSend is None and not record.Diff for record in records)


@pytest.mark.parametrize(
    ("given", "decision", "reason"),
    [
        ({"settings": {"RIPOSTE_PROTECTED_IDS": contoso.WEB_VM}}, "refused", "is protected by the list"),
        ({"settings": {"RIPOSTE_MAX_TARGETS": "1"}}, "refused", "2 targets are more than the 1"),
    ],
    ids=["protected", "too many"],
)
async def test_what_a_guard_would_refuse_is_told_as_refused(
    given: dict[str, Any], decision: str, reason: str, tmp_path: Path
) -> None:
    made = acting(tmp_path, mode="dry_run", **given)

    records = await rehearsed(made, alert())

    assert {record.Decision for record in records} == {decision}
    assert all(reason in record.Reason for record in records)


async def test_a_target_that_is_not_there_is_told_as_refused(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")

    records = await rehearsed(made, alert(vm=f"{contoso.WEB_VM}-gone"))

    assert {record.Decision for record in records} == {"refused"}
    assert all("is not there" in record.Reason for record in records)


@pytest.mark.parametrize("status", [403, 503])
async def test_what_cannot_be_foreseen_is_told_as_failed(status: int, tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, mode="dry_run")
    made.world.faults.on("GET", "/users/[^/]+$", Status(status, "Told"), times=math.inf)

    (record,) = await rehearsed(made, account())

    assert (record.Decision, str(status) in record.Reason) == ("failed", True)
    assert record.WouldSend is None


async def test_a_fault_of_our_own_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    way = Way()
    made = acting(tmp_path, mode="dry_run", wrap=way)

    async def fail(_request: Request, _send: Send) -> Response:
        raise ZeroDivisionError("S3cr3t")

    way.meet("GET", "networkSecurityGroups/nsg-riposte", fail)

    records = await rehearsed(made, alert())

    assert sorted(record.Decision for record in records) == ["dry_run", "failed"]
    assert [record.Reason for record in records if record.Decision == "failed"] == [
        "a fault in network.isolate_nic: ZeroDivisionError"
    ]


async def test_events_that_aim_at_the_same_share_one_look_and_have_their_own_records(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")

    await delivered(made, *(alert(str(number)) for number in range(20)))
    shared = len([call for call in made.world.calls if "management.azure" in call.host])
    alone = acting(tmp_path / "alone", mode="dry_run")
    await delivered(alone, alert())

    assert shared == len([call for call in alone.world.calls if "management.azure" in call.host])
    assert len({row["RecordId"] for row in made.records}) == 40
    assert len({row["CaseId"] for row in made.records}) == 20


async def test_a_change_shows_when_the_look_is_too_old(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")
    await rehearsed(made, alert("1"))
    for nic in NICS:
        resource(made, nic)["properties"]["networkSecurityGroup"] = {"id": QUARANTINE}

    soon = await rehearsed(made, alert("2"))
    await asyncio.sleep(60)
    late = await rehearsed(made, alert("3"))

    assert all(record.WouldSend for record in soon)
    assert not any(record.WouldSend for record in late)


async def test_the_same_event_again_has_records_with_the_same_ids(tmp_path: Path) -> None:
    made = acting(tmp_path, mode="dry_run")

    first = await rehearsed(made, alert())
    await asyncio.sleep(600)
    again = await rehearsed(made, alert())

    assert [record.RecordId for record in first] == [record.RecordId for record in again]
