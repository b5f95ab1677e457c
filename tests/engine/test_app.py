from __future__ import annotations

from pathlib import Path

import pytest

from azsim.tenants import contoso
from azsim.world import World
from shared.engine.app import STEP, App, compose
from shared.engine.sdk import in_our_words
from shared.kinds.responder import all_responders, permissions
from shared.model.cloud import CLOUDS
from shared.model.errors import Mistakes, Permanent
from shared.wire.dry_run import KeptBack
from shared.wire.journal import Exchange
from shared.wire.message import Request, Response
from tests import lab
from tests.engine.cases import ISOLATE, acting
from tests.lab import SeededChance

NIC = ("rg-shop", "nic-web-01")


def composed(folder: Path = lab.ROOT, **settings: str) -> App:
    world = World(tenant=contoso.TENANT)
    return compose(
        lab.environment(**settings), folder, send=lab.door(world), clock=world.clock, chance=SeededChance(world)
    )


def test_every_mistake_of_the_settings_is_told_at_once() -> None:
    with pytest.raises(Mistakes) as told:
        composed(RIPOSTE_LEDGER="http://x", RIPOSTE_CLOUD="Azure", RIPOSTE_MAX_TARGETS="many")

    assert [mistake.file for mistake in told.value.mistakes] == [
        "RIPOSTE_CLOUD",
        "RIPOSTE_LEDGER",
        "RIPOSTE_MAX_TARGETS",
    ]


def test_every_mistake_of_the_playbooks_is_told_at_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        tmp_path.joinpath(f"{name}.yaml").write_text(f"name: {name}\nmode: perhaps\n")

    with pytest.raises(Mistakes) as told:
        composed(RIPOSTE_PLAYBOOKS=str(tmp_path))

    assert {Path(mistake.file).name for mistake in told.value.mistakes} == {"one.yaml", "two.yaml"}


def test_a_folder_without_playbooks_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=str(tmp_path)):
        composed(RIPOSTE_PLAYBOOKS=str(tmp_path))


def test_putting_it_together_asks_nobody_anything() -> None:
    world = World(tenant=contoso.TENANT)

    compose(lab.environment(), lab.ROOT, send=lab.door(world), clock=world.clock, chance=SeededChance(world))

    assert world.calls == []


def test_two_instances_have_two_names() -> None:
    world = World(tenant=contoso.TENANT)
    chance = SeededChance(world)
    made = [
        compose(lab.environment(), lab.ROOT, send=lab.door(world), clock=world.clock, chance=chance) for _ in range(2)
    ]

    assert made[0].instance != made[1].instance


@pytest.mark.parametrize("name", CLOUDS)
async def test_each_cloud_is_asked_at_its_own_address_with_a_token_for_it(name: str) -> None:
    asked: list[Request] = []

    async def send(request: Request) -> Response:
        asked.append(request)
        if request.url.startswith("http://localhost"):
            body = b'{"access_token": "t", "expires_on": "1900000000", "resource": "x", "token_type": "Bearer"}'
            return Response(200, {"content-type": "application/json"}, body)
        return Response(404, {"content-type": "application/json"}, b'{"error": {"code": "NotFound"}}')

    world = World(tenant=contoso.TENANT)
    settings = lab.environment(RIPOSTE_CLOUD=name)
    app = compose(settings, lab.ROOT, send=send, clock=world.clock, chance=SeededChance(world))
    azure = app.azure(permissions(all_responders()[ISOLATE]), [])
    client = await azure.network("3c1f5a60-9d2b-4e7c-8a14-6f0b2d9e7a31")
    with pytest.raises(Exception, match="NotFound"):
        await client.network_interfaces.get(*NIC)

    token, request = asked
    assert request.url.startswith(f"{CLOUDS[name].resource_manager}/subscriptions/")
    host = CLOUDS[name].resource_manager.partition("//")[2]
    assert host in token.url


async def test_what_a_responder_does_not_declare_is_not_sent(tmp_path: Path) -> None:
    made = acting(tmp_path)
    azure = made.app.azure((), [])
    client = await azure.network(contoso.SUBSCRIPTION.rpartition("/")[2])

    with pytest.raises(Permanent, match="not sent"):
        await in_our_words(client.network_interfaces.get(*NIC))

    assert [call for call in made.world.calls if "management.azure" in call.host] == []


async def test_in_dry_run_reads_are_sent_and_writes_are_kept_back_and_both_written_down(tmp_path: Path) -> None:
    made = acting(tmp_path)
    journal: list[Exchange] = []
    kept: list[KeptBack] = []
    azure = made.app.azure(permissions(all_responders()[ISOLATE]), journal, kept.append)
    client = await azure.network(contoso.SUBSCRIPTION.rpartition("/")[2])
    before = made.tenant()

    nic = await client.network_interfaces.get(*NIC)
    await (await client.network_interfaces.begin_create_or_update(*NIC, nic)).result()

    assert [str(write).rpartition("/")[2] for write in kept] == ["nic-web-01"]
    assert {call.method for call in made.world.calls if "management.azure" in call.host} == {"GET"}
    assert "PUT" in [exchange.method for exchange in journal]
    assert made.tenant() == before


async def test_it_gives_up_when_the_time_is_over(tmp_path: Path) -> None:
    made = acting(tmp_path)
    azure = made.app.azure(permissions(all_responders()[ISOLATE]), [])
    client = await azure.network(contoso.SUBSCRIPTION.rpartition("/")[2])
    await made.app.clock.sleep(STEP.total_seconds())

    with pytest.raises(Exception, match="no time is left"):
        await in_our_words(client.network_interfaces.get(*NIC))
