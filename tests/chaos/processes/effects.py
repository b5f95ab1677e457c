"""What really happened in the tenant, target by target, from the requests it accepted.

An effect is an accepted write that changed something:

- of a network interface: its security group is another one than before;
- of a person: every revocation, for each voids what began since the one before;
- of a secret: every new version, and a version that was enabled and is not any more.

An accepted write that says what is there already has no effect. It is counted apart.
"""

from __future__ import annotations

import re
from collections import Counter

from azsim.call import Call
from azsim.tenants import contoso
from azsim.world import World
from tests.chaos.processes.targets import TARGETS

_QUARANTINE = "nsg-riposte-quarantine"
_NIC = re.compile(r"/subscriptions/.+/networkInterfaces/([^/]+)", re.IGNORECASE)
_GROUP = re.compile(r"/subscriptions/.+/networkSecurityGroups/([^/]+)", re.IGNORECASE)
_USER = re.compile(r"/v1\.0/users/([^/]+)/revokeSignInSessions", re.IGNORECASE)
_SECRET = re.compile(r"/secrets/([^/]+)/?")
_VERSION = re.compile(r"/secrets/([^/]+)/([^/]+)/?")

QUARANTINED = "interface put into quarantine"
REVOKED = "sessions of a person revoked"
ROTATED = "new version of a secret"
RETIRED = "old version of a secret disabled"
GROUP = "quarantine group made"

REPEATED = "write that changed nothing"

_EFFECTS = (
    ("PUT", "management.azure.com", _NIC, QUARANTINED),
    ("PUT", "management.azure.com", _GROUP, GROUP),
    ("POST", "graph.microsoft.com", _USER, REVOKED),
    ("PUT", contoso.VAULT_HOST, _SECRET, ROTATED),
    ("PATCH", contoso.VAULT_HOST, _VERSION, RETIRED),
)

_ONCE = {
    "network.isolate_nic": (QUARANTINED,),
    "entra.revoke_user_sessions": (REVOKED,),
    "keyvault.rotate_secret": (ROTATED, RETIRED),
}
"""What must have happened to a target, once for all its events: they are about one moment, and the deed covers it."""

Effects = Counter[tuple[str, str]]
"""How often each thing happened to each target."""


def effects(world: World) -> Effects:
    """Everything that was done to the tenant, in order."""
    found: Effects = Counter()
    said: dict[str, str] = {}
    for call in world.calls:
        if call.status is None or call.status >= 300 or not _writes(call):
            continue
        what, target, state = _effect(call)
        if state and said.get(call.path.lower()) == state:
            what = REPEATED
        said[call.path.lower()] = state
        found[what, target] += 1
    return found


def doubled(found: Effects) -> list[str]:
    """What happened more than once, or was not asked for."""
    wanted = _wanted()
    wrong = []
    for (what, target), times in sorted(found.items()):
        if what != REPEATED and (what, target) not in wanted:
            wrong.append(f"not asked for: {what}: {target}")
        elif what != REPEATED and times > 1:
            wrong.append(f"{times} times: {what}: {target}")
    return wrong


def missing(found: Effects) -> list[str]:
    """What should have happened and did not."""
    return [f"not done: {what}: {target}" for what, target in sorted(_wanted() - set(found))]


def _wanted() -> set[tuple[str, str]]:
    group = (GROUP, f"{_QUARANTINE}-{contoso.LOCATION}")
    return {group, *((what, target.name) for target in TARGETS for what in _ONCE[target.responder])}


def _effect(call: Call) -> tuple[str, str, str]:
    """What an accepted write did, to what, and the state it set, if that can be set twice without effect."""
    for method, host, path, what in _EFFECTS:
        found = path.fullmatch(call.path)
        if method == call.method and host == call.host and found:
            if what is QUARANTINED:
                group = str((call.json()["properties"].get("networkSecurityGroup") or {}).get("id", "none")).lower()
                return (QUARANTINED if _QUARANTINE in group else "interface given another group", found[1], group)
            if what is RETIRED:
                enabled = call.json()["attributes"].get("enabled")
                return (RETIRED if enabled is False else "version of a secret changed", found[1], str(enabled))
            return (what, found[1], "")
    return ("another write", call.line, "")


def _writes(call: Call) -> bool:
    reads = ("/effectiveNetworkSecurityGroups", "/checkMemberGroups")
    asks = call.method == "POST" and call.path.endswith(reads)
    return call.method not in ("GET", "HEAD") and not asks and call.host != contoso.LOGS_HOST
