"""The managed identity endpoint that App Service and Functions give to their apps.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

from dataclasses import dataclass, field

from azsim.call import Call
from azsim.messages import Response, json_response
from azsim.problem import Problem
from azsim.service import Service

service = Service("localhost", "127.0.0.1", "identity.azsim")


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """An identity: its service principal's object id and its application (client) id."""

    object_id: str
    client_id: str


@dataclass(slots=True)
class Identities:
    """The app's identities by client id, and the secret header value that only the app knows."""

    header: str = "azsim-identity-header"
    by_client_id: dict[str, ManagedIdentity] = field(default_factory=dict)

    def snapshot(self) -> list[str]:
        """The client ids."""
        return sorted(self.by_client_id)


@service.route("GET", "/msi/token")
def token(call: Call) -> Response:
    """A token for `resource`, for the identity named by `client_id`."""
    identities = call.world.state(Identities)
    if call.headers.get("x-identity-header") != identities.header:
        raise Problem(401, "Unauthorized", "The X-IDENTITY-HEADER header does not hold the app's value.")
    if call.query.get("api-version") != "2019-08-01" or "resource" not in call.query:
        raise Problem(400, "BadRequest", "resource and api-version=2019-08-01 are required.")
    identity = identities.by_client_id.get(call.query.get("client_id", ""))
    if identity is None:
        raise Problem(400, "BadRequest", f"No user assigned identity with client_id {call.query.get('client_id')!r}.")
    resource = call.query["resource"]
    text, expires = call.world.tokens.issue(identity.object_id, identity.client_id, resource)
    return json_response(
        {
            "access_token": text,
            "expires_on": str(expires),
            "resource": resource,
            "token_type": "Bearer",
            "client_id": identity.client_id,
        }
    )
