"""Four workers share an event hub, a storage account and a tenant, and every second one of them is killed.

Nothing may be lost, nothing done twice, and the ledger and Log Analytics must say the same in the end.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from shared.model.dead_letter import Letter
from tests.azure.azurite import Azurite, running
from tests.chaos import chain
from tests.chaos.processes import effects, ends
from tests.chaos.processes.books import Books, read_books
from tests.chaos.processes.checkpoints import handled
from tests.chaos.processes.crew import Crew
from tests.chaos.processes.fast_clock import LONGEST
from tests.chaos.processes.progress import delivered, waiting
from tests.chaos.processes.stage import Stage, stage
from tests.chaos.processes.traffic import Sent, traffic
from tests.lab import ROOT

WORKERS = 4
EVERY = 1.0
"""Seconds between two kills."""

KILLS = range(30, 81)
"""How many kills, at least and at most: they go on for as long as there are events to handle, but not for ever."""

PATIENCE = min(240.0, LONGEST - 30)
"""Seconds until all must be done."""

SHOWN = 8
"""Mistakes of a kind that are told one by one."""

LOG = ROOT / "build" / "chaos" / "workers.log"

Say = Callable[[str], None]


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    with tempfile.TemporaryDirectory(prefix="riposte-chaos-") as scratch:
        folder, storage = Path(scratch), Path(scratch, "azurite")
        storage.mkdir()
        with running(storage) as azurite:
            return asyncio.run(_run(azurite, folder, say))


async def _run(azurite: Azurite, folder: Path, say: Say) -> list[str]:
    loop = asyncio.get_running_loop()
    async with stage(azurite, folder) as played:
        sent = traffic()
        for event in sent:
            played.broker.publish("alerts", event.body)
        say(f"  {len(sent)} events are in the hub, {sum(1 for event in sent if event.target)} of them act")
        begin = loop.time()
        crew = Crew(WORKERS, played.place)
        try:
            wrong = await _disturbed(played, crew, len(sent), say)
        finally:
            crew.end()
            LOG.parent.mkdir(parents=True, exist_ok=True)
            LOG.write_bytes(played.place.log.read_bytes() if played.place.log.exists() else b"")
        books = await read_books(played.app)
        _count(played, crew, len(sent), books, loop.time() - begin, say)
        return [*wrong, *_judged(played, sent, books)]


async def _disturbed(played: Stage, crew: Crew, count: int, say: Say) -> list[str]:
    """Kill until every event was handled, then let the others finish; what went wrong meanwhile."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    done, left = 0, -1
    for second in range(1, int(PATIENCE / EVERY) + 1):
        await asyncio.sleep(max(0.0, begin + second * EVERY - loop.time()))
        crew.look_after()
        if crew.kills < (KILLS.stop - 1 if done < count else KILLS.start):
            crew.kill_one()
        done, left = await handled(played.app), await waiting(played.app)
        if second % 5 == 0:
            say(f"  {second:4} s: {crew.kills} kills, {done} events handled, {left} cases open")
        if done == count and not left and crew.kills >= KILLS.start:
            break
    else:
        return [f"{count - done} events and {left} cases are open after {PATIENCE:.0f} s", *_fallen(crew)]
    return _fallen(crew)


def _fallen(crew: Crew) -> list[str]:
    ended = Counter(crew.ended).items()
    return [f"{times} workers ended by themselves, with {code}: see {LOG}" for code, times in ended]


def _count(played: Stage, crew: Crew, sent: int, books: Books, seconds: float, say: Say) -> None:
    records = played.records
    states = Counter(entry.state for entry in books.steps.values())
    done = Counter(what for (what, _), times in effects.effects(played.world).items() for _ in range(times))
    decisions = Counter({record["RecordId"]: record["Decision"] for record in records}.values())
    dead = [event.properties.get("id") for event in played.broker.events("dead-letters")]
    for name, number in (
        ("events sent", sent),
        ("events delivered, with repeats", delivered(played.place.delivered)),
        ("workers killed", crew.kills),
        ("events that match nothing", decisions["no_match"]),
        ("events that nobody can read", decisions["dead_letter"]),
        *((f"steps {state}", number) for state, number in sorted(states.items())),
        *((f"in the tenant: {what}", number) for what, number in sorted(done.items())),
        ("records in Log Analytics", len(records)),
        ("  of them distinct", len({record["RecordId"] for record in records})),
        ("dead letters in the hub", len(dead)),
        ("  of them distinct", len(set(dead))),
        ("requests to the tenant", len(played.world.calls)),
        ("seconds", round(seconds)),
    ):
        say(f"  {name:44}{number:8,}")


def _judged(played: Stage, sent: Sequence[Sent], books: Books) -> list[str]:
    letters = [msgspec.json.decode(event.body, type=Letter) for event in played.broker.events("dead-letters")]
    found, records = effects.effects(played.world), played.records
    return [
        text
        for mistakes in (
            ends.lost(sent, books, records, letters),
            effects.doubled(found),
            effects.missing(found),
            ends.unexpected(books),
            ends.differing(books, records),
            chain.broken(records),
        )
        for text in _first(mistakes)
    ]


def _first(mistakes: list[str]) -> list[str]:
    more = len(mistakes) - SHOWN
    return mistakes if more <= 0 else [*mistakes[:SHOWN], f"… and {more} more like these"]
