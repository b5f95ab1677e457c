"""Two thousand events: four hundred of them name the targets, each target twice; the others ask for nothing.

The second event of a target is the same body again, the same alert by another channel, or another alert: in turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from azsim.tenants import contoso
from shared.model.ids import content_digest
from tests import lab
from tests.chaos.processes.targets import TARGETS, Target, machine, sid, upn

EVENTS = 2000
BROKEN = 40
"""How many of them nobody can read."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event.

    Args:
        body: What is sent.
        target: What it asks to act on; None if it asks for nothing.
        readable: Whether it can be read.
    """

    body: bytes
    target: Target | None = None
    readable: bool = True


def traffic() -> list[Sent]:
    """All events, in an order that looks drawn and is the same in every run."""
    acting = [Sent(body, target) for target in TARGETS for body in _twice(target)]
    broken = [Sent(b'{"records": [{"number": %d, ' % number, readable=False) for number in range(BROKEN)]
    quiet = [Sent(_quiet(number)) for number in range(EVENTS - len(acting) - len(broken))]
    numbered = enumerate([*acting, *broken, *quiet])
    return [sent for _, sent in sorted(numbered, key=lambda one: content_digest(b"%d" % one[0]))]


def _twice(target: Target) -> tuple[bytes, bytes]:
    first, channel, again = {
        "network.isolate_nic": ("defender_vm_bruteforce", "sentinel_incident_vm", "defender_vm_bruteforce"),
        "entra.revoke_user_sessions": (
            "graph_alert_token_theft",
            "sentinel_incident_session",
            "graph_alert_token_theft",
        ),
        "keyvault.rotate_secret": (
            "keyvault_secret_near_expiry",
            "keyvault_secret_expired_cloudevent",
            "keyvault_secret_near_expiry",
        ),
    }[target.responder]
    body = _about(target, first)
    second = (body, _about(target, channel), _other(_about(target, again)))[target.number % 3]
    return body, second


_IDS = (
    "5d3b9c1e-7f20-4b6a-a1c8-",  # the alert of a machine, in Defender for Cloud and in Sentinel
    "c0ffee11-2b3c-4d5e-8f60-",  # its incident
    "d1e2f3a4-b5c6-4d7e-8f90-",
    "c0ffee33-2b3c-4d5e-8f60-",  # the incident of a person
    "e2f3a4b5-c6d7-4e8f-9a01-",
    "ca1f2e3d4c5b6a7988a7",  # the alert of a person, in Graph and in Sentinel
    "7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708",
    "9d8c7b6a-5948-4736-8251-",  # the events of a secret
    "0e9d8c7b-6a59-4847-9362-",
)
"""What the ids in the recordings begin with; the twelve digits after that are the target's."""


def _about(target: Target, recording: str) -> bytes:
    """A recording, about a target."""
    text = lab.recording(recording).decode()
    for name, own in (
        ("vm-web-01", machine(target.number)),
        (contoso.ADELE, target.name),
        ("adele.vance@contoso.example", upn(target.number)),
        ("adele.vance", upn(target.number).partition("@")[0]),
        ("Adele Vance", f"Person {target.number}"),
        ("S-1-12-1-465505852-1202081106-3424919180-1061452800", sid(target.number)),
        ('"2088"', f'"{2088 + target.number}"'),
        ("incidents/2088", f"incidents/{2088 + target.number}"),
        ("4711", str(5000 + target.number)),
        ("4713", str(6000 + target.number)),
        (contoso.SECRET, target.name),
    ):
        text = text.replace(name, own)
    for start in _IDS:
        text = _renumbered(text, start, target.number)
    return text.encode()


def _renumbered(text: str, start: str, number: int) -> str:
    head, *tails = text.split(start)
    return head + "".join(f"{start}{number:012d}{tail[12:]}" for tail in tails)


def _other(body: bytes) -> bytes:
    """The same about the same target, in an alert of its own; for a secret, about the version before the newest."""
    text = body.decode()
    for start in _IDS:
        text = text.replace(start, f"f{start[1:]}")
    text = text.replace('"incidentId": "2', '"incidentId": "9')
    return text.replace(contoso.SECRET_VERSIONS[1], contoso.SECRET_VERSIONS[0]).encode()


def _quiet(number: int) -> bytes:
    alert = json.loads(lab.recording("defender_low_severity"))
    return json.dumps(alert | {"SystemAlertId": f"2518110443559999998_{number}"}).encode()
