"""`make bench`: how fast, against floors measured in the same run. Prints a table and writes `build/bench.json`.

Machines differ and are busy with other things, so what counts is the ratio to the floor, never the time itself.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from dataclasses import asdict

from tests.bench import burst, indexing, memory, reading, throughput
from tests.bench.measure import Measure
from tests.lab import IDENTITY, ROOT

PARTS = {
    "import and indexing": indexing.measure,
    "events per second": throughput.measure,
    "events read per second, by source": reading.measure,
    "peak memory": memory.measure,
    "a burst of incidents": burst.measure,
}
RESULT = ROOT / "build" / "bench.json"


def main() -> None:
    """Measure everything, tell it, and keep it."""
    os.environ |= IDENTITY
    measures: list[Measure] = []
    for number, (name, measure) in enumerate(PARTS.items(), 1):
        print(f"[{number}/{len(PARTS)}] {name}", file=sys.stderr, flush=True)
        measures += measure()
    head = f"{'':58}{'value':>14}{'floor':>14}{'ratio':>8}  wanted"
    print(head, *map(str, measures), sep="\n")
    RESULT.parent.mkdir(exist_ok=True)
    content = {"python": platform.python_version(), "measures": [asdict(measure) for measure in measures]}
    RESULT.write_text(json.dumps(content, indent=2) + "\n")
    print(f"\nWritten to {RESULT.relative_to(ROOT)}")


main()
