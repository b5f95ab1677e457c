"""Access tokens: JSON Web Tokens that only the world that issued them accepts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azsim.chance import Chance
    from azsim.clock import Clock

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the claims of a token that has been checked."""

    object_id: str
    app_id: str
    tenant: str
    audience: str


class Tokens:
    """Issues and checks tokens."""

    def __init__(self, clock: Clock, chance: Chance, tenant: str) -> None:
        self._clock = clock
        self._key = chance.hex(64).encode()
        self._tenant = tenant
        self._known: dict[str, tuple[Principal, int]] = {}
        self._generation = 0

    def issue(self, object_id: str, app_id: str, audience: str) -> tuple[str, int]:
        """A token for `audience` and the time it expires at, in seconds since 1970."""
        now = int(self._clock.now().timestamp())
        expires = now + int(LIFETIME.total_seconds())
        issuer = f"https://sts.windows.net/{self._tenant}/"
        claims = {"aud": audience, "iss": issuer, "iat": now, "nbf": now, "exp": expires}
        claims |= {"oid": object_id, "appid": app_id, "tid": self._tenant}
        signed = f"{_part({'typ': 'JWT', 'alg': 'HS256'})}.{_part(claims)}"
        return f"{signed}.{self._sign(signed)}", expires

    def check(self, token: str) -> Principal | None:
        """The caller, or None if the token is not ours, altered or expired."""
        known = self._known.get(token)
        if known is None:
            signed, _, signature = token.rpartition(".")
            if not token.isascii() or not hmac.compare_digest(signature, self._sign(signed)):
                return None
            claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
            principal = Principal(claims["oid"], claims["appid"], claims["tid"], claims["aud"].rstrip("/"))
            known = self._known[token] = (principal, claims["exp"])
        principal, expires = known
        return principal if expires > self._clock.now().timestamp() else None

    def end_all(self) -> None:
        """No token issued so far is good any more, as when its life is over."""
        self._generation += 1
        self._known.clear()

    def _sign(self, text: str) -> str:
        digest = hmac.new(self._key, f"{self._generation}.{text}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()
