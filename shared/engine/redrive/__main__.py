"""`python -m shared.engine.redrive list | show | put-back`: the dead letters of the app whose settings are at hand."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from shared.engine.app import compose
from shared.engine.redrive.command import parser, run
from shared.model.errors import AzureError, Mistakes
from shared.wire.chance import SystemChance
from shared.wire.clock import SystemClock
from shared.wire.live import Live

FOLDER = Path(__file__).parents[3]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; 0 if all is well, 1 if not, 2 if it cannot be begun."""
    asked = parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    logging.getLogger("azure").setLevel(logging.CRITICAL)  # what they raise is told below
    try:
        return asyncio.run(_run(asked))
    except Mistakes as mistakes:
        sys.stderr.write("the settings or the playbooks cannot work:\n")
        sys.stderr.writelines(f"  {mistake}\n" for mistake in mistakes.mistakes)
        return 2
    except AzureError as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def _run(asked: Namespace) -> int:
    live = Live()
    try:
        app = compose(os.environ, FOLDER, send=live.send, clock=SystemClock(), chance=SystemChance())
        return await run(asked, app)
    finally:
        await live.close()


if __name__ == "__main__":
    sys.exit(main())
