"""The same request again: `Idempotency-Key`, and what it does not cover."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from shared.api.runs import MOST_KEY
from tests import lab
from tests.api.asking import ADELE, ALEX, CUT, MACHINE, acting, answered, sessions, signed_in, told
from tests.lab import Lab

OTHER = "/api/playbooks/contain_compromised_vm/runs"
BODY = {"entities": [ADELE], "reason": "reported by phone"}
KEYED = {"idempotency_key": "one"}


def revoked(made: Lab) -> int:
    """How often anybody's sessions were revoked."""
    return sum(call.path.endswith("revokeSignInSessions") for call in made.world.calls)


def lasting(made: Lab) -> list[dict[str, Any]]:
    """The ledger without the list of cases to come back to."""
    return [row for row in made.ledger_rows() if row["PartitionKey"] != "open"]


def runs(answers: list[func.HttpResponse]) -> set[str]:
    assert {answer.status_code for answer in answers} == {202}
    return {told(answer)["run"] for answer in answers}


@pytest.mark.parametrize("key", ["one", 'é ✓ "quoted" \'; --', "/../?#%", "x" * MOST_KEY, "  padded  "])
async def test_the_same_key_and_body_is_the_same_run_and_has_no_second_effect(key: str, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    first = await answered(made, CUT, BODY, idempotency_key=key)
    records, rows = made.records, lasting(made)

    await asyncio.sleep(3600)
    again = await answered(made, CUT, BODY, idempotency_key=key.strip())

    assert len(runs([first, again])) == 1
    assert again.headers["Location"] == first.headers["Location"]
    assert (revoked(made), made.records) == (1, records)
    assert lasting(made) == rows


@pytest.mark.parametrize(
    "other",
    [
        {"entities": [ALEX], "reason": "reported by phone"},
        {**BODY, "reason": "another"},
        {**BODY, "dry_run": True},
    ],
)
async def test_the_same_key_with_another_body_is_refused_and_does_nothing(other: Any, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await answered(made, CUT, BODY, **KEYED)
    before, records = made.tenant(), made.records

    answer = await answered(made, CUT, other, **KEYED)

    assert (answer.status_code, "Idempotency-Key" in told(answer)["title"]) == (422, True)
    assert (made.tenant(), made.records) == (before, records)


async def test_a_key_counts_for_one_playbook(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    cut = await answered(made, CUT, BODY, **KEYED)
    contain = await answered(made, OTHER, {"entities": [MACHINE]}, **KEYED)

    assert len(runs([cut, contain])) == 2


async def test_a_key_counts_for_one_caller(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings={"RIPOSTE_EASY_AUTH": "true"})
    callers = [signed_in("Riposte.Operator", object_id=f"0f1e2d3c-4b5a-4697-8877-66554433221{n}") for n in range(2)]

    answers = [await answered(made, CUT, BODY, **KEYED, x_ms_client_principal=caller) for caller in callers]

    assert len(runs(answers)) == 2


@pytest.mark.parametrize("head", [{}, {"idempotency_key": ""}, {"idempotency_key": "   "}])
async def test_without_a_key_each_request_is_a_run_of_its_own(head: dict[str, str], tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    answers = [await answered(made, CUT, BODY, **head) for _ in range(2)]

    assert len(runs(answers)) == 2


async def test_a_key_that_is_too_long_is_refused() -> None:
    made = lab.make()

    answer = await answered(made, CUT, BODY, idempotency_key="x" * (MOST_KEY + 1))

    assert (answer.status_code, str(MOST_KEY) in told(answer)["detail"]) == (400, True)
    assert made.world.calls == []


async def test_several_at_once_are_one_run_with_one_effect(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.latency = 0.05

    answers = await asyncio.gather(*(answered(made, CUT, BODY, **KEYED) for _ in range(5)))

    assert (len(runs(answers)), revoked(made)) == (1, 1)
    assert made.decisions() == ["intent", "done"]


async def test_two_instances_at_once_are_one_run_with_one_effect(tmp_path: Path) -> None:
    folder = acting(tmp_path)
    made = lab.make(playbooks=folder)
    made.world.latency = 0.05
    second = lab.make(playbooks=folder, world=made.world)

    answers = await asyncio.gather(*(answered(each, CUT, BODY, **KEYED) for each in (made, second)))

    assert (len(runs(answers)), revoked(made)) == (1, 1)
    assert len({row["RecordId"] for row in made.records}) == 2


async def test_of_two_different_requests_at_once_with_one_key_one_is_done(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.latency = 0.05
    before = sessions(made)

    answers = await asyncio.gather(*(answered(made, CUT, {"entities": [who]}, **KEYED) for who in (ADELE, ALEX)))

    assert sorted(answer.status_code for answer in answers) == [202, 422]
    assert [sessions(made)[name] != since for name, since in before.items()].count(True) == 1


async def test_the_answer_to_a_repeated_request_does_not_wait_for_the_run(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await answered(made, CUT, BODY, **KEYED, prefer="respond-async")
    began = made.world.clock.now()

    again = await answered(made, CUT, BODY, **KEYED)

    assert (again.status_code, made.world.clock.now()) == (202, began)
    await asyncio.sleep(60)
    assert revoked(made) == 1


async def test_the_same_event_by_a_person_and_by_its_hub_is_done_once(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    await made.deliver("graph_alert_token_theft")

    answer = await answered(made, CUT, {"event": json.loads(lab.recording("graph_alert_token_theft"))})

    shown = told(await answered(made, told(answer)["status"], method="GET"))
    assert (revoked(made), made.decisions()) == (1, ["intent", "done"])
    (step,) = shown["steps"]
    assert (shown["state"], step["state"], step["run"]) == ("finished", "done", made.records[0]["RunId"])
