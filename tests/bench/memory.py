"""Peak memory after one act through every responder, each in a process of its own and all in one."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.bench.measure import Measure
from tests.lab import ROOT
from tests.scenario import RESPONDERS


def measure() -> list[Measure]:
    """The peak of a process that indexes the app and acts, against one that only indexes it."""
    floor = _peak()
    found = [(name, _peak(name)) for name in RESPONDERS]
    found.append(("every responder", _peak(*RESPONDERS)))
    return [
        Measure(name=f"peak memory after an act: {name}", unit="MiB", value=peak, floor=floor, ratio=peak / floor)
        for name, peak in found
    ]


def _peak(*responders: str) -> float:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.bench.acting", *responders],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)
