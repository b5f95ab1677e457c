"""The command: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from azsim.faults import Status
from shared.engine.audit.__main__ import main
from shared.engine.audit.heads import all_heads, heads_of, read_heads
from shared.engine.audit.verify import verify
from shared.model.chain import Head
from shared.model.errors import Unreadable
from tests.engine.audit.exports import CHAIN, as_portal, as_query, plain, records
from tests.engine.cases import acting, alert, delivered


def saved(folder: Path, name: str, content: bytes) -> str:
    folder.joinpath(name).write_bytes(content)
    return str(folder / name)


def test_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, head = records()
    file = saved(tmp_path, "export.json", as_query(plain(made)))
    heads = saved(tmp_path, "heads.json", msgspec.json.encode(head))

    assert main(["verify", file, "--heads", heads]) == 0

    told = capsys.readouterr().out
    assert "6 records in 1 chains" in told
    assert CHAIN in told
    assert told.endswith("all is as it was written\n")


def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = plain(records()[0])
    table[1]["Target"] = "vm\x1b[2J"
    one, two = saved(tmp_path, "1.csv", as_portal(table[:3])), saved(tmp_path, "2.csv", as_portal(table[4:]))

    assert main(["verify", one, two]) == 1

    told = capsys.readouterr().out
    assert f"changed: {CHAIN} record 2 ({2:032x}): it is not what was written: Target\n" in told
    assert f"gap: {CHAIN} record 4: record 4 is missing\n" in told


def test_programs_get_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = saved(tmp_path, "export.json", json.dumps(plain(records()[0])[2:]).encode())

    assert main(["verify", "--json", file]) == 0

    chain, report = map(json.loads, capsys.readouterr().out.splitlines())
    assert chain["chain"]["first"] == 3
    assert report == {"report": {"chains": 1, "findings": 0, "unseen": []}}


UNREADABLE = {
    "no text": (b"\xff\x00\xc0", "this is no text"),
    "no JSON": (b'[{"a": 1},]', "this is no JSON: "),
    "a line that is none": (b'{"a": 1}\n{"b": }\n', "line 2"),
    "other JSON": (b"[1]", "records are objects"),
    "another table": (b'{"tables": [{"columns": [{"name": "a"}], "rows": [[1, 2]]}]}', "rows of as many values"),
    "other CSV": (b"a,b\n1,2\n", "RecordId is not among them (line 1)"),
    "short lines": (b"RecordId,b\n1\n", "the same columns in each line"),
    "local time": (b"RecordId,EventTime [Berlin]\n1,\n", "the times of EventTime are those of Berlin"),
    "German": (b'RecordId,EventTime [UTC]\n1,"2.3.2026, 12:00:00"\n', "English (United States)"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_with_file_and_place(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, told = UNREADABLE[name]
    file = saved(tmp_path, "export", content)

    assert main(["verify", file]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"{file}: ")
    assert told in error


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "nowhere.json"]) == 2
    assert capsys.readouterr().err == "nowhere.json: No such file or directory\n"


def test_heads_have_a_form() -> None:
    with pytest.raises(Unreadable, match=r'a head is \{"Chain"'):
        read_heads(b'{"Chain": "a"}')


async def test_the_ledger_knows_how_far_a_case_was_delivered(tmp_path: Path) -> None:
    made = acting(tmp_path)
    await delivered(made, alert("1"))
    (head,) = await all_heads(made.app)
    asked = {head.chain, "instance-1-1", "0" * 32}
    assert await heads_of(asked, made.app) == [head]
    assert verify(made.records, [head]).findings == []
    assert [one.kind for one in verify(made.records[:-1], [head]).findings] == ["truncated"]
    assert await heads_of({f"{head.chain[:32]}-20260101T000000Z"}, made.app) == []

    made.world.faults.always("POST", r"\.ingest\.monitor", Status(503))
    await made.app.ledger.note(head.chain[:32], records(1)[0][0])

    assert await heads_of(asked, made.app) == [head]
    assert (await all_heads(made.app)) == [Head(head.chain, 5, (await all_heads(made.app))[0].hash)]
