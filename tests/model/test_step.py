from __future__ import annotations

from msgspec.structs import replace

from shared.model.entity import Account, Other
from shared.model.step import Aim, Brief, Step

STEP = Step(
    key="1",
    run="2",
    order=0,
    playbook="contain",
    version="3",
    mode="dry_run",
    why=(),
    event=Brief(id="1", source="graph_alert", digest="4", case="alert:1"),
    aim=Aim(responder="entra.revoke_user_sessions", params={}, entity=Account(upn="adele.vance@contoso.example")),
)


def test_a_target_is_known_by_the_id_that_was_found() -> None:
    assert replace(STEP, target={"id": "user:1b9f0e3c"}).target_id == "user:1b9f0e3c"


def test_a_target_that_was_not_found_is_known_by_what_the_alert_calls_it() -> None:
    assert STEP.target_id == "entity:adele.vance@contoso.example"
    assert replace(STEP, aim=replace(STEP.aim, entity=Other())).target_id == "entity:"


def test_the_system_wants_it_unless_somebody_is_named() -> None:
    assert (STEP.actor.kind, STEP.actor.name, STEP.actor.id) == ("system", "", "")
