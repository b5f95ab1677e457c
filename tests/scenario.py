"""A responder's scenario: what the promises need to know of it. It stands in the responder's own test file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import yaml

from azsim.world import World
from shared.kinds.responder import Responder, all_responders
from shared.model.entity import AnyEntity
from tests.lab import Lab

RESPONDERS = all_responders()
FOLDER = Path(__file__).parent / "responders"


def _nothing(_: World) -> None:
    """Contoso has all it needs."""


def _all_of_it(state: dict[str, Any]) -> dict[str, Any]:
    return state


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One responder, at work in Contoso.

    Args:
        entity: What the alert speaks of; it is in the tenant.
        params: What the playbook sets.
        arrange: What must be done to the tenant first.
        without_leavings: The tenant's state less what the responder says it leaves behind.
        later: How long to wait for its second half; none if it has none.
        drift: Somebody else changes what a setting has set; none if it is an operation.
        effect: Whether the deed shows in the tenant.
    """

    entity: AnyEntity
    params: Mapping[str, Any] = field(default_factory=dict)
    arrange: Callable[[World], None] = _nothing
    without_leavings: Callable[[dict[str, Any]], dict[str, Any]] = _all_of_it
    later: timedelta | None = None
    drift: Callable[[World], None] | None = None
    effect: Callable[[World], bool]


def scenario_of(name: str) -> Scenario:
    """The scenario in a responder's test file."""
    folder, _, verb = name.rpartition(".")
    path = FOLDER.joinpath(*folder.split("."), f"test_{verb}.py")
    assert path.is_file(), f"{name} has no test: write {path}"
    spec = importlib.util.spec_from_file_location(f"scenario_{verb}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = getattr(module, "scenario", None)
    assert isinstance(found, Scenario), f"{path} has no `scenario`"
    return found


SCENARIOS = {name: scenario_of(name) for name in RESPONDERS}


def playbook(folder: Path, name: str, mode: str = "act") -> Path:
    """A folder with one playbook that calls one responder as its scenario says."""
    scenario, responder = SCENARIOS[name], RESPONDERS[name]
    content = {
        "name": "only",
        "description": f"Calls {name}.",
        "mode": mode,
        "when": {"source": "defender_for_cloud", "entity": sorted(responder.target.accepts)},
        "then": [{name: dict(scenario.params)}],
        "tests": [{"recording": "defender_low_severity", "expect": []}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "only.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


async def run(lab: Lab, name: str, key: str = "first", *, dry_run: bool | None = None) -> tuple[int, Any]:
    """Run the responder on its scenario's entity, through the API; status and body of the answer."""
    entity = msgspec.to_builtins(SCENARIOS[name].entity)
    body = {"entities": [entity], "reason": "a promise is tested"} | ({} if dry_run is None else {"dry_run": dry_run})
    return await lab.post("/api/playbooks/only/runs", body, idempotency_key=key)


def ends(lab: Lab) -> Iterator[dict[str, Any]]:
    """The records in which steps end."""
    return (row for row in lab.records if row.get("StepId") and row["Decision"] not in ("intent", "deferred"))


def each_responder() -> list[tuple[str, Responder]]:
    """Every responder by name."""
    return sorted(RESPONDERS.items())
