"""Two hundred targets in Contoso: machines with an interface each, people, and secrets."""

from __future__ import annotations

from dataclasses import dataclass

from azsim.services.graph import Directory
from azsim.services.key_vault import Vaults, Version
from azsim.tenants import contoso
from azsim.world import World

MACHINES, PEOPLE, SECRETS = 80, 60, 60


@dataclass(frozen=True, slots=True)
class Target:
    """Something to act on.

    Args:
        responder: What acts on it.
        number: Among those of its kind.
        name: A part of its id that nothing else has: the name of an interface or secret, the object id of a person.
    """

    responder: str
    number: int
    name: str


def machine(number: int) -> str:
    """A machine's name."""
    return f"vm-shop-{number:03d}"


def upn(number: int) -> str:
    """A person's UPN."""
    return f"person.{number:03d}@contoso.example"


def sid(number: int) -> str:
    """A person's security identifier."""
    return f"S-1-12-1-465505852-1202081106-3424919180-{1061453000 + number}"


TARGETS = (
    *(Target("network.isolate_nic", number, f"nic-shop-{number:03d}") for number in range(MACHINES)),
    *(
        Target("entra.revoke_user_sessions", number, f"1b9f0e3c-4d52-47a6-9000-{number:012d}")
        for number in range(PEOPLE)
    ),
    *(Target("keyvault.rotate_secret", number, f"shop-{number:03d}-api-key") for number in range(SECRETS)),
)


def build(world: World) -> None:
    """Put the targets into Contoso."""
    for target in TARGETS:
        {
            "network.isolate_nic": _machine,
            "entra.revoke_user_sessions": _person,
            "keyvault.rotate_secret": _secret,
        }[target.responder](world, target)


def _machine(world: World, target: Target) -> None:
    address = contoso._ip_configuration(f"10.20.1.{target.number + 20}")
    contoso._nic(world, target.name, address, f"{contoso.NETWORK}/networkSecurityGroups/nsg-web", primary=True)
    vm = contoso.WEB_VM.replace("vm-web-01", machine(target.number))
    contoso._machine(world, vm, [target.name], {"app": "shop"})


def _person(world: World, target: Target) -> None:
    world.state(Directory).add(
        {
            "id": target.name,
            "displayName": f"Person {target.number}",
            "userPrincipalName": upn(target.number),
            "mail": upn(target.number),
            "userType": "Member",
            "accountEnabled": True,
            "onPremisesSyncEnabled": None,
            "securityIdentifier": sid(target.number),
            "signInSessionsValidFromDateTime": "2026-01-15T08:00:00Z",
        }
    )


def _secret(world: World, target: Target) -> None:
    vaults = world.state(Vaults)
    for old in vaults.versions(contoso.VAULT_HOST, contoso.SECRET):
        copy = Version(old.id, f"pw-{world.chance.hex(24)}", old.content_type, dict(old.tags), dict(old.attributes))
        vaults.add(contoso.VAULT_HOST, target.name, copy)
