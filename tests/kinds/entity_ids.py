"""Ids as entities carry them, and how an entity object is read."""

from __future__ import annotations

from typing import Any

from shared.kinds import entities
from shared.kinds.fields import Fields
from shared.model.entity import AnyEntity

GUID = "1b9f0e3c-4d52-47a6-8c1e-0a7b6d5c4e3f"
ZEROS = "00000000-0000-0000-0000-000000000000"
TENANT = "7d6f1a52-0c3e-4a8b-9f21-5be0c1d2e3f4"
SID = "S-1-5-21-1004336348-1177238915-682003330-1104"
VM = "/subscriptions/3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
DEVICE = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c"
SHA1 = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
ADELE = "adele.vance@contoso.example"


def read(kind: str, raw: Any) -> list[AnyEntity]:
    return [found for found in entities.read(kind, Fields(raw)) if found]
