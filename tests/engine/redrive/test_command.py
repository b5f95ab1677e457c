"""The command: a table for people, lines for programs."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from azsim.clock import Clock
from azsim.doors.https import open_door
from azsim.eventhubs import Broker
from azsim.services.blobs import Blobs
from azsim.tenants import contoso
from azsim.world import World
from shared.engine import outbox
from shared.engine.redrive.command import parser, run
from shared.wire.clock import SystemClock
from tests import lab
from tests.azsim.eventhubs.conftest import sdk  # noqa: F401 - a fixture
from tests.engine.letters import connected, hub, posted
from tests.lab import Lab

pytestmark = [pytest.mark.real_time, pytest.mark.usefixtures("sdk")]

Captured = pytest.CaptureFixture[str]


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    made = hub()
    async with made.serve():
        yield made


@pytest.fixture
def made(broker: Broker) -> Lab:
    return connected(broker)


async def said(made: Lab, capsys: Captured, *arguments: str) -> tuple[int, list[str], str]:
    """What the command answers: its code, its lines, and its complaints."""
    code = await run(parser().parse_args(arguments), made.app)
    told = capsys.readouterr()
    return code, told.out.splitlines(), told.err


async def test_the_table_has_a_line_for_each_letter(made: Lab, capsys: Captured) -> None:
    one, two = [(await posted(made, body, source=source))[0] for body, source in ((b"{1", ""), (b"{22", "key_vault"))]

    code, lines, _ = await said(made, capsys, "list")

    assert (code, lines[-1], len(lines)) == (0, "2 of 2 dead letters", 4)
    assert lines[0].split() == ["RECEIVED", "ID", "TRIED", "BYTES", "SOURCE", "STATE", "REASON"]
    assert lines[1].split()[1:] == [two.id, "1", "3", "key_vault", "new", "not", "JSON"]
    assert lines[2].split()[1:] == [one.id, "1", "2", "-", "new", "not", "JSON"]


async def test_lines_for_programs_are_json(made: Lab, capsys: Captured) -> None:
    sent = await posted(made, b"{1", b"{2", b"{3")

    code, lines, _ = await said(made, capsys, "list", "--json", "--most", "2")

    assert (code, [json.loads(line)["id"] for line in lines]) == (0, [sent[2].id, sent[1].id])
    _, (line,), _ = await said(made, capsys, "show", sent[0].id, "--json", "--body")
    assert json.loads(line)["body"] == "ezE="


async def test_what_would_control_a_terminal_is_written_out(made: Lab, capsys: Captured) -> None:
    (sent,) = await posted(made, b"\x1b[2J\xff", reason="no \x1b[2J source\nknows it")

    _, lines, _ = await said(made, capsys, "list")
    _, card, _ = await said(made, capsys, "show", sent.id, "--body")

    assert lines[1].endswith(r"no \x1b[2J source\nknows it")
    assert card[-1].split(maxsplit=1) == ["body", r"\x1b[2J\xff"]


async def test_a_card_tells_how_often_it_was_put_back(made: Lab, capsys: Captured) -> None:
    (sent,) = await posted(made, b"{")
    await said(made, capsys, "put-back", sent.id, "--who", "ann")

    code, card, _ = await said(made, capsys, "show", sent.id)

    fields = dict(line.split(maxsplit=1) for line in card)
    assert (code, fields["id"], fields["put_back_count"], "body" in fields) == (0, sent.id, "1", False)
    assert "by ann: dead_letter  deliveries=1" in card[-1]


async def test_letters_are_put_back_one_by_one_and_each_has_its_line(made: Lab, capsys: Captured) -> None:
    good, bad, other = await posted(made, lab.recording("defender_low_severity"), b"{", b"[]")

    code, lines, _ = await said(made, capsys, "put-back", good.id, bad.id, "--who", "ann")

    assert [line.split()[:2] for line in lines[:2]] == [[good.id, "handled"], [bad.id, "dead_letter"]]
    assert (code, lines[2]) == (1, "2 put back, 1 of them not handled")
    assert (await said(made, capsys, "put-back", other.id, "--who", "ann", "--json"))[0] == 0
    assert {row["ActorKind"] for row in made.records if row["Decision"] == "redriven"} == {"command"}
    assert {row["ActorName"] for row in made.records if row["Decision"] == "redriven"} == {"ann"}


async def test_all_that_fit_are_put_back_but_not_those_that_were_before(made: Lab, capsys: Captured) -> None:
    one, two = await posted(made, b"[]", b"[ ]")
    (other,) = await posted(made, b"[  ]", reason="another")
    await said(made, capsys, "put-back", one.id, "--who", "ann")

    _, lines, _ = await said(made, capsys, "put-back", "--reason", "json", "--since", "1h", "--who", "ann", "--json")
    assert [json.loads(line) for line in lines] == [
        {"letter": two.id, "state": "handled", "outcome": json.loads(lines[0])["outcome"], "letters": []}
    ]
    code, lines, _ = await said(made, capsys, "put-back", "--reason", "json", "--who", "ann")
    assert (code, lines) == (
        0,
        ["0 put back, 0 of them not handled; 2 that were put back before are left, --again takes them, too"],
    )
    code, lines, _ = await said(made, capsys, "put-back", "--all", "--again", "--who", "ann")
    assert (code, [line.split()[0] for line in lines[:3]]) == (0, [one.id, two.id, other.id])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["put-back", "--who", "ann"], "say which: ids, or --reason, --source, --since or --until, or --all"),
        (["put-back", "--again", "--who", "ann"], "say which"),
        (
            ["list", "--since", "monday"],
            "--since 'monday' must be a time such as 2026-03-02T09:00:00Z, or how long ago",
        ),
        (["list", "--until", "99"], "--until '99' must be a time"),
    ],
)
async def test_what_cannot_be_understood_is_said(
    made: Lab, capsys: Captured, arguments: list[str], complaint: str
) -> None:
    await posted(made, b"{")

    code, lines, complaints = await said(made, capsys, *arguments)

    assert (code, lines, complaint in complaints, made.records) == (2, [], True, [])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["show", "x"], "'x' is no id: 32 hexadecimal digits"),
        (["put-back", "0" * 31, "--who", "ann"], "is no id"),
        (["put-back", "0" * 32], "--who"),
        (["list", "--most", "0"], "'0' must be a whole number from 1 on"),
        ([], "command"),
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments: list[str], complaint: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(arguments)

    assert (ended.value.code, complaint in capsys.readouterr().err) == (2, True)


async def test_a_letter_that_is_not_there_is_said(made: Lab, capsys: Captured) -> None:
    name = "0" * 32
    for arguments in (["show", name], ["put-back", name, "--who", "ann"]):
        code, _, complaints = await said(made, capsys, *arguments)
        assert (code, complaints.startswith(f"there is no dead letter {name}")) == (1, True)


async def test_a_body_that_is_another_one_is_not_shown(made: Lab, capsys: Captured) -> None:
    (sent,) = await posted(made, b"{" + b" " * outbox.IN_MESSAGE)
    made.world.state(Blobs).containers[contoso.STORAGE_ACCOUNT, contoso.CONTAINER][sent.blob].content = b"another"

    code, lines, complaints = await said(made, capsys, "show", sent.id, "--body")

    assert (code, lines, "is not the body of dead letter" in complaints) == (1, [], True)


async def test_a_hub_that_is_away_is_said_and_what_waits_is_listed(broker: Broker, made: Lab, capsys: Captured) -> None:
    async with broker.outage():
        await posted(made, b"{")
        code, lines, complaints = await said(made, capsys, "list")

    assert (code, lines[1].split()[5], lines[-1]) == (1, "waiting", "1 of 1 dead letters")
    assert complaints.startswith("not all could be looked at: the dead-letter hub cannot be read")


def test_without_settings_every_mistake_is_said() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared.engine.redrive", "list"],
        cwd=lab.ROOT,
        env={"RIPOSTE_LOGZ": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert "RIPOSTE_LOGZ: there is no such setting; did you mean RIPOSTE_LOGS?" in done.stderr
    assert "RIPOSTE_LEDGER: is not set." in done.stderr
    assert "Traceback" not in done.stderr


def test_without_azure_it_says_what_did_not_answer() -> None:
    nowhere = {"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token", "IDENTITY_HEADER": "x"}
    done = subprocess.run(
        [sys.executable, "-m", "shared.engine.redrive", "list"],
        cwd=lab.ROOT,
        env={**lab.environment(), **nowhere},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (1, "", False)
    assert "Azure could not be reached" in done.stderr


async def test_the_whole_command_runs_as_it_is_shipped(broker: Broker, tmp_path: Path) -> None:
    now = World(Clock(SystemClock().now()), tenant=contoso.TENANT)  # the command has the machine's time
    made = connected(broker, world=now, fresh=True)
    (sent,) = await posted(made, lab.recording("defender_low_severity"))
    async with open_door(made.world, tmp_path) as door:
        own = {**door.environment, **lab.environment(RIPOSTE_EVENTHUB=broker.connection_string)}

        async def ended(*arguments: str) -> tuple[int | None, str, str]:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "shared.engine.redrive", *arguments),
                cwd=lab.ROOT,
                env=own,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, complaints = await process.communicate()
            return process.returncode, out.decode(), complaints.decode()

        code, out, complaints = await ended("put-back", "--all", "--who", "ann")
        listed = await ended("list", "--json")

    assert (code, complaints, out.splitlines()[0].split()[:2]) == (0, "", [sent.id, "handled"])
    assert (listed[0], listed[2]) == (0, "")
    assert json.loads(listed[1])["put_back"][0]["state"] == "handled"
    assert made.record(Decision="redriven")["ActorName"] == "ann"
