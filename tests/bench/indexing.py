"""What it costs to import the function app and index it, against an app without functions."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Measure
from tests.lab import ROOT

RUNS = 15
EMPTY = "import azure.functions as func\n\napp = func.FunctionApp()\n"
INDEX = """
import time
begin = time.perf_counter()
import function_app
function_app.app.get_functions()
print(time.perf_counter() - begin)
"""


def measure() -> list[Measure]:
    """Both in turn, each in a fresh interpreter, several times."""
    with tempfile.TemporaryDirectory() as empty:
        Path(empty, "function_app.py").write_text(EMPTY)
        for folder in (ROOT, Path(empty)):
            _indexed(folder)  # files come from the disk once
        pairs = [(_indexed(ROOT), _indexed(Path(empty))) for _ in range(RUNS)]
    ours, floor = (statistics.median(times) * 1000 for times in zip(*pairs, strict=True))
    return [
        Measure(
            name="import and indexing, against an app without functions",
            unit="ms",
            value=ours,
            floor=floor,
            ratio=ours / floor,
            wanted="at most 2.0",
        )
    ]


def _indexed(folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", INDEX],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)
