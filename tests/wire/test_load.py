from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from shared.wire.load import load


async def test_a_module_is_imported_once_and_in_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_sdk.py").write_text("import threading\nthread = threading.current_thread()\n")
    monkeypatch.syspath_prepend(tmp_path)
    after: list[str] = []

    await load("slow_sdk", then=lambda: after.append("once"))
    await load("slow_sdk", then=lambda: after.append("twice"))

    assert sys.modules["slow_sdk"].thread is not threading.main_thread()
    assert after == ["once"]
    del sys.modules["slow_sdk"]
