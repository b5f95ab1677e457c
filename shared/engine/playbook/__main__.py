"""`python -m shared.engine.playbook check [FOLDER]`: every mistake in the playbooks, and their own tests."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from shared.engine.playbook.load import load
from shared.engine.playbook.trial import trials
from shared.engine.read import Sources
from shared.kinds.responder import all_responders
from shared.kinds.source import all_sources
from shared.model.errors import Mistake, Mistakes


def main(arguments: list[str] | None = None) -> int:
    """Check playbooks; 0 if all is well, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m shared.engine.playbook", description="Playbooks.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say every mistake, and run the tests inside the files")
    check.add_argument("folder", nargs="?", type=Path, default=Path("playbooks"))
    check.add_argument("--recordings", type=Path, default=Path("tests/recordings"))
    given = parser.parse_args(arguments)
    if not given.folder.is_dir():
        parser.error(f"there is no folder {given.folder}")
    found = _check(given.folder, given.recordings)
    for mistake in found:
        sys.stdout.write(f"{mistake}\n")
    return 1 if found else 0


def _check(folder: Path, recordings: Path) -> list[Mistake]:
    sources, responders = Sources(all_sources()), all_responders()
    try:
        playbooks = load(folder, responders, sources.names)
    except Mistakes as mistakes:
        return mistakes.mistakes
    found: list[Mistake] = []
    for playbook in playbooks:
        failed = trials(playbook, recordings, sources, responders)
        found += failed
        passed = len(playbook.trials) - len(failed)
        sys.stdout.write(f"{playbook.name} ({playbook.mode}): {passed} of {len(playbook.trials)} tests pass\n")
    return found


if __name__ == "__main__":
    sys.exit(main())
