"""A process that acts once through each responder it is told, then says how much memory it took at most, in MiB."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import sys
import tempfile
from pathlib import Path

from azsim.clock import SimulatedLoop


async def act(responders: list[str]) -> None:
    """Act once through each."""
    from tests import lab, scenario

    os.environ |= lab.IDENTITY
    for name in responders:
        with tempfile.TemporaryDirectory() as folder:
            made = lab.make(playbooks=scenario.playbook(Path(folder), name))
            scenario.SCENARIOS[name].arrange(made.world)
            await scenario.run(made, name)
            assert "done" in made.decisions(), (name, made.decisions())


def main() -> None:
    """Index the app; act; tell."""
    logging.disable(logging.WARNING)
    import function_app

    function_app.app.get_functions()
    if sys.argv[1:]:
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(act(sys.argv[1:]))
    print(_peak())


def _peak() -> float:
    status = Path("/proc/self/status")
    if not status.exists():  # macOS, and there in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    # getrusage() would say how large the process was that started this one
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


main()
