"""`make demo`: a real alert contained end to end, on a small Azure in this process.

Exits with 0 only if every expected effect is really in the tenant.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys

from azsim.functions.web import serve
from tests import lab
from tests.demo.stage import Stage, stage
from tests.demo.story import say, show_state, state, table, tell, title

BATCH = ["defender_vm_bruteforce", "graph_alert_token_theft", "defender_low_severity", "defender_protected_vm"]
QUARANTINE = "nsg-riposte-quarantine-westeurope"
PORT = 7071


async def main(*, serving: bool) -> int:
    """Play both acts; the number of expectations that did not come true."""
    wrong = await dry_run()
    async with stage(act=True) as played:
        wrong += await act(played)
        if serving:
            await stay(played)
    title("The end")
    for text in wrong:
        say(f"  NOT AS EXPECTED: {text}")
    say("  Every expected effect is in the tenant." if not wrong else f"  {len(wrong)} expectations did not come true.")
    return len(wrong)


async def dry_run() -> list[str]:
    """Act one: the playbooks as they are shipped."""
    title("Act 1: day one. The playbooks are in dry run, as shipped")
    async with stage(act=False) as played:
        before = state(played.world)
        await deliver(played)
        tell(played.records)
        say("\nThe tenant is as it was:")
        show_state(state(played.world), before)
        said = [record["Decision"] for record in played.records]
        return expect(
            ("nothing is changed in dry run", state(played.world) == before),
            ("two interfaces and one user would be acted on", said.count("dry_run") == 4),
            ("the domain controller is refused even in dry run", said.count("refused") == 1),
            ("the broken body is dead-lettered", said.count("dead_letter") == 1),
        )


async def act(played: Stage) -> list[str]:
    """Act two: the same events, and the playbooks switched to act."""
    title("Act 2: the same events with `mode: act`")
    before = state(played.world)
    say("The tenant before:")
    show_state(before)
    await deliver(played)
    tell(played.records)
    first = len(played.records)
    say("\nThe same alert comes again by Sentinel, as part of an incident:")
    await played.host.event_hub("alerts", [lab.recording("sentinel_incident_vm")])
    again = played.records[first:]
    tell(again)
    say("  no record is added: it is the same case, and its deeds are done" if not again else "")
    after = state(played.world)
    say("\nThe tenant after (* changed):")
    show_state(after, before)
    say("\nThe audit records in Log Analytics, table RiposteAudit_CL:")
    table(played.records)
    say("\nOne of them whole:")
    done = next(record for record in played.records if record["Decision"] == "done")
    say("\n".join(f"  {line}" for line in json.dumps(done, indent=2).splitlines()))
    dead = played.broker.events("dead-letters")
    say(f"\nThe dead-letter hub holds {len(dead)} message: {json.loads(dead[0].body)['reason']}" if dead else "")
    wrong = expect(
        ("both interfaces of vm-web-01 are quarantined", after["interface nic-web-01"] == QUARANTINE),
        ("both interfaces of vm-web-01 are quarantined", after["interface nic-web-01-backend"] == QUARANTINE),
        ("the domain controller is left alone", after["interface nic-dc-01"] == before["interface nic-dc-01"]),
        ("Adele's sessions are void", after["user Adele Vance"] != before["user Adele Vance"]),
        ("nobody else's are", after["user Alex Wilber"] == before["user Alex Wilber"]),
        ("the secret has a new version", len(after) == len(before) + 1),
        ("the alert's second channel changes nothing", not again),
        ("one dead letter is in its hub", len(dead) == 1),
    )
    return wrong + await undo(played, before)


async def undo(played: Stage, before: dict[str, str]) -> list[str]:
    """An analyst takes the isolation back, through the API."""
    title("The alert was a false alarm: undo")
    run = next(
        r["RunId"] for r in played.records if r.get("Responder") == "network.isolate_nic" and r["Decision"] == "done"
    )
    say(f"POST /api/runs/{run}/undo")
    first = len(played.records)
    answer = await played.host.http("POST", f"/api/runs/{run}/undo", headers={"x-functions-key": played.host.key})
    tell(played.records[first:])
    now = state(played.world)
    say("\nThe tenant after the undo (* differs from the beginning):")
    show_state(now, before)
    names = ("interface nic-web-01", "interface nic-web-01-backend")
    return expect(
        ("the undo is answered with 200", answer.status_code == 200),
        ("both interfaces are as before", all(now[name] == before[name] for name in names)),
    )


async def deliver(played: Stage) -> None:
    """A batch from the event hub, with one body that is no JSON in it, and an event from Event Grid."""
    bodies = [*(lab.recording(name) for name in BATCH), b'{"records": [{"time": "2026-03-02T09:00:00Z", ']
    say(f"Delivering a batch of {len(bodies)} to the function `alerts`, and one event to `events` …")
    hub = await played.host.event_hub("alerts", bodies)
    event = json.loads(lab.recording("keyvault_secret_near_expiry"))[0]
    grid = await played.host.event_grid("events", event)
    for done in (hub, grid):
        if done.error is not None:
            raise done.error


async def stay(played: Stage) -> None:
    """Leave it listening, to be tried by hand."""
    async with serve(played.host, PORT) as address:
        title(f"Listening on {address} until you press Ctrl-C")
        entity = '{"kind": "account", "upn": "alex.wilber@contoso.example"}'
        say("Try, for one:\n")
        say(f"  curl -s -X POST {address}/api/playbooks/cut_stolen_session/runs \\")
        say(f"    -H 'x-functions-key: {played.host.key}' -H 'Idempotency-Key: my-first-run' \\")
        say(f'    -d \'{{"entities": [{entity}], "reason": "reported by phone"}}\'')
        say(f"\n  curl -s {address}/api/health/ready -H 'x-functions-key: {played.host.key}'\n")
        await asyncio.Event().wait()


def expect(*expectations: tuple[str, bool]) -> list[str]:
    """The expectations that did not come true."""
    return [text for text, true in expectations if not true]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help="stay and listen on 127.0.0.1:7071")
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    try:
        sys.exit(min(1, asyncio.run(main(serving=parser.parse_args().serve))))
    except KeyboardInterrupt:
        sys.exit(0)
