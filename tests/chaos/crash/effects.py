"""What is done to the tenant, one by one: each request that has changed it."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from azsim.arm import Arm
from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults
from azsim.world import World
from shared.wire.message import Request, Response, Send

_DRAWN = re.compile(r"\b[0-9a-f]{32}\b")
_OWN = re.compile(r"\.(table|blob)\.core\.|\.ingest\.monitor\.|^localhost")


class Effects:
    """Counts the requests that change the tenant; one that leaves it as it is, such as the same state again, is none.

    Args:
        world: The tenant.
    """

    def __init__(self, world: World) -> None:
        self.counted: Counter[str] = Counter()
        self._world = world

    def under(self, send: Send) -> Send:
        """The transport under which they are counted, for every instance."""

        async def send_and_count(request: Request) -> Response:
            url = urlsplit(request.url)
            if request.method == "GET" or _OWN.search(url.netloc):
                return await send(request)
            before = self._tenant()
            try:
                return await send(request)
            finally:
                if self._tenant() != before:
                    self.counted[f"{request.method} {url.netloc}{_DRAWN.sub('*', url.path)}"] += 1

        return send_and_count

    def _tenant(self) -> object:
        return self._world.snapshot(Arm, Directory, Vaults)
