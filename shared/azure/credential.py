"""The app's identity: tokens from its managed identity, through the same wire as everything else."""

from __future__ import annotations

import asyncio
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shared.wire.clock import Clock
from shared.wire.load import load
from shared.wire.message import Send
from shared.wire.scope import apart

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken

EARLY = 300
"""Seconds before its end at which a token is asked for anew."""


class Credential:
    """An `AsyncTokenCredential` over a managed identity. It keeps each token until shortly before its end.

    Args:
        send: The transport for token requests; never a recorded one, for the answers are secrets.
        clock: Tells when a token has ended.
        client_id: The user-assigned identity's client id.

    Attributes:
        era: How often the tokens have been forgotten.
    """

    def __init__(self, send: Send, clock: Clock, client_id: str) -> None:
        self._send = send
        self._clock = clock
        self._client_id = client_id
        self._tokens: dict[tuple[str, ...], AccessToken] = {}
        self.era = 0
        self._asking = asyncio.Lock()

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token for one scope.

        Raises:
            azure.core.exceptions.ClientAuthenticationError: If the identity endpoint gives none.
        """
        with apart("identity"):
            now = self._clock.now()
            kept = self._kept(scopes, now)
            if kept is not None:
                return kept
            async with self._asking:  # one task asks, the others take what it got
                kept = self._kept(scopes, now)
                if kept is None:
                    kept = self._tokens[scopes] = await self._ask(scopes)
                return kept

    def forget(self) -> None:
        """Drop every kept token: the next call asks for a new one.

        A token carries the roles of the moment it was issued, so a permission granted since shows only in a new one.
        """
        self._tokens.clear()
        self.era += 1

    async def close(self) -> None:
        """Nothing to close: the connections are not the credential's."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        pass

    def _kept(self, scopes: tuple[str, ...], now: datetime) -> AccessToken | None:
        token = self._tokens.get(scopes)
        if token is None or token.expires_on - EARLY <= now.timestamp():
            return None
        return token

    async def _ask(self, scopes: tuple[str, ...]) -> AccessToken:
        await load("azure.identity.aio")
        from azure.identity.aio import ManagedIdentityCredential

        from shared.wire.azure_core import AzureCoreTransport

        # A new one each time: it would keep tokens itself, by the machine's clock.
        transport = AzureCoreTransport(self._send, self._clock)
        identity = ManagedIdentityCredential(client_id=self._client_id, transport=transport, retry_total=0)
        token: AccessToken = await identity.get_token(*scopes)
        return token
