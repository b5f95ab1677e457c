"""Every playbook that is shipped: it loads, it is in dry run, and its own tests pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from shared.engine.playbook.__main__ import main
from shared.engine.playbook.load import Playbook, load
from shared.engine.playbook.trial import trials
from shared.engine.read import Sources
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from tests.lab import PLAYBOOKS, RECORDINGS, ROOT

FILES = sorted(PLAYBOOKS.glob("*.yaml"))
each = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])


def alone(file: Path, folder: Path, text: str = "") -> Playbook:
    """The one playbook in a folder: this file, or this text in its place."""
    (folder / file.name).write_text(text or file.read_text())
    (playbook,) = load(folder, all_responders(), Sources(all_sources()).names)
    return playbook


def failed(playbook: Playbook) -> list[str]:
    """What is wrong with a playbook's own tests."""
    return [str(mistake) for mistake in trials(playbook, RECORDINGS, Sources(all_sources()), all_responders())]


def test_the_folder_holds_playbooks_and_their_schema_alone() -> None:
    assert len(FILES) >= 3
    assert {file.name for file in PLAYBOOKS.iterdir()} == {"schema.json", *(file.name for file in FILES)}


def test_the_example_that_people_read_first_works(tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[0]

    assert failed(alone(PLAYBOOKS / "contain_compromised_vm.yaml", tmp_path, example)) == []


@each
def test_a_playbook_loads_under_its_own_name(file: Path, tmp_path: Path) -> None:
    assert alone(file, tmp_path).name == file.stem


@each
def test_a_playbook_is_shipped_in_dry_run(file: Path, tmp_path: Path) -> None:
    assert alone(file, tmp_path).mode == "dry_run"


@each
def test_a_playbooks_own_tests_pass(file: Path, tmp_path: Path) -> None:
    assert failed(alone(file, tmp_path)) == []


@each
def test_a_playbook_has_tests_of_when_it_applies_and_of_when_it_does_not(file: Path, tmp_path: Path) -> None:
    playbook = alone(file, tmp_path)

    wanted = [trial.expect for trial in playbook.trials]
    assert [] in wanted
    assert {name for expect in wanted for name in expect} == {call.responder for call in playbook.steps}
    tried = {source for trial in playbook.trials if trial.expect for source in _sources_of(trial.recording)}
    assert tried == set(playbook.condition.sources)


def _sources_of(recording: str) -> set[str]:
    events, _ = Sources(all_sources()).read(next(RECORDINGS.glob(f"{recording}.*")).read_bytes())
    return {event.source for event in events}


@each
def test_a_playbook_names_its_schema_for_editors(file: Path) -> None:
    assert file.read_text().startswith("# yaml-language-server: $schema=schema.json\n")


@each
@pytest.mark.parametrize("number", range(2))
def test_a_broken_test_of_a_playbook_is_red(file: Path, number: int, tmp_path: Path) -> None:
    content = yaml.safe_load(file.read_text())
    trial = next(trial for trial in content["tests"] if bool(trial["expect"]) == bool(number))
    trial["expect"] = [] if number else [next(iter(step)) for step in content["then"]]

    found = failed(alone(file, tmp_path, yaml.safe_dump(content)))

    assert len(found) == 1
    assert f"{trial['recording']} leads to" in found[0]


def test_the_check_of_all_playbooks_passes_and_is_red_with_one_broken_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in FILES:
        (tmp_path / file.name).write_text(file.read_text())
    asked = ["check", str(tmp_path), "--recordings", str(RECORDINGS)]
    assert main(asked) == 0

    broken = tmp_path / FILES[0].name
    broken.write_text(broken.read_text().replace("expect: []", "expect: [keyvault.rotate_secret]"))
    capsys.readouterr()
    assert main(asked) == 1
    assert f"{FILES[0].name} at tests[" in capsys.readouterr().out
