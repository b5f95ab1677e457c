"""`python -m shared.sources read`: what a user sees who looks at a connector's body."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.sources.__main__ import main
from tests.lab import RECORDINGS, ROOT

BRUTE_FORCE = str(RECORDINGS / "defender_vm_bruteforce.json")
LINES = str(RECORDINGS / "pulled_lines.ndjson")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["read", "--json", *arguments])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def written(folder: Path, text: str) -> str:
    file = folder / "body.json"
    file.write_text(text)
    return str(file)


def test_an_event_is_one_object_with_all_that_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    code, (event,) = told(capsys, BRUTE_FORCE)

    assert code == 0
    assert event["case"] == f"alert:{event['id'].lower()}"
    assert (event["source"], event["product"]) == ("defender_for_cloud", "Microsoft Defender for Cloud")
    assert (event["severity"], event["subscription"]) == ("high", "3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31")
    assert event["tenant"] == "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
    assert event["title"]
    assert event["time"].endswith("Z")
    assert event["techniques"] == ["T1110.001", "T1078"]
    assert isinstance(event["tactics"], list)
    host = next(entity for entity in event["entities"] if entity["kind"] == "host")
    assert host["azure_id"].endswith("/virtualMachines/vm-web-01")
    assert host["role"] == ""
    assert {"kind": "ip", "role": "attacker", "address": "203.0.113.54"} in event["entities"]


def test_what_cannot_be_read_is_told_with_reason_and_place_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = written(tmp_path, json.dumps({"records": [{"what": "ever"}, json.loads(Path(BRUTE_FORCE).read_text())]}))

    code, (event, letter) = told(capsys, body)

    assert code == 1
    assert event["source"] == "defender_for_cloud"
    assert letter == {
        "dead_letter": {"reason": "no source knows it; its fields: what", "where": "$.records[0]"},
    }


def test_several_files_are_read_one_after_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    code, rows = told(capsys, BRUTE_FORCE, LINES, BRUTE_FORCE)

    assert len([row for row in rows if row.get("source") == "defender_for_cloud"]) >= 2
    assert code in (0, 1)


def test_a_file_that_is_not_there_is_named_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing.json")

    assert main(["read", missing, BRUTE_FORCE]) == 2

    shown = capsys.readouterr()
    assert shown.err == f"{missing}: No such file or directory\n"
    assert "1 event, 0 dead letters" in shown.out


def test_people_get_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", BRUTE_FORCE, written(tmp_path, '{"a": 1,}')]) == 1

    shown = capsys.readouterr().out
    assert "  source        defender_for_cloud\n" in shown
    assert "  techniques    T1110.001, T1078\n" in shown
    assert "  entities      host" in shown
    assert "cannot be read: not JSON: trailing comma in object\n" in shown
    assert "where:          byte 8\n" in shown


def test_a_body_cannot_write_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alert = json.loads(Path(BRUTE_FORCE).read_text()) | {"AlertDisplayName": "red \x1b[31m and\na line \u202e turned"}

    main(["read", written(tmp_path, json.dumps(alert))])

    assert "title         red \\x1b[31m and\\na line \\u202e turned\n" in capsys.readouterr().out


@pytest.mark.parametrize("body", [Path(BRUTE_FORCE).read_bytes(), b"\xef\xbb\xbf" + Path(BRUTE_FORCE).read_bytes()])
def test_standard_input_is_read_when_no_file_is_named(body: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shared.sources", "read", "--json"],
        cwd=ROOT,
        input=body,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["source"] == "defender_for_cloud"
