"""The command that runs the long proofs."""

from __future__ import annotations

import subprocess
import sys

from tests.chaos.__main__ import LANES, main
from tests.lab import ROOT


def test_every_lane_is_found_by_its_file() -> None:
    assert [f"{name}.py" for name in LANES] == sorted(file.name for file in (ROOT / "tests/chaos/lanes").glob("*.py"))
    assert "processes" in LANES


def test_a_lane_that_is_not_there_is_named_with_those_that_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "proceses"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "there is no lane proceses; there are " in done.stderr
    assert "processes" in done.stderr


def test_nothing_run_is_nothing_wrong() -> None:
    assert main([]) == 0
