"""Two hundred incidents at once, each about another machine, against an Azure that answers in 50 ms."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

from azsim import arm
from azsim.clock import Clock, SimulatedLoop
from azsim.tenants import contoso
from azsim.world import World
from tests import lab
from tests.bench.measure import Measure

INCIDENTS = 200
LATENCY = 0.05


def measure() -> list[Measure]:
    """The wall time of all, against the time that one of them waits: its chain of calls that depend on each other."""
    one, _ = _run(1, SimulatedLoop)
    waiting, _ = _run(INCIDENTS, SimulatedLoop)
    wall, calls = _run(INCIDENTS, asyncio.new_event_loop)
    name = f"{INCIDENTS} incidents, {calls:,} calls of {LATENCY * 1000:.0f} ms"
    chain = f"against a chain of {one / LATENCY:.0f}"
    return [
        Measure(name=f"{name}, {chain}", unit="s", value=wall, floor=one, ratio=wall / one),
        Measure(name="  of that, waiting for Azure", unit="s", value=waiting, floor=one, ratio=waiting / one),
    ]


def _run(incidents: int, loop: Callable[[], asyncio.AbstractEventLoop]) -> tuple[float, int]:
    """How long that many incidents take in this loop's time, and how many calls."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(_deliver(incidents, Path(folder)))


async def _deliver(incidents: int, folder: Path) -> tuple[float, int]:
    logging.disable(logging.WARNING)
    text = (lab.PLAYBOOKS / "contain_compromised_vm.yaml").read_text().replace("mode: dry_run", "mode: act")
    (folder / "contain_compromised_vm.yaml").write_text(text)
    world = World(Clock(), tenant=contoso.TENANT, latency=LATENCY, pace=0)
    contoso.build(world, lab.STREAM_DECLARED)
    for number in range(incidents):
        _machine(world, number)
    made = lab.make(playbooks=folder, world=world)
    lab.grant(world, [*lab.ENGINE, *lab.all_permissions(made.app.responders.values())])
    await made.deliver("defender_low_severity")  # connections, tokens and modules are there before
    before = len(world.calls)
    begin = asyncio.get_running_loop().time()
    done = await made.host.event_hub("alerts", [_incident(number) for number in range(incidents)])
    taken = asyncio.get_running_loop().time() - begin
    logging.disable(logging.NOTSET)
    assert done.error is None
    assert made.decisions().count("done") == incidents, set(made.decisions())
    return taken, len(world.calls) - before


def _machine(world: World, number: int) -> None:
    vm, nic = (f"{path}{number:03d}" for path in (f"{contoso.WEB_VM}-", f"{contoso.NETWORK}/networkInterfaces/nic-"))
    interface = {
        "virtualMachine": {"id": vm},
        "ipConfigurations": [
            {
                "name": "ipconfig1",
                "properties": {
                    "privateIPAddress": f"10.20.1.{number + 20}",
                    "privateIPAllocationMethod": "Static",
                    "subnet": {"id": f"{contoso.NETWORK}/virtualNetworks/vnet-shop/subnets/snet-web"},
                },
            }
        ],
    }
    arm.put(world, nic, {"location": contoso.LOCATION, "properties": interface})
    profile = {"networkInterfaces": [{"id": nic, "properties": {"primary": True}}]}
    body = {"location": contoso.LOCATION, "tags": {}, "properties": {"networkProfile": profile}}
    arm.put(world, vm, body, hidden={"power": "running"})


def _incident(number: int) -> bytes:
    text = lab.recording("sentinel_incident_vm").decode()
    for own, other in (
        ("vm-web-01", f"vm-web-01-{number:03d}"),
        ("c0ffee11-2b3c-4d5e-8f60-", f"c0ffee11-2b3c-4d5e-{number:04x}-"),
    ):
        text = text.replace(own, other)
    return text.encode()
