"""The command that checks playbooks."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.engine.playbook.__main__ import main
from tests.lab import PLAYBOOKS, RECORDINGS, ROOT


def checked(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    code = main(["check", str(folder), "--recordings", str(RECORDINGS)])
    return code, capsys.readouterr().out.splitlines()


def test_it_tells_of_each_playbook_how_many_of_its_tests_pass() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "shared.engine.playbook", "check"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert "contain_compromised_vm (dry_run): 5 of 5 tests pass\n" in told
    assert len(told.splitlines()) == len(list(PLAYBOOKS.glob("*.yaml")))


@pytest.mark.parametrize(("content", "code"), [(None, 0), ("name: b", 1)], ids=["right", "wrong"])
def test_as_a_command_it_ends_with_a_code_that_stops_a_build(
    content: str | None, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if content is None:
        shutil.copy(PLAYBOOKS / "contain_compromised_vm.yaml", tmp_path)
    else:
        tmp_path.joinpath("a.yaml").write_text(content)
    monkeypatch.setattr(sys, "argv", ["playbook", "check", str(tmp_path), "--recordings", str(RECORDINGS)])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "shared/engine/playbook/__main__.py"), run_name="__main__")

    assert ended.value.code == code


def test_it_fails_with_every_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.joinpath("a.yaml").write_text("name: b")
    tmp_path.joinpath("c.yaml").write_text("nmae: c")

    code, lines = checked(tmp_path, capsys)

    assert code == 1
    assert [line for line in lines if line.startswith("a.yaml at name: 'b' must be the name of the file")]
    assert [line for line in lines if line.startswith("c.yaml at nmae: there is no 'nmae'; did you mean 'name'?")]


def test_it_fails_if_a_playbooks_own_test_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(PLAYBOOKS / "contain_compromised_vm.yaml", tmp_path)
    file = tmp_path / "contain_compromised_vm.yaml"
    file.write_text(file.read_text().replace("expect: []", "expect: [network.isolate_nic]"))

    code, lines = checked(tmp_path, capsys)

    assert code == 1
    assert lines[0] == "contain_compromised_vm (dry_run): 3 of 5 tests pass"
    assert [line.partition(": ")[0] for line in lines[1:]] == [
        "contain_compromised_vm.yaml at tests[3]",
        "contain_compromised_vm.yaml at tests[4]",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", str(tmp_path / "missing")])

    assert "there is no folder" in capsys.readouterr().err
