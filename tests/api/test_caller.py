from __future__ import annotations

import base64
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from shared.api.answer import Problem
from shared.api.caller import caller
from shared.api.routes import Needs
from shared.model.settings import Settings, read
from shared.model.step import Actor
from tests import lab
from tests.api.asking import ADELE, ANALYST, CUT, acting, answered, principal, sessions, signed_in, told

OPERATOR = "Riposte.Operator"
EASY = {"RIPOSTE_EASY_AUTH": "true"}
OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"


def settings(**other: str) -> Settings:
    return read(lab.environment(**EASY, **other))


def turned_away(header: str | None, *, needs: Needs = "") -> dict[str, Any]:
    """The answer's body to a caller who is not let in."""
    headers = {} if header is None else {"x-ms-client-principal": header}
    with pytest.raises(Problem) as raised:
        caller(headers, settings(), needs=needs)
    if raised.value.answer.status == 401:
        assert raised.value.answer.headers["WWW-Authenticate"] == "Bearer"
    body: dict[str, Any] = raised.value.answer.body
    return body


@pytest.mark.parametrize("header", [None, "", "nonsense", signed_in(OPERATOR, name="ceo@contoso.example")])
def test_without_easy_auth_nobody_is_believed_to_be_anybody(header: str | None) -> None:
    headers = {} if header is None else {"x-ms-client-principal": header, "x-ms-client-principal-name": "ceo"}

    assert caller(headers, read(lab.environment()), needs="operator") == Actor("function_key")


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ([("preferred_username", "ann@contoso.example"), ("oid", ANALYST)], "ann@contoso.example"),
        ([(UPN, "ann@contoso.example"), (OBJECT_ID, ANALYST)], "ann@contoso.example"),
        ([("upn", "ann@contoso.example"), ("name", "Ann"), ("oid", ANALYST)], "ann@contoso.example"),
        ([("name", "Ann"), ("oid", ANALYST.upper())], "Ann"),
        (
            [("appid", "11111111-2222-4333-8444-555555555555"), (OBJECT_ID, ANALYST)],
            "11111111-2222-4333-8444-555555555555",
        ),
        ([("azp", "11111111-2222-4333-8444-555555555555"), ("oid", ANALYST)], "11111111-2222-4333-8444-555555555555"),
        ([("oid", ANALYST)], ""),
    ],
    ids=["v2", "v1", "both", "name", "app v1", "app v2", "nameless"],
)
def test_behind_easy_auth_people_and_programs_are_named_by_their_claims(
    claims: list[tuple[str, str]], name: str
) -> None:
    headers = {"x-ms-client-principal": principal(*claims)}

    assert caller(headers, settings(), needs="") == Actor("user", name, ANALYST)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "no base64!",
        "é",
        base64.b64encode(b"no JSON").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 6000).decode(),
        base64.b64encode(b'["a list"]').decode(),
        base64.b64encode(b"{}").decode(),
        base64.b64encode(json.dumps({"claims": "none"}).encode()).decode(),
        base64.b64encode(json.dumps({"claims": [1, None, {"typ": "oid"}]}).encode()).decode(),
        principal(("name", "Ann")),
        principal(("oid", "not a GUID")),
        principal(("oid", "00000000-0000-0000-0000-000000000000")),
    ],
)
def test_who_has_not_signed_in_is_turned_away(header: str | None, caplog: pytest.LogCaptureFixture) -> None:
    assert turned_away(header)["status"] == 401
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize(
    "header",
    [
        signed_in(OPERATOR),
        signed_in("Riposte.Reader", OPERATOR, "Other"),
        principal(("oid", ANALYST), (ROLE, OPERATOR)),
        principal(("oid", ANALYST), ("my-roles", OPERATOR), role_typ="my-roles"),
    ],
)
def test_the_operators_role_lets_act_whatever_the_claim_is_called(header: str) -> None:
    assert caller({"x-ms-client-principal": header}, settings(), needs="operator").id == ANALYST


@pytest.mark.parametrize(
    "header",
    [
        signed_in(),
        signed_in("Riposte.Reader"),
        signed_in("riposte.operator.not"),
        principal(("oid", ANALYST), ("groups", OPERATOR), role_typ="roles"),
    ],
)
def test_without_the_role_one_may_look_but_not_act_and_the_log_says_who_tried(
    header: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert caller({"x-ms-client-principal": header}, settings(), needs="").id == ANALYST

    body = turned_away(header, needs="operator")

    assert (body["status"], OPERATOR in body["detail"]) == (403, True)
    (record,) = caplog.records
    assert (record.levelno, ANALYST in record.message, OPERATOR in record.message) == (logging.WARNING, True, True)
    assert header not in caplog.text


def test_the_role_may_have_another_name() -> None:
    own = settings(RIPOSTE_OPERATOR_ROLE="Soc.Tier2")

    assert caller({"x-ms-client-principal": signed_in("Soc.Tier2")}, own, needs="operator").id == ANALYST
    with pytest.raises(Problem):
        caller({"x-ms-client-principal": signed_in(OPERATOR)}, own, needs="operator")


async def test_who_asked_is_in_every_record_and_nobody_else_is(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings=EASY)

    run = told(await answered(made, CUT, {"entities": [ADELE]}, x_ms_client_principal=signed_in(OPERATOR)))["run"]

    named = {(row["RunId"], row["ActorKind"], row["ActorName"], row["ActorId"]) for row in made.records}
    assert named == {(run, "user", "ann@contoso.example", ANALYST)}


async def test_a_name_that_somebody_sends_along_is_in_no_record(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    await answered(
        made, CUT, {"entities": [ADELE]}, x_ms_client_principal=signed_in(OPERATOR, name="ceo@contoso.example")
    )

    assert {row["ActorKind"] for row in made.records} == {"function_key"}
    assert not any("ActorName" in row or "ActorId" in row or "ceo@" in json.dumps(row) for row in made.records)


@pytest.mark.parametrize(("roles", "status"), [([], 403), (["Riposte.Reader"], 403), (None, 401)])
async def test_who_may_not_act_changes_nothing(roles: list[str] | None, status: int, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings=EASY)
    before = sessions(made)
    head = {} if roles is None else {"x_ms_client_principal": signed_in(*roles)}

    for url, body in ((CUT, {"entities": [ADELE]}), (f"/api/runs/{'0' * 32}-{'0' * 12}/undo", None)):
        answer = await answered(made, url, body, **head)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (sessions(made), made.world.calls, made.records) == (before, [], [])
    listed = await answered(made, "/api/playbooks", method="GET", **head)
    assert listed.status_code == (401 if roles is None else 200)
