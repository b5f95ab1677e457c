"""Responders at work in Contoso: asked for through the API, or called directly."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from shared.azure.clients import Azure
from shared.kinds.responder import all_responders, permissions
from shared.model.entity import AnyEntity
from shared.wire.message import Request, Response, Send
from tests import lab
from tests.lab import Lab

RESPONDERS = all_responders()

Meddle = Callable[[Request, Send], Awaitable[Response]]
"""Does with a request what it likes, instead of sending it on."""


@dataclass(frozen=True)
class Asked:
    """A run that was asked for, when it had ended."""

    run: str
    case: str
    steps: list[dict[str, Any]]

    @property
    def only(self) -> dict[str, Any]:
        assert len(self.steps) == 1, self.steps
        return self.steps[0]


def responding(folder: Path, name: str, params: Mapping[str, Any] | None = None, **given: Any) -> Lab:
    """Contoso with a playbook, `only`, that calls one responder."""
    content = {
        "name": "only",
        "description": f"Calls {name}.",
        "mode": given.pop("mode", "act"),
        "when": {"source": "defender_for_cloud", "entity": sorted(RESPONDERS[name].target.accepts)},
        "then": [{name: dict(params or {})}],
        "tests": [{"recording": "defender_low_severity", "expect": []}],
    }
    (folder / "only.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return lab.make(playbooks=folder, **given)


async def ask(made: Lab, *entities: AnyEntity, key: str = "first") -> Asked:
    """Run the playbook and wait for its end; another key is another case."""
    body = {"entities": [msgspec.to_builtins(entity) for entity in entities], "reason": "a test asks"}
    status, answer = await made.post("/api/playbooks/only/runs", body, idempotency_key=key)
    assert status == 202, answer
    if made.app.tasks:  # the answer did not wait for all of it
        await asyncio.wait(made.app.tasks)
    return await look(made, answer["run"], answer["case"])


async def alerted(made: Lab, number: int, time: str, entity: Mapping[str, Any]) -> dict[str, Any]:
    """Deliver an alert of Defender for Cloud about one thing that happened at a time; the record it ended in."""
    body = {
        "VendorName": "Microsoft",
        "AlertType": "Anything",
        "ProductName": "Microsoft Defender for Cloud",
        "TimeGenerated": time,
        "Severity": "High",
        "Status": "New",
        "SystemAlertId": f"2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-{number:012d}",
        "AlertDisplayName": "Something happened",
        "Entities": [{"$id": "1", **entity}],
    }
    done = await made.host.event_hub("alerts", [msgspec.json.encode(body)])
    assert done.error is None
    rows = [row for row in made.records if row["EventId"] == body["SystemAlertId"] and row["Decision"] != "intent"]
    assert len(rows) == 1, rows
    return rows[0]


async def look(made: Lab, run: str, case: str) -> Asked:
    """How far a run is."""
    status, answer = await made.get(f"/api/runs/{run}")
    assert status == 200, answer
    return Asked(run, case, answer["steps"])


async def undo(made: Lab, asked: Asked) -> list[dict[str, Any]]:
    """Undo a run; how that ended for each step."""
    status, answer = await made.post(f"/api/runs/{asked.run}/undo", None)
    assert status == 200, answer
    steps: list[dict[str, Any]] = answer["steps"]
    return steps


def azure(made: Lab, name: str) -> Azure:
    """Azure, as a responder is given it."""
    return made.app.azure(permissions(RESPONDERS[name]), [])


class Way:
    """The way from the program to Azure, with somebody on it now and then: `make(wrap=way)`."""

    def __init__(self) -> None:
        self._met: list[tuple[str, re.Pattern[str], Iterator[Meddle]]] = []

    def __call__(self, send: Send) -> Send:
        async def sent(request: Request) -> Response:
            for method, pattern, meddlers in self._met:
                if request.method == method and pattern.search(request.url):
                    return await next(meddlers, _send_on)(request, send)
            return await send(request)

        return sent

    def meet(self, method: str, url: str, *meddlers: Meddle) -> None:
        """Give the first requests that fit to the meddlers, one each; the later ones go on as ever."""
        self._met.append((method, re.compile(url, re.IGNORECASE), iter(meddlers)))


async def _send_on(request: Request, send: Send) -> Response:
    return await send(request)


def answering(status: int, body: Any) -> Meddle:
    """Answers in Azure's place."""

    async def answer(_request: Request, _send: Send) -> Response:
        return Response(status, {"content-type": "application/json"}, msgspec.json.encode(body))

    return answer


def first(deed: Callable[[], object]) -> Meddle:
    """Does something, then lets the request go on."""

    async def do_and_send(request: Request, send: Send) -> Response:
        deed()
        return await send(request)

    return do_and_send


def then(deed: Callable[[], object]) -> Meddle:
    """Lets the request go on, then does something."""

    async def send_and_do(request: Request, send: Send) -> Response:
        answer = await send(request)
        deed()
        return answer

    return send_and_do
