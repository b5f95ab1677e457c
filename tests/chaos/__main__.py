"""`make chaos`: the long proofs, one lane after the other. Exits with 0 only if every one of them holds.

A lane is a file in `tests/chaos/lanes/` with a function `run`, which tells how far it is and returns what is wrong.
What it stands on is in the folder of its name beside `lanes`.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Sequence
from pathlib import Path

LANES = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "lanes")]))
"""Every lane there is."""


def main(names: Sequence[str]) -> int:
    """Run lanes; the number of things that are wrong."""
    wrong: list[str] = []
    for number, name in enumerate(names, 1):
        say(f"[{number}/{len(names)}] {name}")
        wrong += [f"{name}: {text}" for text in importlib.import_module(f"tests.chaos.lanes.{name}").run(say)]
    for text in wrong:
        say(f"  NOT AS PROMISED: {text}")
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
