"""Health: alive, and ready with the state of everything it depends on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shared.api.answer import Answer, problem
from shared.engine.app import App
from shared.engine.sdk import in_our_words
from shared.model.errors import Mistakes

SECONDS = 10.0
"""That one dependency may take to answer."""


def alive() -> Answer:
    """The process runs. Says nothing else, for anybody may ask."""
    return Answer(200, {"status": "alive"})


def broken(mistakes: Mistakes) -> Answer:
    """It cannot start: every mistake in settings and playbooks."""
    return problem(503, "Not ready", "Settings or playbooks cannot work.", [str(m) for m in mistakes.mistakes])


async def ready(app: App) -> Answer:
    """Whether it can do its work: 200, or 503; either way with the state of each dependency."""
    checks: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
        "identity": lambda: _identity(app),
        "ledger": lambda: _ledger(app),
        "audit": lambda: _audit(app),
        "kill_switch": lambda: _switch(app),
    }
    states = await asyncio.gather(*(_state(check) for check in checks.values()))
    found = dict(zip(checks, states, strict=True))
    found["playbooks"] = {"ok": True, "playbooks": len(app.playbooks.all)}
    well = all(state["ok"] for state in found.values())
    return Answer(200 if well else 503, {"status": "ready" if well else "not ready", "dependencies": found})


async def _state(check: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            return {"ok": True, **await in_our_words(check(), wrote=False)}
    except TimeoutError:
        return {"ok": False, "error": f"no answer within {SECONDS:.0f} s"}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the state of this dependency
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


async def _identity(app: App) -> dict[str, Any]:
    await app.credential.get_token(f"{app.settings.cloud.resource_manager}/.default")
    return {}


async def _ledger(app: App) -> dict[str, Any]:
    return {"open_cases": await app.ledger.waiting()}


async def _audit(app: App) -> dict[str, Any]:
    """Log Analytics cannot be asked without writing; what waits for it tells."""
    return {"packets_waiting": len(await app.ledger.packets())}


async def _switch(app: App) -> dict[str, Any]:
    switch = await app.switch.now()
    return {"on": switch.on, "who": switch.who, "why": switch.why}
