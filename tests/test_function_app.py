"""What the host sees of the app, and how the app is put together."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from azsim.functions.host import FunctionsHost
from function_app import create, live
from shared.engine.app import App
from shared.model.errors import Mistakes
from tests import lab

INDEX = """
import json, sys
before, sockets = set(sys.modules), []
sys.addaudithook(lambda event, _: sockets.append(event) if event.startswith("socket.") else None)
import function_app
found = [
    {**json.loads(f.get_function_json()), "name": f.get_function_name(), "retry": f.get_settings_dict("retry_policy")}
    for f in function_app.app.get_functions()
]
print(json.dumps({"functions": found, "modules": sorted(set(sys.modules) - before), "sockets": sockets}))
"""
ROUTES = {
    "start_run": ("playbooks/{name}/runs", ["POST"], "FUNCTION"),
    "show_run": ("runs/{id}", ["GET"], "FUNCTION"),
    "undo_run": ("runs/{id}/undo", ["POST"], "FUNCTION"),
    "list_playbooks": ("playbooks", ["GET"], "FUNCTION"),
    "list_dead_letters": ("dead-letters", ["GET"], "FUNCTION"),
    "show_dead_letter": ("dead-letters/{id}", ["GET"], "FUNCTION"),
    "redrive_dead_letter": ("dead-letters/{id}/redrive", ["POST"], "FUNCTION"),
    "alive": ("health", ["GET"], "ANONYMOUS"),
    "ready": ("health/ready", ["GET"], "FUNCTION"),
    "extend_run": ("runs/{id}/extend", ["POST"], "FUNCTION"),
    "list_approvals": ("approvals", ["GET"], "FUNCTION"),
    "show_approval": ("approvals/{id}", ["GET"], "FUNCTION"),
    "answer_approval": ("approvals/{id}", ["POST"], "FUNCTION"),
    "show_kill_switch": ("kill-switch", ["GET"], "FUNCTION"),
    "turn_kill_switch": ("kill-switch", ["PUT"], "FUNCTION"),
}


def indexed(**environment: str) -> dict[str, Any]:
    """What a fresh process finds when it indexes the app."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", INDEX],
        cwd=lab.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """The app, indexed with no environment at all."""
    return indexed()


def trigger(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The trigger of a function; there is nothing else that comes in."""
    (function,) = [each for each in found["functions"] if each["name"] == name]
    (binding,) = [each for each in function["bindings"] if each["direction"] == "IN"]
    assert binding["type"].endswith("Trigger")
    return {key: value for key, value in binding.items() if key not in ("direction", "name")}


def test_there_are_these_functions_and_no_others(found: dict[str, Any]) -> None:
    assert sorted(each["name"] for each in found["functions"]) == sorted(
        ["alerts", "events", "sweep", "reconcile", *ROUTES]
    )


def test_alerts_come_in_batches_of_bytes_and_are_repeated_until_they_are_stored(found: dict[str, Any]) -> None:
    assert trigger(found, "alerts") == {
        "type": "eventHubTrigger",
        "cardinality": "MANY",
        "dataType": "BINARY",
        "connection": "RIPOSTE_EVENTHUB",
        "eventHubName": "%RIPOSTE_ALERTS_HUB%",
    }
    (retry,) = [each["retry"] for each in found["functions"] if each["name"] == "alerts"]
    assert (retry["strategy"], retry["max_retry_count"]) == ("exponential_backoff", "-1")
    assert [each["name"] for each in found["functions"] if each["retry"]] == ["alerts"]


def test_the_settings_that_the_triggers_name_are_settings() -> None:
    given = lab.environment()

    assert "RIPOSTE_ALERTS_HUB" in given
    assert "RIPOSTE_EVENTHUB__fullyQualifiedNamespace" in given


def test_platform_events_come_as_text_the_sweep_every_minute_and_reconciliation_every_five(
    found: dict[str, Any],
) -> None:
    assert trigger(found, "events") == {"type": "eventGridTrigger"}
    assert create(_never).get_functions()[1].get_user_function().__annotations__["event"] == "str"
    assert trigger(found, "sweep") == {"type": "timerTrigger", "schedule": "0 * * * * *"}
    assert trigger(found, "reconcile") == {"type": "timerTrigger", "schedule": "30 */5 * * * *"}


@pytest.mark.parametrize("name", ROUTES)
def test_every_http_function_but_liveness_takes_a_key(name: str, found: dict[str, Any]) -> None:
    route, methods, level = ROUTES[name]

    assert trigger(found, name) == {"type": "httpTrigger", "route": route, "methods": methods, "authLevel": level}


def test_the_routes_are_where_the_host_puts_them() -> None:
    host = json.loads((lab.ROOT / "host.json").read_text())

    assert host["extensions"]["http"]["routePrefix"] == "api"
    assert host["extensions"]["eventHubs"]["maxEventBatchSize"] == 100


def test_indexing_imports_nothing_but_the_programming_model_and_opens_no_socket(found: dict[str, Any]) -> None:
    own = {"azure", "function_app", "markupsafe", "shared", "werkzeug"}
    other = {name for name in found["modules"] if name.partition(".")[0] not in sys.stdlib_module_names}

    assert {name.partition(".")[0] for name in other} - {"_distutils_hack"} == own
    assert {".".join(name.split(".")[:2]) for name in other if name.startswith("azure.")} == {"azure.functions"}
    assert {name for name in other if name.startswith("shared.")} == {"shared.api", "shared.api.routes"}
    assert found["sockets"] == []


def test_indexing_reads_no_settings() -> None:
    nonsense = dict.fromkeys((*lab.environment(), "RIPOSTE_NO_SUCH_SETTING", "RIPOSTE_PLAYBOOKS"), "nonsense")

    assert len(indexed(**nonsense)["functions"]) == 4 + len(ROUTES)


@pytest.mark.parametrize("name", [name for name in ROUTES if name != "alive"])
async def test_without_the_key_nothing_is_even_started(name: str) -> None:
    made = lab.make()
    host = FunctionsHost(create(_never), made.world.clock, made.world.chance, settings={"RIPOSTE_ALERTS_HUB": "alerts"})
    route, (method,), _ = ROUTES[name]

    for headers in ({}, {"x-functions-key": "wrong"}, {"x-functions-key": ""}):
        assert (await host.http(method, f"/api/{route}", headers=headers)).status_code == 401


async def test_the_app_is_put_together_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)
    start = live()

    first, second = await asyncio.gather(start(), start())

    assert isinstance(first, App)
    assert first is second is await start()
    assert (first.settings.alerts_hub, len(first.playbooks.all)) == ("alerts", 3)


async def test_an_app_that_could_not_be_put_together_can_be_once_its_settings_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = live()
    with pytest.raises(Mistakes) as raised:
        await start()
    assert len(raised.value.mistakes) > 5

    for name, value in lab.environment().items():
        monkeypatch.setenv(name, value)

    assert isinstance(await start(), App)


async def _never() -> App:
    raise AssertionError("it was started")
