"""What the tests of the API ask for, again and again."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import azure.functions as func
import msgspec

from azsim import arm
from azsim.services.graph import Directory
from azsim.tenants import contoso
from tests import lab
from tests.lab import Lab

CONTAIN = "/api/playbooks/contain_compromised_vm/runs"
CUT = "/api/playbooks/cut_stolen_session/runs"
ROTATE = "/api/playbooks/rotate_expiring_secret/runs"

ADELE = {"kind": "account", "upn": "adele.vance@contoso.example"}
ALEX = {"kind": "account", "upn": "alex.wilber@contoso.example"}
MACHINE = {"kind": "azure_resource", "resource_id": contoso.WEB_VM}

LEDGER = r"\.table\.core"
LOGS = r"\.ingest\.monitor"

ANALYST = "0f1e2d3c-4b5a-4697-8877-665544332211"


def acting(folder: Path) -> Path:
    """The playbooks as they are shipped, but switched to act."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in lab.PLAYBOOKS.glob("*.yaml"):
        (folder / file.name).write_text(file.read_text().replace("mode: dry_run", "mode: act"))
    return folder


def signed_in(*roles: str, object_id: str = ANALYST, name: str = "ann@contoso.example") -> str:
    """The header by which App Service names a person who has signed in."""
    claims = [("preferred_username", name), ("oid", object_id), *(("roles", role) for role in roles)]
    return principal(*claims)


def principal(*claims: tuple[str, str], **other: Any) -> str:
    """The header with these claims."""
    told = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims], **other}
    return base64.b64encode(json.dumps(told).encode()).decode()


async def answered(made: Lab, url: str, body: Any = None, *, method: str = "POST", **headers: str) -> func.HttpResponse:
    """A request with the function key, and its answer whole; a body of bytes is sent as it is."""
    content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    head = {"x-functions-key": made.host.key, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await made.host.http(method, url, headers=head, body=content)


def told(answer: func.HttpResponse) -> Any:
    """The body of an answer."""
    return msgspec.json.decode(answer.get_body())


def sessions(made: Lab) -> dict[str, str]:
    """Since when each user's sessions are valid."""
    users = made.world.state(Directory).users.values()
    return {user["userPrincipalName"]: user["signInSessionsValidFromDateTime"] for user in users}


def incident(made: Lab, body: Any) -> str:
    """Put an incident into the workspace, as an automation rule hands it on; its resource id."""
    properties = dict(body["object"]["properties"])
    hidden = {"alerts": properties.pop("alerts", []), "entities": properties.pop("relatedEntities", [])}
    place = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/{body['object']['name']}"
    arm.put(made.world, place, {"properties": properties}, hidden=hidden)
    return place
