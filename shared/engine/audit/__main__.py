"""`python -m shared.engine.audit verify FILE…`: whether exported records are those that were written; `heads`: what to compare with."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shared.engine.app import App, compose
from shared.engine.audit.heads import all_heads, heads_of, read_heads
from shared.engine.audit.read import rows
from shared.engine.audit.tell import lines, objects
from shared.engine.audit.verify import verify
from shared.model.chain import Head
from shared.model.errors import AzureError, Mistakes, Unreadable
from shared.wire.chance import SystemChance
from shared.wire.clock import SystemClock
from shared.wire.live import Live

FOLDER = Path(__file__).parents[3]

Ask = Callable[[App], Coroutine[Any, Any, list[Head]]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked. 0 if all is as it was written, 1 if not, 2 if it cannot be found out."""
    asked = _parser().parse_args(arguments)
    try:
        if asked.command == "heads":
            sys.stdout.writelines(f"{msgspec.json.encode(head).decode()}\n" for head in _of_ledger(all_heads))
            return 0
        found = [row for name in asked.files or ["-"] for row in _read(name)]
        chains = {str(row.get("Chain") or "") for row in found} - {""}
        heads = [head for name in asked.heads for head in _named(name, read_heads)]
        if asked.ledger:
            heads += _of_ledger(lambda app: heads_of(chains, app))
    except _CannotTell as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = verify(found, heads, in_order=asked.in_order, whole=asked.whole)
    sys.stdout.writelines(f"{line}\n" for line in (objects(report) if asked.json else lines(report)))
    return 1 if report.findings else 0


class _CannotTell(Exception):
    """It cannot be found out; the message says why."""


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m shared.engine.audit", description="Audit records: whether they are as they were written."
    )
    commands = made.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="look at records that were exported from Log Analytics")
    check.add_argument(
        "files", nargs="*", metavar="FILE", help="JSON, JSON lines, a query's answer or CSV; - for stdin"
    )
    check.add_argument(
        "--heads", action="append", default=[], metavar="FILE", help="ends of chains, as `heads` told them"
    )
    check.add_argument("--ledger", action="store_true", help="compare with the ends of chains in the ledger, too")
    check.add_argument("--in-order", action="store_true", help="the rows are in the order of arrival, and that counts")
    check.add_argument(
        "--whole", action="store_true", help="this is all there ever was: nothing may be missing before it"
    )
    check.add_argument("--json", action="store_true", help="one JSON object a line, for programs")
    commands.add_parser(
        "heads", help="the ends of all chains in the ledger, one JSON object a line: to be kept elsewhere"
    )
    return made


def _read(name: str) -> list[dict[str, Any]]:
    return _named(name, rows)


def _named(name: str, read: Callable[[bytes], list[Any]]) -> list[Any]:
    try:
        return read(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
    except OSError as error:
        raise _CannotTell(f"{name}: {error.strerror}") from error
    except Unreadable as error:
        raise _CannotTell(f"{name}: {error}") from error


def _of_ledger(ask: Ask) -> list[Head]:
    try:
        return asyncio.run(_asked(ask))
    except Mistakes as mistakes:
        raise _CannotTell(
            "\n  ".join(["the settings or the playbooks cannot work:", *map(str, mistakes.mistakes)])
        ) from mistakes
    except AzureError as error:
        raise _CannotTell(f"the ledger cannot be read: {error}") from error


async def _asked(ask: Ask) -> list[Head]:
    live = Live()
    try:
        return await ask(compose(os.environ, FOLDER, send=live.send, clock=SystemClock(), chance=SystemChance()))
    finally:
        await live.close()


if __name__ == "__main__":
    sys.exit(main())
