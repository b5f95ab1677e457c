from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shared.engine.playbook.load import load
from shared.engine.playbook.trial import trials
from shared.engine.read import Sources
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from tests.lab import RECORDINGS


def failed(folder: Path, recording: str, expect: list[str], source: str = "defender_for_cloud") -> list[str]:
    """What is wrong with a playbook's one test."""
    content = {
        "name": "one",
        "description": "Cuts a machine off.",
        "when": {"source": source, "entity": "virtual_machine", "severity": ">= high"},
        "then": [{"network.isolate_nic": None}],
        "tests": [{"recording": recording, "expect": expect}],
    }
    folder.joinpath("one.yaml").write_text(yaml.safe_dump(content))
    responders, sources = all_responders(), Sources(all_sources())
    (playbook,) = load(folder, responders, sources.names)
    return [str(mistake) for mistake in trials(playbook, RECORDINGS, sources, responders)]


@pytest.mark.parametrize(
    ("recording", "expect"),
    [
        ("defender_vm_bruteforce", ["network.isolate_nic"]),
        ("defender_low_severity", []),
        ("keyvault_secret_near_expiry", []),
    ],
)
def test_a_trial_that_comes_out_as_expected_says_nothing(recording: str, expect: list[str], tmp_path: Path) -> None:
    assert failed(tmp_path, recording, expect) == []


@pytest.mark.parametrize(
    ("recording", "expect", "told"),
    [
        ("defender_vm_bruteforce", [], "leads to ['network.isolate_nic'], expected nothing: source is defender_for"),
        ("defender_low_severity", ["network.isolate_nic"], "leads to nothing, expected ['network.isolate_nic']: sev"),
        ("keyvault_secret_near_expiry", ["network.isolate_nic"], "leads to nothing, expected ['network.isolate_nic']"),
        ("not_there", [], "there is no recording 'not_there'"),
    ],
)
def test_one_that_does_not_says_why(recording: str, expect: list[str], told: str, tmp_path: Path) -> None:
    (found,) = failed(tmp_path, recording, expect)

    assert found.startswith("one.yaml at tests[0]: ")
    assert told in found
