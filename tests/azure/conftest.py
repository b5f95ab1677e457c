from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.azure.azurite import Azurite, AzuriteError, running
from tests.azure.storage import Storage, on_azsim, on_azurite


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """One Azurite for all tests; each has tables and containers of its own."""
    try:
        with running(tmp_path_factory.mktemp("azurite")) as server:
            yield server
    except AzuriteError as error:
        pytest.exit(str(error), returncode=1)


ON_AZURITE = [
    pytest.mark.azurite,
    pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning"),  # aiohttp's advice for 1 MiB and more
]


@pytest.fixture(params=["azsim", pytest.param("azurite", marks=ON_AZURITE)])
async def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Storage]:
    """A storage account: the tests that ask for it are what azsim and Azurite have in common."""
    if request.param == "azsim":
        yield on_azsim()
        return
    server: Azurite = request.getfixturevalue("azurite")
    monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
    async with on_azurite(server) as account:
        yield account


@pytest.fixture
async def name(storage: Storage) -> str:
    """A new table's name."""
    return await storage.new_table()
