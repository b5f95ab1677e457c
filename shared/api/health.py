"""Health: alive, and ready with the state of everything it depends on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

from shared.api.answer import Answer, problem
from shared.azure.table import Row
from shared.engine.app import App
from shared.engine.outbox import Packet, opened
from shared.engine.reconcile import DAY, Watched, watched
from shared.engine.sdk import in_our_words
from shared.model.errors import Mistakes

SECONDS = 10.0
"""That one dependency may take to answer."""

LATE = timedelta(minutes=5)
"""After which what waits to be delivered cannot be: the sweep tries every minute."""

NOT_COMPARED = timedelta(minutes=20)
"""After which a provider's list counts as not compared: the timer tries every five minutes."""

LOOKS = 5
"""Cases that are looked at for records that wait."""

Packets = list[tuple[bytes, Row]]


def alive() -> Answer:
    """The process runs. Says nothing else, for anybody may ask."""
    return Answer(200, {"status": "alive"})


def broken(mistakes: Mistakes) -> Answer:
    """It cannot start: every mistake in settings and playbooks."""
    return problem(503, "Not ready", "Settings or playbooks cannot work.", [str(m) for m in mistakes.mistakes])


async def ready(app: App) -> Answer:
    """Whether it can do its work: 200, or 503; either way with the state of each dependency."""
    identity = asyncio.ensure_future(_state(_identity(app)))  # first: all others wait for its token
    packets = asyncio.ensure_future(app.ledger.packets())
    ledger, audit, dead_letters, switch, reconciliation = await asyncio.gather(
        _state(_ledger(app)),
        _state(_audit(packets, app)),
        _state(_dead_letters(packets, app)),
        _state(_switch(app)),
        _state(_reconciliation(app)),
    )
    packets.cancel()
    found: dict[str, dict[str, Any]] = {
        "identity": await identity,
        "ledger": ledger,
        "audit": audit,
        "dead_letters": dead_letters,
        "kill_switch": switch,
        "reconciliation": reconciliation,
        "playbooks": {"ok": True, "playbooks": len(app.playbooks.all)},
    }
    well = all(state["ok"] for state in found.values())
    if well:
        return Answer(200, {"status": "ready", "dependencies": found})
    return Answer(503, {"title": "Not ready", "status": 503, "dependencies": found})


async def _state(check: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SECONDS):
            return {"ok": True, **await in_our_words(check, wrote=False)}
    except TimeoutError:
        return {"ok": False, "error": f"no answer within {SECONDS:.0f} s"}
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the state of this dependency
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}


async def _identity(app: App) -> dict[str, Any]:
    await app.credential.get_token(f"{app.settings.cloud.resource_manager}/.default")
    return {}


async def _ledger(app: App) -> dict[str, Any]:
    return {"open_cases": await app.ledger.waiting()}


async def _audit(packets: asyncio.Future[Packets], app: App) -> dict[str, Any]:
    """Log Analytics cannot be asked without writing; how long records have waited for it tells."""
    waiting = [record.TimeGenerated for packet in await _opened(packets) for record in packet.records]
    for partition, _, _ in (await app.ledger.due())[:LOOKS]:
        waiting += [record.TimeGenerated for record, _ in await app.ledger.unsent(partition)]
    return _in_time(waiting, app)


async def _dead_letters(packets: asyncio.Future[Packets], app: App) -> dict[str, Any]:
    """Their hub is not asked, either."""
    return _in_time([letter.received for packet in await _opened(packets) for letter in packet.letters], app)


async def _opened(packets: asyncio.Future[Packets]) -> list[Packet]:
    return [opened(content, row) for content, row in await asyncio.shield(packets)]


def _in_time(waiting: list[str], app: App) -> dict[str, Any]:
    """Whether what waits has not waited for long."""
    if not waiting or datetime.fromisoformat(min(waiting)) + LATE >= app.clock.now():
        return {"waiting": len(waiting)}
    error = f"not delivered since {min(waiting)}; the log of the sweep says why"
    return {"ok": False, "waiting": len(waiting), "error": error}


async def _switch(app: App) -> dict[str, Any]:
    switch = await app.switch.now()
    return {"on": switch.on, "mode": switch.mode, "who": switch.who, "why": switch.why}


async def _reconciliation(app: App) -> dict[str, Any]:
    """How far each provider's list has been compared, and what was not delivered in the last day."""
    lists = await asyncio.gather(*(_compared(one, app) for one in watched(app)))
    errors = [f"{one['provider']}: {one['error']}" for one in lists if one["error"]]
    state = {"lists": lists, "lost": sum(one["lost"] for one in lists)}
    return {"ok": False, **state, "error": "; ".join(errors)} if errors else state


async def _compared(one: Watched, app: App) -> dict[str, Any]:
    there = await app.ledger.mark(one.provider, one.place)
    about: dict[str, Any] = {
        "provider": one.provider,
        "place": one.place,
        "last": "",
        "until": "",
        "lost": 0,
        "error": "",
    }
    if there is None:
        return about  # the first comparison is still to come
    mark, now = there[0], app.clock.now()
    last = mark.last or mark.since
    late = f"not compared since {last.isoformat()}" if last + NOT_COMPARED < now else ""
    return about | {
        "last": mark.last.isoformat() if mark.last else "",
        "until": mark.until.isoformat(),
        "lost": sum(time > now - DAY for time in mark.losses),
        "error": mark.error or late,
    }
