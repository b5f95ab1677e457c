from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import pytest

from azsim.clock import SimulatedLoop
from tests import lab


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_time: uses sockets or processes, so waiting takes time")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have counted, such as the points at which an instance was killed."""
    counted = Counter[str]()
    for report in terminalreporter.stats.get("passed", []):
        counted.update({name: value for name, value in report.user_properties if isinstance(value, int)})
    for name, number in sorted(counted.items()):
        terminalreporter.write_line(f"{name}: {number:,}")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Waiting takes no time, but for tests that use sockets."""
    del config
    if item.get_closest_marker("real_time"):
        return {"real": asyncio.new_event_loop}
    return {"simulated": SimulatedLoop}


@pytest.fixture(autouse=True)
def identity_endpoint() -> Iterator[None]:
    """App Service tells an app by its environment where its managed identity is to be had."""
    before = dict(os.environ)
    os.environ |= lab.IDENTITY
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def key_vault_challenges() -> None:
    """The SDK remembers a vault's challenge for the whole process; every test begins without."""
    from azure.keyvault.secrets._shared import http_challenge_cache

    http_challenge_cache.clear()
