"""A world with a responder in it: what tests, the demo and the benchmark stand on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func
import msgspec

from azsim import messages
from azsim.entities import Tables
from azsim.functions.host import FunctionsHost
from azsim.rbac import Role
from azsim.services.logs_ingestion import Logs
from azsim.tenants import contoso
from azsim.world import World
from shared.azure import audit, dead_letters, ledger
from shared.engine.app import App, compose
from shared.engine.guards import live
from shared.kinds.responder import Responder, permissions
from shared.model.permission import Api, Permission
from shared.model.record import STREAM, TABLE, columns
from shared.wire.chance import Chance
from shared.wire.clock import Clock
from shared.wire.message import Request, Response, Send, Unanswered, Unreachable

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT / "tests" / "recordings"
PLAYBOOKS = ROOT / "playbooks"
STREAM_DECLARED = contoso.Stream(STREAM, TABLE, columns())

IDENTITY = {"IDENTITY_ENDPOINT": "http://localhost/msi/token", "IDENTITY_HEADER": "azsim-identity-header"}
"""How App Service tells an app where its managed identity is to be had."""

ENGINE = (*ledger.PERMISSIONS, *audit.PERMISSIONS, *dead_letters.PERMISSIONS)
"""What Riposte itself asks of its own resources."""


def environment(**other: str) -> dict[str, str]:
    """The settings of a responder in Contoso."""
    return {
        "RIPOSTE_LEDGER": f"https://{contoso.STORAGE_ACCOUNT}.table.core.windows.net",
        "RIPOSTE_BLOBS": f"https://{contoso.STORAGE_ACCOUNT}.blob.core.windows.net",
        "RIPOSTE_LOGS": f"https://{contoso.LOGS_HOST}",
        "RIPOSTE_LOGS_RULE": contoso.RULE_ID,
        "RIPOSTE_ALERTS_HUB": "alerts",
        "RIPOSTE_EVENTHUB__fullyQualifiedNamespace": "evhns-riposte-contoso.servicebus.windows.net",
        "AZURE_CLIENT_ID": contoso.IDENTITY.client_id,
        "RIPOSTE_IDENTITY_OBJECT_ID": contoso.IDENTITY.object_id,
        "RIPOSTE_OWN_SCOPES": contoso.SECURITY,
        "RIPOSTE_PROTECTED_GROUPS": contoso.PROTECTED_GROUP,
        "RIPOSTE_SENTINEL_WORKSPACE": contoso.WORKSPACE,
        "RIPOSTE_BUDGETS": "*=1000/1h",  # Contoso is small, and its alerts are many; budgets have tests of their own
        **other,
    }


def door(world: World) -> Send:
    """The way into a world for the program: no socket, the same requests."""

    async def send(request: Request) -> Response:
        try:
            answer = await world.send(messages.Request(request.method, request.url, request.headers, request.body))
        except messages.Unreachable as error:
            raise Unreachable(str(error)) from error
        except messages.Lost as error:
            raise Unanswered(str(error)) from error
        return Response(answer.status, answer.headers, answer.body)

    return send


class SeededChance:
    """Chance that is the same in every run."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.secrets: list[str] = []

    def id(self) -> str:
        return self._world.chance.hex(32)

    def secret(self, length: int) -> str:
        self.secrets.append(f"S3cr3t-{self._world.chance.hex(length)}"[:length])
        return self.secrets[-1]

    def fraction(self) -> float:
        return 0.5

    def recalled(self, text: str) -> str:
        return text


def grant(world: World, wanted: Iterable[Permission]) -> None:
    """Give the responder's identity exactly these permissions, each where it belongs."""
    who = contoso.IDENTITY.object_id
    for permission in wanted:
        if permission.api is Api.GRAPH:
            world.access.grant_graph(who, [permission.name])
        elif permission.api is Api.ARM:
            world.access.grant(who, contoso.SUBSCRIPTION, Role(actions=(permission.name,)))
        else:
            world.access.grant(who, _scope(permission.name), Role(data_actions=(permission.name,)))


def _scope(name: str) -> str:
    if name.startswith("Microsoft.KeyVault/"):
        return contoso.SUBSCRIPTION
    return contoso.RULE if name.startswith("Microsoft.Insights/") else contoso.STORAGE


@dataclass
class Lab:
    """Contoso, a responder in it, and a Functions host that delivers to it."""

    world: World
    app: App
    host: FunctionsHost
    chance: SeededChance

    @property
    def records(self) -> list[dict[str, Any]]:
        """The audit records in Log Analytics, as rows."""
        return self.world.state(Logs).rows(TABLE)

    def record(self, **wanted: str) -> dict[str, Any]:
        """The one record with these values."""
        found = [row for row in self.records if all(row.get(name) == value for name, value in wanted.items())]
        assert len(found) == 1, (wanted, [(r["Decision"], r.get("Reason")) for r in self.records])
        return found[0]

    def decisions(self) -> list[str]:
        """What was decided, in the order of the records."""
        return [row["Decision"] for row in self.records]

    def tenant(self) -> dict[str, Any]:
        """The state of everything a responder may change, to compare before and after."""
        from azsim.arm import Arm
        from azsim.services.graph import Directory
        from azsim.services.key_vault import Vaults

        return self.world.snapshot(Arm, Directory, Vaults)

    def ledger_rows(self) -> list[dict[str, Any]]:
        """Every row of the ledger."""
        rows: list[dict[str, Any]] = self.world.state(Tables).snapshot()[
            f"{contoso.STORAGE_ACCOUNT}/{contoso.LEDGER_TABLE}"
        ]
        return rows

    async def deliver(self, *names: str) -> None:
        """Deliver recordings to the event hub in one batch."""
        done = await self.host.event_hub("alerts", [recording(name) for name in names])
        if done.error is not None:
            raise done.error

    async def post(self, url: str, body: Any, **headers: str) -> tuple[int, Any]:
        """POST to the API with the function key; status and body."""
        return await self.request("POST", url, body, **headers)

    async def get(self, url: str, **headers: str) -> tuple[int, Any]:
        """GET from the API with the function key; status and body."""
        return await self.request("GET", url, None, **headers)

    async def request(self, method: str, url: str, body: Any, **headers: str) -> tuple[int, Any]:
        """A request with the function key; header names with _ for -."""
        head = {"x-functions-key": self.host.key, **{k.replace("_", "-"): v for k, v in headers.items()}}
        content = b"" if body is None else msgspec.json.encode(body)
        answer: func.HttpResponse = await self.host.http(method, url, headers=head, body=content)
        return answer.status_code, msgspec.json.decode(answer.get_body() or b"null")


def recording(name: str) -> bytes:
    """A recorded delivery."""
    return next(RECORDINGS.glob(f"{name}.*")).read_bytes()


def make(
    *,
    playbooks: Path = PLAYBOOKS,
    settings: Mapping[str, str] | None = None,
    world: World | None = None,
    granted: Iterable[Permission] | None = None,
    wrap: Callable[[Send], Send] = lambda send: send,
    under: Callable[[Send], Send] = lambda send: send,
    fresh: bool = False,
    clock: Clock | None = None,
    chance: Chance | None = None,
) -> Lab:
    """Set up Contoso and a responder.

    Args:
        playbooks: The folder of the playbooks.
        settings: Settings other than the usual ones.
        world: Another world than a fresh Contoso.
        granted: The permissions to give; if not given, what engine and responders declare.
        wrap: Wraps the transport under the program.
        under: Wraps the way into the world, tokens included.
        fresh: Whether that other world is empty, and Contoso is to be built in it.
        clock: Another clock than the world's.
        chance: Other chance than the world's.
    """
    from function_app import create

    fresh = fresh or world is None
    world = world or World(tenant=contoso.TENANT)
    if fresh:
        contoso.build(world, STREAM_DECLARED)
    seeded = SeededChance(world)
    app = compose(
        environment(RIPOSTE_PLAYBOOKS=str(playbooks), **(settings or {})),
        ROOT,
        send=under(door(world)),
        clock=clock or world.clock,
        chance=chance or seeded,
        over=wrap,
    )
    if fresh:
        grant(world, ENGINE if granted is None else granted)
        if granted is None:
            grant(world, all_permissions(app.responders.values()))
    host = FunctionsHost(create(_started(app)), world.clock, world.chance, settings={"RIPOSTE_ALERTS_HUB": "alerts"})
    return Lab(world, app, host, seeded)


def all_permissions(responders: Iterable[Responder]) -> list[Permission]:
    """What responders declare, and what guards and reconciliation ask for."""
    from shared.engine.reconcile import listings

    listed = [permission for listing in listings().values() for permission in listing.permissions]
    return list(dict.fromkeys([*(p for each in responders for p in permissions(each)), *live.PERMISSIONS, *listed]))


def _started(app: App) -> Callable[[], Awaitable[App]]:
    async def start() -> App:
        return app

    return start
