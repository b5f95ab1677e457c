from __future__ import annotations

from collections import Counter
from pathlib import Path

from shared.model.ids import partition
from tests import lab
from tests.engine.cases import (
    ISOLATE,
    NICS,
    REVOKE,
    ROTATE,
    account,
    acting,
    alert,
    delivered,
    event,
    holds,
    isolated,
    swept,
    undone,
)
from tests.lab import Lab

DAY = 86_400
WEEK = {"RIPOSTE_RETENTION": "7d"}
SECRET = lab.recording("keyvault_secret_near_expiry")


def kinds(made: Lab) -> Counter[str]:
    """The rows of the ledger that belong to cases, by kind."""
    rows = ((str(row["PartitionKey"]), str(row["RowKey"])) for row in made.ledger_rows())
    found = (
        first.partition("-")[0] if first.startswith(("same-", "target-", "finished")) else key for first, key in rows
    )
    kept = ("control", "budget", "kill_switch", "mark")
    return Counter(name.partition("-")[0].partition("!")[0] for name in found if not name.startswith(kept))


async def test_a_case_that_is_over_is_forgotten_after_its_time_with_every_row(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=WEEK)
    empty = kinds(made)
    await delivered(made, account())

    await swept(made, 6.9 * DAY)
    kept = kinds(made)
    await swept(made, 0.2 * DAY)

    assert kept["step"] >= 1
    assert kept["same"] >= 1
    assert kinds(made) == empty
    assert made.decisions() == ["intent", "done"]


async def test_what_still_holds_its_target_is_never_forgotten(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, settings=WEEK)
    await delivered(made, alert())

    for _ in range(5):
        await swept(made, 30 * DAY)
    assert isolated(made) == ["nic-web-01", "nic-web-01-backend"]
    ends = await undone(made, alert())
    assert {end.decision for end in ends} == {"undone"}
    await swept(made, 8 * DAY)

    assert kinds(made)["step"] == 0
    assert kinds(made)["target"] == 0


async def test_a_case_that_went_on_is_kept_from_its_last_end_on(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=WEEK)
    await delivered(made, account())
    await swept(made, 5 * DAY)
    run = made.records[0]["RunId"]
    await made.post(f"/api/runs/{run}/undo", None)  # it has no way back: a record, and the case ends once more

    await swept(made, 3 * DAY)
    kept = await made.app.ledger.entries(partition(event(made, account()).case))
    await swept(made, 5 * DAY)

    assert len(kept) == 1
    assert await made.app.ledger.entries(partition(event(made, account()).case)) == []


async def test_an_operation_lets_its_target_go_when_it_is_forgotten(tmp_path: Path) -> None:
    made = acting(tmp_path, ROTATE, settings=WEEK)
    await delivered(made, SECRET)
    await swept(made, DAY + 60)
    assert kinds(made)["target"] == 1

    await swept(made, 8 * DAY)

    assert (kinds(made)["step"], kinds(made)["target"]) == (0, 0)


async def test_of_two_cases_on_one_interface_each_is_forgotten_for_itself(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, settings=WEEK)
    await delivered(made, alert("1"))
    await delivered(made, alert("2"))
    await undone(made, alert("1"))

    await swept(made, 8 * DAY)

    assert await made.app.ledger.entries(partition(event(made, alert("1")).case)) == []
    assert len(await made.app.ledger.entries(partition(event(made, alert("2")).case))) == 2
    assert holds(made) == {"nsg-web": ["2"], "None": ["2"]}
    await undone(made, alert("2"))
    assert isolated(made) == []


async def test_who_offends_again_after_the_time_of_retention_begins_anew(tmp_path: Path) -> None:
    made = acting(tmp_path, ISOLATE, settings=WEEK, options={"expires": ["1h", "4h"]})
    await delivered(made, alert("1"))
    await swept(made, 3600 + 60)
    await swept(made, 8 * DAY)

    assert kinds(made)["target"] == 0
    await delivered(made, alert("2"))
    (noted, _) = await made.app.ledger.entries(partition(event(made, alert("2")).case))
    assert noted.entry.expires is not None
    assert noted.entry.times.verified is not None
    assert (noted.entry.expires - noted.entry.times.verified).total_seconds() == 3600
    assert noted.entry.step.target_id in NICS


async def test_a_run_that_was_asked_for_is_forgotten_with_its_key(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=WEEK)
    empty = kinds(made)
    body = {"entities": [{"kind": "account", "upn": "adele.vance@contoso.example"}], "reason": "lost phone"}
    await made.post("/api/playbooks/only/runs", body, idempotency_key="1")
    await swept(made, 400)

    await swept(made, 8 * DAY)

    assert kinds(made) == empty


async def test_a_case_whose_name_was_written_right_before_a_crash_is_forgotten_with_it(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=WEEK)
    empty, case = kinds(made), event(made, account()).case
    await made.app.ledger.once(case, case)
    await delivered(made, account())

    await swept(made, 8 * DAY)

    assert kinds(made) == empty


async def test_the_end_of_its_chain_is_remembered_no_longer_than_the_case(tmp_path: Path) -> None:
    made = acting(tmp_path, REVOKE, settings=WEEK)
    await delivered(made, account())
    assert len(made.app.ledger._heads) == 1

    await swept(made, 8 * DAY)

    assert made.app.ledger._heads == {}
