"""Fifty events a second, without an end: most ask for nothing, one in a hundred acts, some come again, some are broken.

Every event has an id of its own and the time at which it is sent. The targets take turns, so slowly that what was done to
one is undone, or over, before its turn comes again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from azsim.services.key_vault import Vaults
from azsim.tenants import contoso
from azsim.world import World
from tests import lab
from tests.chaos.processes.targets import MACHINES, PEOPLE, SECRETS, TARGETS, machine, upn

RATE = 50
"""Events a second."""

ROUND = 500
"""Events after which the mix repeats: one machine, one secret and four people are acted on in each."""

WATCHED, STOLEN = "VM_Watched", "Session_Stolen"
"""Kinds of alerts: of the first it is only said what would be done."""

_HOSTS, _PERSONS, _KEYS = TARGETS[:MACHINES], TARGETS[MACHINES : MACHINES + PEOPLE], TARGETS[-SECRETS:]
_RECORDED = re.compile(r"2026-03-02T08:\d\d:\d\d")
_NOW, _NAME = b"2026-03-02T08:00:00", b"93e4d0b7f215"


@dataclass(frozen=True, slots=True)
class Sent:
    """An event.

    Args:
        body: What is sent.
        target: The part of its target's id that nothing else has; empty if nothing is to be done because of it.
    """

    body: bytes
    target: str = ""


def traffic(world: World) -> Iterator[Sent]:
    """Events, each made when it is asked for: so it has the time, and names what there is by then."""
    turn, again = 0, Sent(b"")
    while True:
        for place in range(ROUND):
            make = _MAKERS.get(place)
            if place == _AGAIN:
                yield again
            elif place in _BROKEN and not turn % 4:
                yield Sent(b'{"records": [{"number": %d, ' % turn)
            elif make is not None:
                sent = make(world, turn, place)
                yield sent
                again = Sent(sent.body)
            elif place % 50 == _DRY:
                body = _filled(_alert("defender_vm_bruteforce", WATCHED), world, turn, place)
                yield Sent(_of_machine(body, (turn * 10 + place // 50) % MACHINES))
            else:
                yield Sent(_filled(_alert("defender_low_severity"), world, turn, place))
        turn += 1


def _attacked(world: World, turn: int, place: int) -> Sent:
    number = turn % MACHINES
    body = _filled(_alert("defender_vm_bruteforce"), world, turn, place)
    return Sent(_of_machine(body, number), _HOSTS[number].name)


def _incident(world: World, turn: int, place: int) -> Sent:
    """The alert about the machine once more, through another channel."""
    del place
    body = _filled(_text("sentinel_incident_vm"), world, turn, _ATTACKED)
    return Sent(_of_machine(body.replace(b"718293a4b5c6", b"%012d" % turn), turn % MACHINES))


def _stolen(world: World, turn: int, place: int) -> Sent:
    number = (turn * 4 + place // 100) % PEOPLE
    body = _filled(_alert("defender_vm_bruteforce", STOLEN), world, turn, place)
    return Sent(body.replace(b"adele.vance", upn(number).partition("@")[0].encode()), _PERSONS[number].name)


def _expiring(world: World, turn: int, place: int) -> Sent:
    name = _KEYS[turn % SECRETS].name
    newest = world.state(Vaults).versions(contoso.VAULT_HOST, name)[-1].id
    body = _filled(_text("keyvault_secret_near_expiry"), world, turn, place).replace(b"403f2e1d0c9b", b"%012d" % turn)
    body = body.replace(contoso.SECRET.encode(), name.encode())
    return Sent(body.replace(contoso.SECRET_VERSIONS[1].encode(), newest.encode()), name)


_ATTACKED, _AGAIN, _DRY, _BROKEN = 11, 451, 3, range(471, 475)
_MAKERS: dict[int, Callable[[World, int, int], Sent]] = {
    _ATTACKED: _attacked,
    61: _expiring,
    **dict.fromkeys((101, 201, 301, 401), _stolen),
    311: _incident,
}
"""What is sent at a place of a round."""


def _filled(template: bytes, world: World, turn: int, place: int) -> bytes:
    now = f"{world.clock.now():%Y-%m-%dT%H:%M:%S}".encode()
    return template.replace(_NOW, now).replace(_NAME, b"%08d%04d" % (turn, place))


def _of_machine(body: bytes, number: int) -> bytes:
    return body.replace(b"vm-web-01", machine(number).encode())


@cache
def _alert(name: str, kind: str = "") -> bytes:
    """A recorded alert of Defender for Cloud, perhaps of another kind: one that is watched, or one about a person."""
    alert = json.loads(_text(name))
    alert["SystemAlertId"] = f"2518110443559999999_5d3b9c1e-7f20-4b6a-a1c8-{_NAME.decode()}"
    fields: dict[str, dict[str, Any]] = {
        WATCHED: {"AlertType": WATCHED, "Severity": "Medium"},
        STOLEN: {
            "AlertType": STOLEN,
            "Entities": [{"Type": "account", "Name": "adele.vance", "UPNSuffix": "contoso.example"}],
            "CompromisedEntity": "",
            "AzureResourceId": "",
            "ResourceIdentifiers": [],
        },
    }
    return json.dumps(alert | fields.get(kind, {})).encode()


@cache
def _text(name: str) -> bytes:
    """A recording, in which all times are the same."""
    return _RECORDED.sub(_NOW.decode(), lab.recording(name).decode()).encode()
