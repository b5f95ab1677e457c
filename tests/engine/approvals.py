"""Requests for approval, and the answers to them, as the tests give them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.api.asking import signed_in
from tests.engine.cases import ISOLATE, acting
from tests.lab import Lab

SIGNED_IN = {"RIPOSTE_EASY_AUTH": "true"}
BOB = {"x_ms_client_principal": signed_in("Riposte.Approver", object_id="1" * 8 + "-2222-3333-4444-" + "5" * 12)}
ANN = {"x_ms_client_principal": signed_in("Riposte.Approver", "Riposte.Operator")}
YES = {"decision": "approve", "reason": "it is an attack"}
NO = {"decision": "deny", "reason": "it is a test"}


def asking(folder: Path, *names: str, approval: str = "required", **given: Any) -> Lab:
    options = {"approval": approval, **given.pop("options", {})}
    return acting(folder, *(names or [ISOLATE]), options=options, settings=SIGNED_IN, **given)


async def requests(made: Lab) -> list[dict[str, Any]]:
    status, body = await made.get("/api/approvals", **BOB)
    assert status == 200, body
    found: list[dict[str, Any]] = body["approvals"]
    return sorted(found, key=lambda request: str(request["plan"]["target"]["name"]))


async def answered(made: Lab, request: dict[str, Any], reply: dict[str, Any], **who: str) -> tuple[int, Any]:
    return await made.post(f"/api/approvals/{request['approval']}", reply, **(who or BOB))
