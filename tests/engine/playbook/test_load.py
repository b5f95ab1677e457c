from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.engine.playbook.load import Playbook, load
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from shared.model.errors import Mistakes
from tests.lab import PLAYBOOKS

GOOD = {
    "name": "good",
    "description": "Cuts a machine off.",
    "when": {"source": "graph_alert", "entity": "virtual_machine"},
    "then": [{"network.isolate_nic": None}],
    "tests": [{"recording": "graph_alert_device", "expect": ["network.isolate_nic"]}],
}


def loaded(folder: Path, **files: Any) -> tuple[Playbook, ...]:
    """Load files given by name, as values or as text."""
    for name, content in files.items():
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        folder.joinpath(f"{name}.yaml").write_text(text)
    return load(folder, all_responders(), sorted(all_sources()))


def mistakes(folder: Path, **files: Any) -> list[str]:
    """What is wrong with files."""
    with pytest.raises(Mistakes) as caught:
        loaded(folder, **files)
    return [str(mistake) for mistake in caught.value.mistakes]


def changed(**fields: Any) -> dict[str, Any]:
    """The good playbook with other fields; None takes one away."""
    return {key: value for key, value in (GOOD | fields).items() if value is not None}


def when(**fields: Any) -> dict[str, Any]:
    """The good playbook with other conditions."""
    return changed(when={key: value for key, value in (GOOD["when"] | fields).items() if value is not None})  # type: ignore[operator]


def test_the_playbooks_that_are_shipped_are_right_and_in_dry_run() -> None:
    playbooks = load(PLAYBOOKS, all_responders(), sorted(all_sources()))

    assert len(playbooks) >= 3
    assert {playbook.mode for playbook in playbooks} == {"dry_run"}


def test_a_playbook_is_in_dry_run_unless_it_says_otherwise(tmp_path: Path) -> None:
    (quiet,) = loaded(tmp_path / ".", good=GOOD)

    assert quiet.mode == "dry_run"
    assert loaded(tmp_path, good=changed(mode="act"))[0].mode == "act"


def test_parameters_that_are_not_given_have_their_defaults_so_that_a_plan_says_all(tmp_path: Path) -> None:
    steps = [{"keyvault.rotate_secret": {"grace": "2h"}}]
    asks = {"source": "key_vault", "entity": "secret"}

    (playbook,) = loaded(tmp_path, good=changed(when=asks, then=steps))

    params = playbook.steps[0].params
    assert params["grace"] == "2h"
    assert len(params) > 1


def test_the_version_is_that_of_the_file(tmp_path: Path) -> None:
    first = loaded(tmp_path, good=GOOD)[0].version

    assert loaded(tmp_path, good=GOOD)[0].version == first
    assert loaded(tmp_path, good=changed(description="Other."))[0].version != first


def test_both_endings_are_read(tmp_path: Path) -> None:
    tmp_path.joinpath("other.yml").write_text(yaml.safe_dump(changed(name="other")))

    assert [playbook.name for playbook in loaded(tmp_path, good=GOOD)] == ["good", "other"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (changed(whne={}), "good.yaml at whne: there is no 'whne'; did you mean 'when'?"),
        (changed(name="bad"), "good.yaml at name: 'bad' must be the name of the file, 'good'"),
        (changed(when=None), "good.yaml: 'when' is missing"),
        (changed(tests=[]), "good.yaml at tests: must not be empty"),
        (changed(then=[]), "good.yaml at then: must not be empty"),
        (changed(description=""), "good.yaml at description: '' should be non-empty"),
        (
            changed(then=[{"keyvault.rotate_secret": {"length": 8}}]),
            "good.yaml at then[0].keyvault.rotate_secret.length: 8 is less than the minimum of 24",
        ),
        (changed(mode="acting"), "good.yaml at mode: there is no 'acting'; did you mean 'act'?"),
        (
            changed(then=[{"network.isolate_nics": {}}]),
            "good.yaml at then[0].network.isolate_nics: there is no 'network.isolate_nics'; did you mean 'network.isol",
        ),
        (changed(then=[{}]), "good.yaml at then[0]: a step names one responder, not 0"),
        (changed(then={"network.isolate_nic": {}}), "good.yaml at then: must be a list, not a mapping"),
        (
            changed(then=[{"network.isolate_nic": {}}, {"network.isolate_nic": {}}]),
            "good.yaml at then[1].network.isolate_nic: is there already: a playbook calls a responder once",
        ),
        (
            changed(then=[{"network.isolate_nic": {"quarantine": 1}}]),
            "good.yaml at then[0].network.isolate_nic.quarantine: there is no 'quarantine'",
        ),
        (
            changed(then=[{"entra.revoke_user_sessions": {}}]),
            "good.yaml at then[0].entra.revoke_user_sessions: acts on",
        ),
        (changed(tests=[{"recording": "x", "expect": ["network.isolate"]}]), "good.yaml at tests[0].expect[0]: there"),
        (when(source="graph_alerts"), "good.yaml at when.source: there is no 'graph_alerts'; did you mean 'graph_al"),
        (when(source=["key_vault", "graph"]), "good.yaml at when.source[1]: there is no 'graph'"),
        (when(source=[]), "good.yaml at when.source: must not be empty"),
        (when(source=None), "good.yaml at when: 'source' is missing"),
        (when(source=7), "good.yaml at when.source: must be text or a list, not 7"),
        (when(entity="virtual_machines"), "good.yaml at when.entity: there is no 'virtual_machines'; did you mean 'v"),
        (when(severity=">= hihg"), "good.yaml at when.severity: '>= hihg' does not fit"),
        (when(severity=3), "good.yaml at when.severity: must be text or nothing, not 3"),
        (when(technique=[1]), "good.yaml at when.technique[0]: must be text, not 1"),
        (when(where="raw.("), "good.yaml at when.where: not a CEL condition"),
        (when(where="alert.x == 1"), "good.yaml at when.where: not a CEL condition: `alert` is not known here"),
        ([GOOD], "good.yaml: must be a mapping, not a list"),
        ("just text", "good.yaml: must be a mapping, not the text 'just text'"),
        ("", "good.yaml: must be a mapping, not nothing"),
        ("name: [", "good.yaml at line 2, column 1: not YAML"),
        ("name: good\nname: good\n", "good.yaml at line 2, column 1: not YAML: 'name' is there twice"),
        ("a: \x01", "good.yaml: not YAML"),
        ("!!python/object/apply:os.system ['true']", "good.yaml at line 1, column 1: not YAML: could not determine a"),
    ],
    ids=lambda value: value[8:60] if isinstance(value, str) and value.startswith("good.yaml") else "",
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_right_name(content: Any, told: str, tmp_path: Path) -> None:
    found = mistakes(tmp_path, good=content)

    assert [text for text in found if text.startswith(told)], found


def test_every_mistake_in_every_file_is_told_at_once(tmp_path: Path) -> None:
    bad = when(source="graph_alrt", severity="> high", kind=[]) | {"mode": "do", "then": [{"network.isolate": {}}]}
    found = mistakes(tmp_path, good=GOOD, bad=bad, worse="a: [", other=changed(name="another"))

    assert [text.partition(":")[0] for text in found] == [
        "bad.yaml at mode",
        "bad.yaml at name",
        "bad.yaml at then[0].network.isolate",
        "bad.yaml at when.kind",
        "bad.yaml at when.severity",
        "bad.yaml at when.source",
        "other.yaml at name",
        "worse.yaml at line 2, column 1",
    ]


@pytest.mark.parametrize("folder", ["empty", "missing"])
def test_a_folder_without_playbooks_is_a_mistake(folder: str, tmp_path: Path) -> None:
    tmp_path.joinpath("empty").mkdir()

    with pytest.raises(Mistakes, match=rf"{folder}: there is no playbook here"):
        loaded(tmp_path / folder)
