"""The shape of the tree: who may import whom, what is small, what is beside what."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import lab
from tests.lab import PLAYBOOKS, ROOT

PROGRAM = ["function_app.py", *(f"{name}/**/*.py" for name in ("shared", "responders"))]
OURS = [*PROGRAM, *(f"{name}/**/*.py" for name in ("azsim", "tests", "docs"))]
MOST_LINES = 250

CONTRACTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"

HEAVY = ("azure.mgmt", "azure.eventhub", "azure.data.tables", "azure.monitor", "azure.identity", "azure.keyvault")
MADE = """
import asyncio, json, sys
import function_app
listed = [function.get_function_name() for function in function_app.app.get_functions()]
indexed = sorted(sys.modules)
app = asyncio.run(function_app.live()())
print(json.dumps({"functions": listed, "indexed": indexed, "made": sorted(sys.modules)}))
"""

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
DRAWERS = {"random", "secrets"}
MAY_ASK = {"shared/wire/clock.py", "shared/wire/chance.py", "azsim/chance.py"}


def files(*patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(ROOT.glob(pattern))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imported(file: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def contracts(folder: Path) -> tuple[int, str]:
    """What the import contracts say of the tree in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", CONTRACTS], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_import_contracts_hold() -> None:
    code, told = contracts(ROOT)

    assert code == 0, told
    assert "0 broken" in told


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("shared/model/severity.py", "import shared.wire.clock"),
        ("shared/sources/key_vault.py", "import shared.engine.match"),
        ("responders/network/isolate_nic.py", "import shared.engine.match"),
        ("responders/network/isolate_nic.py", "import responders.keyvault.rotate_secret"),
        ("shared/engine/guard.py", "import aiohttp"),
        ("shared/engine/app.py", "import azsim.world"),
        ("shared/utils/__init__.py", "import json"),
    ],
)
def test_an_import_that_goes_up_sideways_or_around_the_seam_is_red(file: str, line: str, tmp_path: Path) -> None:
    for name in ("shared", "responders", "azsim"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    place = tmp_path / file
    place.parent.mkdir(exist_ok=True)
    place.write_text(f"{place.read_text() if place.exists() else ''}\n{line}\n")

    code, told = contracts(tmp_path)

    assert code == 1, told


def test_nobody_imports_the_function_app_but_tests() -> None:
    found = [name_of(file) for file in files(*OURS) if "function_app" in imported(file)]

    assert [name for name in found if not name.startswith("tests/")] == []
    assert "tests/lab.py" in found


def test_the_function_app_and_the_simulator_are_not_asked_for_by_what_is_deployed() -> None:
    deployed = [(name_of(file), name) for file in files(*PROGRAM) for name in imported(file)]

    assert [found for found in deployed if found[1].partition(".")[0] in ("azsim", "tests", "docs", "pytest")] == []


def test_every_responder_has_its_test_beside_its_path() -> None:
    responders = [file.relative_to(ROOT / "responders") for file in files("responders/*/*.py")]
    wanted = [path.with_name(f"test_{path.name}") for path in responders if path.name != "__init__.py"]

    assert len(wanted) >= 3
    assert [str(path) for path in wanted if not (ROOT / "tests" / "responders" / path).is_file()] == []


def test_every_source_has_its_test_beside_its_path() -> None:
    sources = [file.stem for file in files("shared/sources/*.py") if not file.stem.startswith("__")]

    assert len(sources) >= 4
    assert [name for name in sources if not (ROOT / "tests" / "sources" / f"test_{name}.py").is_file()] == []


def test_every_playbook_has_its_tests_at_its_bottom() -> None:
    texts = {file.name: file.read_text() for file in PLAYBOOKS.glob("*.yaml")}

    assert [name for name, text in texts.items() if "\ntests:\n" not in text] == []


def test_no_source_is_so_long_that_it_must_be_two_things() -> None:
    lines = {name_of(file): len(file.read_text().splitlines()) for file in files(*OURS)}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_neither_indexing_nor_starting_loads_an_sdk() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MADE],
        cwd=ROOT,
        env=lab.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert {"alerts", "events", "sweep"} < set(found["functions"])
    heavy = [name for name in found["made"] if name.startswith(HEAVY) or name.partition(".")[0] in ("msgraph", "kiota")]
    assert heavy == []
    light = {"shared", "shared.api", "shared.api.routes"}
    other = [name for name in found["indexed"] if name.partition(".")[0] in ("cel", "aiohttp", "msgspec", "shared")]
    assert set(other) <= light


def test_nobody_asks_the_machine_for_time_or_chance_but_the_clock_and_chance() -> None:
    assert {name_of(file) for file in files(*OURS) if asks_the_machine(file.read_text())} - MAY_ASK == {
        "tests/azure/storage.py"  # Azurite keeps real time
    }


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime as d\nd.now()",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import datetime\nx = datetime.utcnow",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "import uuid\nuuid.uuid4()",
        "from uuid import uuid4",
        "import random",
        "def f():\n    from random import choice",
        "import secrets",
        "import os\nos.urandom(3)",
    ],
)
def test_whoever_does_is_found(text: str) -> None:
    assert asks_the_machine(text)


@pytest.mark.parametrize(
    "text", ["clock.now()", "self._clock.now()", "import time\ntime.perf_counter()", "chance.id()"]
)
def test_whoever_asks_the_clock_is_not(text: str) -> None:
    assert not asks_the_machine(text)


def asks_the_machine(text: str) -> bool:
    """Whether a source asks the machine for the time or for chance."""
    nodes = list(ast.walk(ast.parse(text)))
    names: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        if isinstance(node, ast.Import) and DRAWERS & {alias.name for alias in node.names}:
            return True
        if isinstance(node, ast.ImportFrom):
            parts = {(node.module, alias.name) for alias in node.names}
            if node.module in DRAWERS or parts & {("time", "time"), ("uuid", "uuid4"), ("uuid", "uuid1")}:
                return True
    asked = {(_last(node.value, names), node.attr) for node in nodes if isinstance(node, ast.Attribute)}
    return bool(asked & (CLOCKS | {("uuid", "uuid4"), ("uuid", "uuid1"), ("os", "urandom")}))


def _last(node: ast.expr, names: dict[str, str]) -> str:
    """The last name of what an attribute is taken of, as its module calls it."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return names.get(node.id, node.id) if isinstance(node, ast.Name) else ""
