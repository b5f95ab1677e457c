"""Tokens: shared access signatures and JWTs.

The signature is that of "Authenticate access to Event Hubs resources using shared access signatures" in Microsoft's
documentation: HMAC-SHA256 over the escaped resource URI, a line feed, and the expiry in seconds since 1970.
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import unquote

from azsim.eventhubs.errors import AmqpError, Condition
from azsim.eventhubs.namespace import Namespace, path_of

KEY_NAME = "Root"
SAS_TYPE = "servicebus.windows.net:sastoken"
JWT_TYPE = "jwt"


def check(namespace: Namespace, *, token: str, kind: str, audience: str) -> str:
    """The path that `token` opens; everything below it is open too.

    Args:
        namespace: whose key and `authorize` decide.
        token: as it was put.
        kind: its type, one of the two above.
        audience: the URI of the entity it was put for.

    Raises:
        AmqpError: `amqp:unauthorized-access`, with Azure's word for what is wrong.
    """
    if kind == JWT_TYPE:
        if namespace.authorize is None or not namespace.authorize(token):
            raise _refused("InvalidToken: The token is not accepted.")
    elif kind == SAS_TYPE:
        _check_signature(token, audience, namespace)
    else:
        raise _refused(f"UnsupportedTokenType: {kind}")
    return path_of(audience)


def _refused(description: str) -> AmqpError:
    return AmqpError(Condition.UNAUTHORIZED_ACCESS, description)


def _check_signature(token: str, audience: str, namespace: Namespace) -> None:
    scheme, _, text = token.partition(" ")
    try:
        # Not parsed as a query: the resource is signed as it is escaped, and there is more than one way to escape.
        fields = dict(field.split("=", 1) for field in text.split("&"))
        resource, name, expiry = fields["sr"], unquote(fields["skn"]), fields["se"]
        signature = base64.b64decode(unquote(fields["sig"]), validate=True)
        expires = datetime.fromtimestamp(int(expiry), UTC)
    except (KeyError, ValueError, OverflowError, OSError) as problem:
        raise _refused("MalformedToken: The token is malformed.") from problem
    signed = hmac.new(namespace.key.encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
    if scheme != "SharedAccessSignature" or name != KEY_NAME or not hmac.compare_digest(signed, signature):
        raise _refused("InvalidSignature: The token has an invalid signature.")
    if expires <= namespace.now():
        raise _refused(f"ExpiredToken: The token is expired. Expiration time: '{expires:%Y-%m-%dT%H:%M:%SZ}'")
    if not covers(path_of(unquote(resource)), path_of(audience)):
        raise _refused(f"InvalidAudience: The token is not for '{audience}'.")


def covers(granted: str, path: str) -> bool:
    """Whether a grant for one path opens another: itself and what is below; the empty path is the namespace."""
    return granted in ("", path) or path.startswith(f"{granted}/")
