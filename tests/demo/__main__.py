"""`make demo`: a real alert contained end to end, on a small Azure in this process.

Exits with 0 only if every expected effect is really in the tenant.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from azsim.functions.web import serve
from shared.kinds.responder import all_responders
from tests import lab
from tests.demo.delivery import again, deliver
from tests.demo.stage import Stage, stage
from tests.demo.story import say, show_state, state, table, tell, title, whole

QUARANTINE = "nsg-riposte-quarantine-westeurope"
PORT = 7071
SWEEP = 60.0
"""Seconds between two ticks of the timer that takes up what is due."""


async def main(*, port: int | None = None, denied: Sequence[str] = ()) -> int:
    """Play both acts; the number of expectations that did not come true.

    Args:
        port: Where to listen afterwards, until somebody ends it; None: not at all.
        denied: Permissions that the responders' identity is not given.
    """
    wrong = await dry_run(denied)
    async with stage(act=True, denied=denied) as played:
        wrong += await act(played)
        title("The end")
        for text in wrong:
            say(f"  NOT AS EXPECTED: {text}")
        say("  Every expected effect is in the tenant." if not wrong else f"  {len(wrong)} of them did not come true.")
        if port is not None:
            await stay(played, port)
    return len(wrong)


async def dry_run(denied: Sequence[str]) -> list[str]:
    """Act one: the playbooks as they are shipped."""
    title("Act 1: day one. The playbooks are in dry run, as shipped")
    async with stage(act=False, denied=denied) as played:
        before = state(played.world)
        order = await deliver(played.host)
        tell(played.records, order)
        say("\nThe tenant is as it was:")
        show_state(state(played.world), before)
        said = [record["Decision"] for record in played.records]
        return expect(
            ("nothing is changed in dry run", state(played.world) == before),
            ("two interfaces, one user and one secret would be acted on", said.count("dry_run") == 4),
            ("the domain controller is refused even in dry run", said.count("refused") == 1),
            ("the broken body is dead-lettered", said.count("dead_letter") == 1),
        )


async def act(played: Stage) -> list[str]:
    """Act two: the same events, and the playbooks switched to act."""
    title("Act 2: the same events, and the playbooks say `mode: act`")
    before = state(played.world)
    order = await deliver(played.host)
    tell(played.records, order)
    first = len(played.records)
    say("\nThe brute force alert comes once more, by Sentinel, as part of an incident (sentinel_incident_vm):")
    await again(played.host, "sentinel_incident_vm")
    repeated = played.records[first:]
    tell(repeated)
    say("  No record is added: it is the same case, and what it asks for is done." if not repeated else "")
    after = state(played.world)
    say("\nThe tenant after it (* changed):")
    show_state(after, before)
    say("    The old version of the secret stays enabled for the playbook's `grace`; then the sweep disables it.")
    say("\nThe audit records in Log Analytics, table RiposteAudit_CL:")
    table(played.records)
    whole(played.records)
    dead = played.broker.events("dead-letters")
    say(f"\nThe dead-letter hub holds {len(dead)} message, with the reason and the body.")
    wrong = expect(
        ("interface nic-web-01 of vm-web-01 is quarantined", after["interface nic-web-01"] == QUARANTINE),
        (
            "interface nic-web-01-backend of vm-web-01 is quarantined",
            after["interface nic-web-01-backend"] == QUARANTINE,
        ),
        ("the domain controller is left alone", after["interface nic-dc-01"] == before["interface nic-dc-01"]),
        ("Adele's sessions are void", after["user Adele Vance"] != before["user Adele Vance"]),
        ("nobody else's are", after["user Alex Wilber"] == before["user Alex Wilber"]),
        ("the secret has a new version", len(after) == len(before) + 1),
        ("the alert's second channel changes nothing", not repeated),
        ("one dead letter is in its hub", len(dead) == 1),
    )
    return wrong + await undo(played, before)


async def undo(played: Stage, before: dict[str, str]) -> list[str]:
    """An analyst takes the isolation back, through the API."""
    title("Act 3: it was a false alarm. An analyst undoes the isolation")
    first = len(played.records)
    run = next((r["RunId"] for r in played.records if r.get("Responder") == "network.isolate_nic" and _done(r)), "")
    url = f"/api/runs/{run or 'none'}/undo"
    answer = await played.host.http("POST", url, headers={"x-functions-key": played.host.key})
    say(f"POST {url}\n  is answered with {answer.status_code}")
    tell(played.records[first:], matched=False)
    now = state(played.world)
    say("\nThe tenant after the undo (* differs from the beginning):")
    show_state(now, before)
    names = ("interface nic-web-01", "interface nic-web-01-backend")
    return expect(
        ("the undo is answered with 200", answer.status_code == 200),
        ("both interfaces are as before", all(now[name] == before[name] for name in names)),
    )


async def stay(played: Stage, port: int) -> None:
    """Leave it listening, to be tried by hand, until it is interrupted."""
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with serve(played.host, port) as address:
        title(f"Listening on {address} until you press Ctrl-C")
        key = f"-H 'x-functions-key: {played.host.key}'"
        entity = '{"kind": "account", "upn": "alex.wilber@contoso.example"}'
        say("Try, for one, to sign Alex out; the answer names the run:\n")
        say(f"  curl -s -X POST {address}/api/playbooks/cut_stolen_session/runs \\")
        say(f"    {key} -H 'Idempotency-Key: my-first-run' \\")
        say(f'    -d \'{{"entities": [{entity}], "reason": "reported by phone"}}\'')
        say("\nHow far the run is, what there is to run, and what state everything is in:\n")
        for path in ("runs/RUN", "playbooks", "health/ready"):
            say(f"  curl -s {address}/api/{path} {key}")
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), SWEEP)
            except TimeoutError:
                await played.host.timer("sweep")


def expect(*expectations: tuple[str, bool]) -> list[str]:
    """The expectations that did not come true; each is told."""
    say("\nExpected of all this:")
    for text, true in expectations:
        say(f"  {'yes' if true else 'NO':4} {text}")
    return [text for text, true in expectations if not true]


def _done(record: dict[str, str]) -> bool:
    return record["Decision"] == "done"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="stay and listen on 127.0.0.1 afterwards")
    parser.add_argument("--port", type=int, default=PORT, help=f"where; {PORT} if not given, 0 for any that is free")
    names = sorted({permission.name for permission in lab.all_permissions(all_responders().values())})
    parser.add_argument(
        "--deny",
        metavar="PERMISSION",
        action="append",
        default=[],
        choices=names,
        help=f"leave out a permission, to see what becomes of it; one of {', '.join(names)}",
    )
    given = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    try:
        sys.exit(min(1, asyncio.run(main(port=given.port if given.serve else None, denied=given.deny))))
    except KeyboardInterrupt:
        sys.exit(130)
