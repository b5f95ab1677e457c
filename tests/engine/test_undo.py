from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.engine.undo import Undone
from tests.engine.cases import (
    ANALYST,
    ISOLATE,
    NICS,
    REVOKE,
    account,
    acting,
    alert,
    delivered,
    group_of,
    holds,
    isolated,
    locked,
    resource,
    states,
    turn,
    undone,
    writes,
)
from tests.lab import Lab

OTHER = f"{contoso.NETWORK}/networkSecurityGroups/nsg-subnet"


def told(ends: list[Undone]) -> list[tuple[str, str]]:
    return sorted((end.decision, end.reason) for end in ends)


async def contained(folder: Path) -> Lab:
    """A machine that an alert has cut off."""
    made = acting(folder)
    await delivered(made, alert())
    assert await states(made, alert()) == ["done", "done"]
    return made


async def test_a_target_is_put_back_to_what_it_was_and_nobody_holds_it_any_more(tmp_path: Path) -> None:
    made = acting(tmp_path)
    before = made.tenant()["Arm"]
    await delivered(made, alert())

    assert told(await undone(made, alert())) == [("undone", ""), ("undone", "")]

    after = made.tenant()["Arm"]
    assert {name: after[name] for name in before} == before
    assert (holds(made), locked(made), await made.app.ledger.waiting()) == ({}, [], 0)
    assert await states(made, alert()) == ["undone", "undone"]


async def test_the_intent_is_recorded_before_the_way_back_with_who_wanted_it(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    made.world.latency = 0.01  # so that no two records are of one moment
    first = len(made.records)

    await undone(made, alert())

    rows = [row for row in made.records[first:] if row["Target"] == NICS[0]]
    assert [(row["Decision"], row.get("Reason")) for row in rows] == [("intent", "to be put back"), ("undone", None)]
    assert {(row["ActorName"], row["ActorId"]) for row in rows} == {(ANALYST.name, ANALYST.id)}
    (difference,) = rows[1]["Diff"]
    assert "quarantine" in difference["before"]
    assert difference["after"].endswith("/nsg-web")


async def test_no_two_records_of_a_step_and_its_undo_have_the_same_id(tmp_path: Path) -> None:
    made = await contained(tmp_path)

    await undone(made, alert())

    assert len({row["RecordId"] for row in made.records}) == len(made.records) == 8


async def test_without_a_stored_intent_nothing_is_put_back(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    done = len(writes(made))
    made.world.faults.always("*", r"\.table\.core", Status(403, "AuthorizationFailure"))

    with pytest.raises(Exception, match="AuthorizationFailure"):
        await undone(made, alert())

    assert len(writes(made)) == done


async def test_the_kill_switch_does_not_stop_the_way_back(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    turn(made, On=True, Who="Megan", Why="wrong rule")
    await asyncio.sleep(6)

    assert told(await undone(made, alert())) == [("undone", ""), ("undone", "")]


async def test_steps_are_undone_last_first(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, ISOLATE)
    account_entity = {"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}
    body = alert(Entities=[{"Type": "host", "AzureID": contoso.WEB_VM}, account_entity], CompromisedEntity="")
    await delivered(made, body)

    ends = await undone(made, body)

    assert [end.target for end in ends][2:] == [f"user:{contoso.ADELE}"]
    assert [end.decision for end in ends] == ["undone", "undone", "undo_refused"]


async def test_what_has_no_way_back_says_so_and_stays_done(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE)
    await delivered(made, account())
    done = made.tenant()

    assert told(await undone(made, account())) == [("undo_refused", f"{REVOKE} has no way back")]

    assert (made.tenant(), await states(made, account())) == (done, ["done"])
    made.record(Decision="undo_refused", ActorName=ANALYST.name)


async def test_what_somebody_changed_since_is_left_alone_and_the_change_is_told(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = {"id": OTHER}

    refused, back = sorted(await undone(made, alert()), key=lambda end: end.decision)

    assert (refused.decision, back.decision) == ("undo_refused", "undone")
    assert refused.reason.startswith("nic-web-01 has been changed since: network_security_group: ")
    assert refused.reason.endswith(f" -> {OTHER}")
    assert group_of(made, NICS[0]) == "nsg-subnet"
    assert (await states(made, alert()), holds(made)) == (["done", "undone"], {"nsg-web": ["1"]})


async def test_what_somebody_has_put_back_already_is_undone_without_a_write(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    resource(made, NICS[0])["properties"]["networkSecurityGroup"] = {
        "id": f"{contoso.NETWORK}/networkSecurityGroups/NSG-WEB"
    }
    done = len(writes(made))

    assert told(await undone(made, alert())) == [("undone", ""), ("undone", "")]

    assert [call.path.rpartition("/")[2] for call in writes(made)[done:]] == ["nic-web-01-backend"]
    assert holds(made) == {}


async def test_a_step_that_changed_nothing_is_undone_by_doing_nothing(tmp_path: Path) -> None:
    made = await contained(tmp_path)
    await undone(made, alert())
    quarantine = f"{contoso.NETWORK}/networkSecurityGroups/nsg-riposte-quarantine-westeurope"
    for nic in NICS:  # a person cuts it off, before Riposte comes again
        resource(made, nic)["properties"]["networkSecurityGroup"] = {"id": quarantine}
    await delivered(made, alert("2"))
    done = len(writes(made))

    ends = await undone(made, alert("2"))

    assert told(ends) == [("undone", "nothing to put back: the target was as wanted before")] * 2
    assert (len(writes(made)), isolated(made)) == (done, ["nic-web-01", "nic-web-01-backend"])
