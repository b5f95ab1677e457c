from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.azure.clients import Azure
from shared.engine.resolve import resolve
from shared.model.entity import Account, AnyEntity, AzureResource, Ip
from shared.model.errors import Forbidden, Refused, Temporary
from shared.model.step import Aim
from shared.wire.journal import Exchange
from tests.engine.cases import ISOLATE, NICS, REVOKE, acting
from tests.lab import Lab

MACHINE = AzureResource(resource_id=contoso.WEB_VM)


async def resolved(made: Lab, entity: AnyEntity, name: str = ISOLATE) -> tuple[list[str], list[Exchange]]:
    journal: list[Exchange] = []
    aim = Aim(responder=name, params={}, entity=entity)
    targets = await resolve(aim, made.app.responders[name], made.app, journal)
    return [target.id for target in targets], journal


async def test_the_targets_are_found_in_azure_and_every_request_is_written_down(tmp_path: Path) -> None:
    made = acting(tmp_path)

    targets, journal = await resolved(made, MACHINE)

    assert targets == NICS
    assert len(journal) == len([call for call in made.world.calls if "management.azure" in call.host])


@pytest.mark.parametrize(
    ("entity", "name", "told"),
    [
        (AzureResource(resource_id=contoso.WEB_VM + "-gone"), ISOLATE, "is not there"),
        (Account(upn="nobody@contoso.example"), REVOKE, "nobody@contoso.example"),
        (Ip(address="203.0.113.9"), ISOLATE, "not known as a machine"),
    ],
    ids=["machine", "account", "address"],
)
async def test_what_is_not_there_is_refused(entity: AnyEntity, name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=told):
        await resolved(acting(tmp_path), entity, name)


async def test_an_entity_that_stands_for_nothing_is_refused(tmp_path: Path) -> None:
    async def none(_entity: AnyEntity, _azure: Azure) -> tuple[()]:
        return ()

    made = acting(tmp_path)
    isolate = made.app.responders[ISOLATE]
    made.app.responders[ISOLATE] = changed(isolate, target=changed(isolate.target, resolve=none))

    with pytest.raises(Refused, match=f"vm-web-01 stands for nothing that {ISOLATE} acts on"):
        await resolved(made, MACHINE)


async def test_a_permission_that_was_just_granted_counts_at_once(tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.on("GET", "virtualMachines", Status(403, "AuthorizationFailed"))

    targets, _ = await resolved(made, MACHINE)

    assert targets == NICS
    assert len([call for call in made.world.calls if call.path.endswith("/token")]) == 2


@pytest.mark.parametrize(("status", "error"), [(403, Forbidden), (500, Temporary)])
async def test_what_azure_does_not_tell_is_an_error(status: int, error: type[Exception], tmp_path: Path) -> None:
    made = acting(tmp_path)
    made.world.faults.always("GET", "virtualMachines", Status(status, "Told"))

    with pytest.raises(error):
        await resolved(made, MACHINE)
