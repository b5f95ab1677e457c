"""A recorded delivery and the tape of its handling give the same records and the same ledger, byte for byte."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from azure.keyvault.secrets._shared import http_challenge_cache

from azsim.faults import Cut, Effect, Hang, Status
from azsim.tenants import contoso
from azsim.world import World
from shared.engine.pipeline import handle
from shared.model.delivery import Delivery
from shared.wire.message import Request, Response, Send
from shared.wire.scope import current
from shared.wire.tape import Player, Recorder, TapeMismatch
from tests import lab
from tests.api.asking import acting
from tests.lab import Lab

MACHINE = "defender_vm_bruteforce"
THEFT = "graph_alert_token_theft"
SECRET = "keyvault_secret_near_expiry"
INGEST, TABLE = ".ingest.monitor", ".table.core"
_SDKS_OWN = re.compile(rb"(batch|changeset)_[0-9a-f-]{36}|(x-ms-date|Date): [^\r]*")
"""In a transaction the Tables SDK draws the separator, and asks the machine for the time, itself."""

Sent = dict[str, list[tuple[str, bytes]]]


@dataclass
class Told:
    """What the program sends to Azure, by scope and in order: the records and the rows of the ledger among it."""

    sent: Sent = field(default_factory=lambda: defaultdict(list))

    def sending(self, send: Send) -> Send:
        async def listen(request: Request) -> Response:
            body = gzip.decompress(request.body) if request.body.startswith(b"\x1f\x8b") else request.body
            self.sent[current()].append((f"{request.method} {request.url}", _SDKS_OWN.sub(b"", body)))
            return await send(request)

        return listen

    def to(self, place: str) -> list[tuple[str, str, bytes]]:
        return sorted((scope, line, body) for scope, all_ in self.sent.items() for line, body in all_ if place in line)

    def lines(self) -> list[tuple[str, str]]:
        return sorted((scope, line) for scope, sent in self.sent.items() for line, _ in sent)


@dataclass
class Take:
    """A handled batch.

    Args:
        deliveries: What came in.
        tape: What was recorded meanwhile.
        told: What was sent.
        made: The lab it was recorded in.
    """

    deliveries: list[Delivery]
    tape: str
    told: Told
    made: Lab


async def recorded(folder: Path, *names: str, arrange: Callable[[World], None] = lambda _: None) -> Take:
    """Handle recordings in one batch, with a tape running."""
    world = World(tenant=contoso.TENANT)
    contoso.build(world, lab.STREAM_DECLARED)
    recorder, told = Recorder(world.clock, lab.SeededChance(world)), Told()
    made = lab.make(
        playbooks=acting(folder / "playbooks"),
        world=world,
        clock=recorder,
        chance=recorder,
        wrap=lambda send: told.sending(recorder.sending(send)),
    )
    lab.grant(world, [*lab.ENGINE, *lab.all_permissions(made.app.responders.values())])
    arrange(world)
    deliveries = [
        Delivery(body=lab.recording(name), door="event_hub", received=world.clock.now(), trace=f"00-{number:032x}-1-01")
        for number, name in enumerate(names)
    ]
    await handle(deliveries, made.app)
    return Take(deliveries, recorder.dump(), told, made)


async def replayed(folder: Path, take: Take, tape: str = "") -> tuple[Told, Player]:
    """Handle the same once more, with nothing but the tape."""
    http_challenge_cache.clear()  # the SDK keeps it for the whole process
    player, told = Player(tape or take.tape), Told()
    made = lab.make(
        playbooks=folder / "playbooks", clock=player, chance=player, wrap=lambda _: told.sending(player.send)
    )
    await handle(take.deliveries, made.app)
    return told, player


def decisions(told: Told) -> list[str]:
    return [row["Decision"] for _, _, body in told.to(INGEST) for row in json.loads(body)]


def changed(tape: str, line: str, old: bytes, new: bytes) -> str:
    """The tape with the answers to some requests changed."""
    entries = [json.loads(text) for text in tape.splitlines()]
    number = 0
    for entry in entries:
        before = b64decode(entry.get("body", ""))
        if line in entry.get("request", "") and old in before:
            entry["body"] = b64encode(before.replace(old, new)).decode()
            number += 1
    assert number, [entry.get("request") for entry in entries]
    return "\n".join(map(json.dumps, entries))


@pytest.mark.parametrize(
    ("names", "ends"),
    [
        ([MACHINE], {"intent", "done"}),
        ([THEFT], {"intent", "done"}),
        ([SECRET], {"intent", "done"}),
        (["sentinel_incident_vm"], {"intent", "done"}),
        (["defender_protected_vm"], {"refused"}),
        (["defender_low_severity"], {"no_match"}),
        ([MACHINE, "graph_alert_defender_for_cloud", MACHINE], {"intent", "done"}),
        ([MACHINE, THEFT, SECRET, "defender_protected_vm", "defender_low_severity"], {"intent", "done", "refused"}),
    ],
    ids=[
        "machine",
        "session",
        "secret",
        "incident",
        "protected",
        "no match",
        "one alert three times",
        "a batch of them",
    ],
)
async def test_a_delivery_and_its_tape_give_the_same_records_and_rows_byte_for_byte(
    names: list[str], ends: set[str], tmp_path: Path
) -> None:
    take = await recorded(tmp_path, *names)
    assert ends <= set(decisions(take.told))

    told, player = await replayed(tmp_path, take)

    assert told.to(INGEST) == take.told.to(INGEST) != []
    assert told.to(TABLE) == take.told.to(TABLE) != []
    assert told.lines() == take.told.lines()
    assert player.left == 0


FAULTS: dict[str, tuple[str, str, Effect, int]] = {
    "an interface is throttled": ("GET", "networkInterfaces/nic-web-01$", Status(429, "Slow", retry_after=9), 1),
    "the other is unreachable": ("GET", "networkInterfaces/nic-web-01-backend$", Cut("before"), 1),
    "a write is refused": ("PUT", "networkInterfaces/nic-web-01$", Status(403, "AuthorizationFailed"), 1),
    "a write loses its answer": ("PUT", "networkInterfaces/nic-web-01$", Cut("after"), 1),
    "an answer never comes": ("GET", "networkInterfaces/nic-web-01-backend$", Hang(), 1),
    "a written answer never comes": ("PUT", "networkInterfaces/nic-web-01$", Hang("after"), 1),
    "the ledger is slow": ("*", r"\.table\.core", Status(503, "ServerBusy", retry_after=3), 3),
    "the audit is away": ("*", r"\.ingest\.monitor", Status(503, "ServiceUnavailable"), 99),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_it_does_so_however_the_answers_came(fault: str, tmp_path: Path) -> None:
    method, url, effect, times = FAULTS[fault]
    take = await recorded(
        tmp_path, MACHINE, THEFT, arrange=lambda world: world.faults.on(method, url, effect, times=times)
    )
    assert not any(left.times for left in take.made.world.faults.script if left.times < 50)

    told, player = await replayed(tmp_path, take)

    assert told.to(INGEST) == take.told.to(INGEST)
    assert told.to(TABLE) == take.told.to(TABLE)
    assert player.left == 0


@pytest.mark.parametrize(
    ("name", "request_", "answer", "other", "told_"),
    [
        (MACHINE, "networkInterfaces/nic-web-01?", b"networkSecurityGroups/nsg-web", b"networkSecurityGroups/nsg-other",
         b"nsg-other"),
        (THEFT, "checkMemberGroups", b"[]", json.dumps([contoso.PROTECTED_GROUP]).encode(), b"is a member of protected"),
    ],
    ids=["another state before", "a member of a protected group"],
)  # fmt: skip
async def test_another_answer_on_the_tape_is_another_end(
    name: str, request_: str, answer: bytes, other: bytes, told_: bytes, tmp_path: Path
) -> None:
    take = await recorded(tmp_path, name)

    told, _ = await replayed(tmp_path, take, changed(take.tape, request_, answer, other))

    assert [place for _, place, body in take.told.to(TABLE) if told_ in body] == []
    assert [place for _, place, body in told.to(TABLE) if told_ in body] != []


async def test_a_walk_that_asks_for_what_is_not_on_its_tape_says_so(tmp_path: Path) -> None:
    take = await recorded(tmp_path, "defender_low_severity")

    with pytest.raises(TapeMismatch, match=r"one more .* than was recorded"):
        await replayed(tmp_path, take, '{"scope": "", "id": "1"}')


async def test_a_change_of_the_program_shows_in_the_replay(tmp_path: Path) -> None:
    take = await recorded(tmp_path, MACHINE)
    file = tmp_path / "playbooks" / "contain_compromised_vm.yaml"
    file.write_text(file.read_text().replace(">= high", ">= low"))

    told, _ = await replayed(tmp_path, take)

    assert told.to(TABLE) != take.told.to(TABLE)


@pytest.mark.parametrize("name", [MACHINE, THEFT, SECRET])
async def test_a_tape_holds_no_secret(name: str, tmp_path: Path) -> None:
    take = await recorded(tmp_path, name)

    entries: list[dict[str, Any]] = [json.loads(line) for line in take.tape.splitlines()]
    held = take.tape + "".join(b64decode(entry.get("body", "")).decode() for entry in entries)
    vaults = take.made.tenant()["Vaults"].values()
    secrets = {v["value"] for names in vaults for versions in names.values() for v in versions}
    secrets |= {c.headers["authorization"][7:] for c in take.made.world.calls if "authorization" in c.headers}
    assert len(secrets) > 1
    assert [secret for secret in secrets if secret in held] == []
