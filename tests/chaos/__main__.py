"""`make chaos`: the long proofs, one lane after the other. Exits with 0 only if every one of them holds.

A lane is a file in `tests/chaos/lanes/` with a function `run`, which tells how far it is and returns what is wrong.
What it stands on is in the folder of its name beside `lanes`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LANES = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "lanes")]))
"""Every lane there is."""


def main(names: Sequence[str]) -> int:
    """Run lanes, each in a process of its own, so that none measures what another left; how many did not hold."""
    if len(names) == 1:
        return min(1, alone(names[0]))
    fell = []
    for number, name in enumerate(names, 1):
        say(f"[{number}/{len(names)}] {name}")
        if subprocess.run([sys.executable, "-m", "tests.chaos", name], check=False).returncode:
            fell.append(name)
    say("Every promise held." if not fell else f"NOT AS PROMISED: {', '.join(fell)}")
    return len(fell)


def alone(name: str) -> int:
    """Run a lane; the number of things that are wrong."""
    wrong: list[str] = importlib.import_module(f"tests.chaos.lanes.{name}").run(say)
    for text in wrong:
        say(f"  NOT AS PROMISED: {name}: {text}")
    say("  Every promise held." if not wrong else f"  {len(wrong)} of them did not hold.")
    return len(wrong)


def say(text: str) -> None:
    """A line, at once: long work shows progress."""
    print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("lanes", nargs="*", metavar="lane", help=f"which to run, of {', '.join(LANES)}; all if none")
    given = parser.parse_args()
    unknown = [name for name in given.lanes if name not in LANES]
    if unknown:
        parser.error(f"there is no lane {unknown[0]}; there are {', '.join(LANES)}")
    sys.exit(min(1, main(given.lanes or LANES)))
