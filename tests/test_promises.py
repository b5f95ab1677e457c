"""What every responder keeps, present and future: a new one is covered without a line here."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
from base64 import b64decode
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from azsim.call import Call
from shared.engine.guards.live import PERMISSIONS
from shared.engine.sweep import sweep
from shared.kinds.responder import can_undo, permissions
from shared.model.ids import partition
from shared.wire.tape import Recorder
from tests.lab import ENGINE
from tests.promises import arranged, each, to_the_end
from tests.scenario import RESPONDERS, SCENARIOS, each_responder, ends, run


def used(calls: Iterable[Call]) -> set[str]:
    """The permissions that let these calls pass, less those of Riposte's own resources and of the guards."""
    own = {permission.name for permission in (*ENGINE, *PERMISSIONS)}
    return {name for call in calls for name, _ in call.permissions} - own


@each
def test_a_responder_tells_what_a_person_wants_to_know(name: str) -> None:
    facts = RESPONDERS[name].facts

    assert facts.permissions
    assert facts.attack
    assert all(re.fullmatch(r"[MT]\d{4}(\.\d{3})?", found) for found in facts.attack)
    assert facts.d3fend
    assert all(re.fullmatch(r"D3-[A-Z]+", found) for found in facts.d3fend)
    assert facts.mcsb
    assert all(re.fullmatch(r"(NS|IM|PA|DP|AM|LT|IR|PV|ES|BR|DS|GS)-\d+", found) for found in facts.mcsb)
    assert facts.limits


@each
async def test_it_does_what_it_says(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path, name)
    before = made.tenant()

    await to_the_end(made, name, undo=False)

    assert SCENARIOS[name].effect(made.world)
    assert made.tenant() != before
    assert {row["Decision"] for row in ends(made)} <= {"done", "finished"}


@each
async def test_it_uses_exactly_the_permissions_that_it_declares(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path, name, granted=(*ENGINE, *PERMISSIONS, *permissions(RESPONDERS[name])))

    await to_the_end(made, name, undo=True)

    assert used(made.world.calls) == {permission.name for permission in permissions(RESPONDERS[name])}
    assert all(row["Decision"] in ("intent", "done", "finished", "undone") for row in made.records if row.get("StepId"))


@pytest.mark.parametrize(
    ("name", "missing"),
    [(name, found.name) for name, responder in each_responder() for found in permissions(responder)],
)
async def test_with_one_permission_less_it_fails_and_says_which(name: str, missing: str, tmp_path: Path) -> None:
    held = [permission for permission in permissions(RESPONDERS[name]) if permission.name != missing]
    made = arranged(tmp_path, name, granted=(*ENGINE, *PERMISSIONS, *held))

    await to_the_end(made, name, undo=True)

    failed = [row for row in made.records if row["Decision"] in ("failed", "refused", "unverified", "undo_failed")]
    assert failed
    is_graph = missing.count(".") > 1 and "/" not in missing
    wanted = "Insufficient privileges" if is_graph else missing
    assert all(wanted.lower() in row["Reason"].lower() for row in failed), [row["Reason"] for row in failed]


@each
async def test_the_same_request_again_changes_nothing_more(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path, name)
    _, first = await run(made, name)
    after, records = made.tenant(), len(made.records)

    status, second = await run(made, name)

    assert (status, second["run"]) == (202, first["run"])
    assert made.tenant() == after
    assert len(made.records) == records


@each
async def test_a_step_whose_instance_died_after_the_deed_is_found_to_be_done(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path, name)
    _, body = await run(made, name)
    after = made.tenant()
    place = partition(body["case"])
    for noted in await made.app.ledger.entries(place):  # as it was before the end was written down
        left = replace(noted.entry, state="claimed", lease=made.world.clock.now(), owner="dead", due=None, due_for="")
        await made.app.ledger.move(noted, left, [])
    await made.app.ledger.come_back(place, body["case"], made.world.clock.now())

    await asyncio.sleep(1)
    await sweep(made.app)

    assert made.tenant() == after
    assert {noted.entry.state for noted in await made.app.ledger.entries(place)} == {"done"}


@each
async def test_undo_restores_the_tenant_but_for_what_it_says_it_leaves(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path, name)
    scenario, before = SCENARIOS[name], made.tenant()

    await to_the_end(made, name, undo=True)

    if can_undo(RESPONDERS[name]):
        restored = scenario.without_leavings(made.tenant())
        assert json.dumps(restored, sort_keys=True) == json.dumps(before, sort_keys=True)
        assert (made.tenant() == before) == (RESPONDERS[name].facts.leaves == "")
    else:
        status, body = await made.post(f"/api/runs/{made.records[0]['RunId']}/undo", None)
        assert status == 200
        assert {step["decision"] for step in body["steps"]} == {"undo_refused"}


@each
async def test_dry_run_changes_nothing_and_tells_what_would_be_sent(name: str, tmp_path: Path) -> None:
    made = arranged(tmp_path / "dry", name, mode="dry_run")
    before = made.tenant()
    await run(made, name)
    acting = arranged(tmp_path / "act", name)
    await run(acting, name)

    assert made.tenant() == before
    told = {write for row in made.records for write in row["WouldSend"]}
    assert {row["Decision"] for row in made.records} == {"dry_run"}
    assert told == {line for line in map(_write, acting.world.calls) if line}
    diffs = [[d["field"] for d in row["Diff"]] for row in made.records]
    assert diffs == [[d["field"] for d in row["Diff"]] for row in ends(acting)]


def _write(call: Call) -> str:
    """A call that changed the tenant, as a dry run tells it."""
    tenant = any(place in call.host for place in ("management.azure", "graph.microsoft", "vault.azure"))
    reads = call.method == "GET" or call.path.endswith(("effectiveNetworkSecurityGroups", "checkMemberGroups"))
    return f"{call.method} https://{call.host}{call.path}" if tenant and not reads else ""


@each
async def test_no_secret_is_anywhere_but_in_the_vault(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    first = arranged(tmp_path, name)
    recorder = Recorder(first.world.clock, first.chance)
    made = arranged(tmp_path, name, wrap=recorder.sending)

    await to_the_end(made, name, undo=True)

    _, shown = await made.get(f"/api/runs/{made.records[0]['RunId']}")
    sent = [call.content().decode() for call in made.world.calls if not call.host.endswith(".vault.azure.net")]
    taped = [b64decode(entry.get("body", "")).decode() for entry in recorder.entries]
    told = "\n".join([*sent, *map(_unpacked, sent), *taped, recorder.dump(), json.dumps(shown), caplog.text])
    vaults = made.tenant()["Vaults"].values()
    secrets = {v["value"] for names in vaults for versions in names.values() for v in versions}
    secrets |= {call.headers["authorization"][7:] for call in made.world.calls if "authorization" in call.headers}
    assert len(secrets) > 1
    assert [secret for secret in secrets if secret in told] == []


def _unpacked(body: str) -> str:
    """The columns of a row that are compressed, in plain text."""
    return "".join(gzip.decompress(b64decode(found)).decode() for found in re.findall(r"H4sI[\w+/]+=*", body))
