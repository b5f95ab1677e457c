from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from shared.engine.playbook.call import OPTIONS
from shared.engine.playbook.schema import schema
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from tests.lab import PLAYBOOKS

SCHEMA = schema(all_responders(), sorted(all_sources()))


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("file", sorted(PLAYBOOKS.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_playbooks_that_are_shipped_fit_it(file: Path) -> None:
    jsonschema.validate(yaml.safe_load(file.read_bytes()), SCHEMA)


def test_an_editor_is_offered_every_responder_with_its_parameters() -> None:
    steps = SCHEMA["$defs"]["Form"]["properties"]["then"]["items"]["properties"]

    assert set(steps) == set(all_responders())
    for name, responder in all_responders().items():
        reference = steps[name]["anyOf"][0]["$ref"].rpartition("/")[2]
        params = SCHEMA["$defs"][reference]
        assert set(params["properties"]) == {*responder.params.__struct_fields__, *OPTIONS}
        assert OPTIONS.isdisjoint(responder.params.__struct_fields__), name
        assert params["additionalProperties"] is False
        assert all("description" in described for described in params["properties"].values()), name


def test_every_field_says_what_it_is_for() -> None:
    for part in ("Form", "When", "Trial", "First"):
        described = SCHEMA["$defs"][part]["properties"]
        assert [name for name, rules in described.items() if "description" not in rules and "$ref" not in rules] == []
