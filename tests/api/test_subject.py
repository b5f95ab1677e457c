from __future__ import annotations

import json
from typing import Any

import pytest

from azsim.faults import Status
from azsim.tenants import contoso
from shared.azure.sentinel import READ
from tests import lab
from tests.api.asking import CONTAIN, CUT, ROTATE, answered, incident, told
from tests.engine.listed import incident as large
from tests.lab import ENGINE, Lab

NAME = "c0ffee11-2b3c-4d5e-8f60-718293a4b5c6"
RESOURCE = f"{contoso.WORKSPACE}/providers/Microsoft.SecurityInsights/incidents/{NAME}"
SENTINEL = "Microsoft.SecurityInsights"

EVENTS = {
    "defender_vm_bruteforce": CONTAIN,
    "graph_alert_device": CONTAIN,
    "graph_alert_token_theft": CUT,
    "keyvault_secret_expired_cloudevent": ROTATE,
    "keyvault_secret_near_expiry": ROTATE,
    "sentinel_incident_closed": CONTAIN,
    "sentinel_incident_session": CUT,
    "sentinel_incident_vm": CONTAIN,
}


def with_incident(**given: Any) -> Lab:
    made = lab.make(**given)
    incident(made, json.loads(lab.recording("sentinel_incident_vm")))
    return made


async def refused(made: Lab, body: Any) -> tuple[int, dict[str, Any]]:
    """How a request was answered that is about nothing; nothing was kept of it."""
    answer = await answered(made, CONTAIN, body)
    assert (made.records, made.ledger_rows()) == ([], [])
    return answer.status_code, told(answer)


@pytest.mark.parametrize("form", ["as it is", "as text", "in records", "in a list"])
@pytest.mark.parametrize(("name", "url"), EVENTS.items())
async def test_an_event_is_taken_as_any_source_sends_it(name: str, url: str, form: str) -> None:
    made = lab.make()
    event = json.loads(lab.recording(name))
    one = event[0] if isinstance(event, list) else event
    given = {"as it is": event, "as text": json.dumps(event), "in records": {"records": [one]}, "in a list": [one]}
    (wanted,), _ = made.app.sources.read(json.dumps(event).encode())

    answer = await answered(made, url, {"event": given[form]})

    assert answer.status_code == 202, told(answer)
    assert {(row["Decision"], row["EventId"], row["Door"]) for row in made.records} == {("dry_run", wanted.id, "http")}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "no source knows it; its fields: none at $"),
        ({"Marker": 1, "b": 2}, "no source knows it; its fields: b, marker at $"),
        ([1], "a record must be an object, not a number at $[0]"),
        ("", "empty at byte 0"),
        ("no JSON", "not JSON: invalid character at byte 4"),
    ],
)
async def test_an_event_that_nobody_can_read_is_refused_with_the_place(event: Any, reason: str) -> None:
    status, body = await refused(lab.make(), {"event": event})

    assert (status, body["title"], body["errors"]) == (422, "The event cannot be read", [reason])


@pytest.mark.parametrize("names", [[], ["defender_vm_bruteforce", "graph_alert_token_theft"]])
async def test_one_request_is_about_one_event(names: list[str]) -> None:
    events = [json.loads(lab.recording(name)) for name in names]

    status, body = await refused(lab.make(), {"event": events})

    assert (status, body["detail"]) == (422, f"It holds {len(names)} events; one is needed.")


@pytest.mark.parametrize("name", [NAME, NAME.upper(), f"{{{NAME}}}", RESOURCE, RESOURCE.lower(), RESOURCE[1:]])
async def test_an_incident_is_read_from_sentinel_by_its_name_or_its_resource_id(name: str) -> None:
    made = with_incident()

    answer = await answered(made, CONTAIN, {"incident": name})

    assert (answer.status_code, told(answer)["case"]) == (202, f"incident:sentinel:{NAME}")
    assert {row["Target"].rpartition("/")[2] for row in made.records} == {"nic-web-01", "nic-web-01-backend"}
    assert {row["EventTitle"] for row in made.records} == {"Successful brute force attack on vm-web-01"}


async def test_reading_an_incident_takes_one_permission() -> None:
    made = with_incident(granted=(*ENGINE, READ))

    await answered(made, CONTAIN, {"incident": NAME})

    calls = [call for call in made.world.calls if SENTINEL in call.path]
    assert {name for call in calls for name, _ in call.permissions} == {READ.name}
    assert [call.status for call in calls] == [200, 200, 200]


@pytest.mark.parametrize(
    ("name", "status", "title"),
    [
        ("4711", 400, "No incident id"),
        ("", 400, "No incident id"),
        ("../../incidents", 400, "No incident id"),
        (f"{RESOURCE}/comments/{NAME}", 400, "No incident id"),
        (contoso.WORKSPACE, 400, "No incident id"),
        (RESOURCE.replace("rg-riposte", "rg-other"), 422, "An incident of another workspace"),
        (RESOURCE.replace("law-contoso-soc", "law-contoso-soc-2"), 422, "An incident of another workspace"),
    ],
)
async def test_what_names_no_incident_of_ours_is_never_asked_for(name: str, status: int, title: str) -> None:
    made = with_incident()

    answered_with, body = await refused(made, {"incident": name})

    assert (answered_with, body["title"], made.world.calls) == (status, title, [])


async def test_an_incident_that_is_not_there_is_not_found() -> None:
    status, body = await refused(with_incident(), {"incident": NAME.replace("11", "99")})

    assert (status, body["title"]) == (404, "No such incident")


async def test_without_a_workspace_the_answer_names_the_setting() -> None:
    status, body = await refused(with_incident(settings={"RIPOSTE_SENTINEL_WORKSPACE": ""}), {"incident": NAME})

    assert (status, "RIPOSTE_SENTINEL_WORKSPACE" in body["detail"]) == (422, True)


async def test_without_the_permission_the_answer_names_it() -> None:
    status, body = await refused(with_incident(granted=ENGINE), {"incident": NAME})

    assert (status, READ.name.lower() in body["detail"].lower()) == (503, True)


async def test_a_permission_that_was_granted_since_is_seen() -> None:
    made = with_incident(granted=ENGINE)
    made.world.faults.on("GET", SENTINEL, Status(401, "ExpiredAuthenticationToken"))
    lab.grant(made.world, lab.all_permissions(made.app.responders.values()))

    assert (await answered(made, CONTAIN, {"incident": NAME})).status_code == 202


@pytest.mark.parametrize("fault", [Status(429, "TooManyRequests", retry_after=500), Status(503, "ServiceUnavailable")])
async def test_while_sentinel_is_down_the_answer_says_when_to_ask_again(fault: Status) -> None:
    made = with_incident()
    made.world.faults.always("*", SENTINEL, fault)

    answer = await answered(made, CONTAIN, {"incident": NAME})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == ("500" if fault.retry_after else "30")
    assert made.ledger_rows() == []


async def test_an_incident_that_is_given_with_50_entities_is_read_whole() -> None:
    made = lab.make()
    body = json.loads(large(made, others=60))

    answer = await answered(made, CONTAIN, {"event": body})

    assert answer.status_code == 202
    assert {row["Target"].rpartition("/")[2] for row in made.records} == {"nic-web-01", "nic-web-01-backend"}


async def test_an_incident_that_cannot_be_read_whole_is_refused_with_the_reason() -> None:
    made = lab.make(settings={"RIPOSTE_SENTINEL_WORKSPACE": ""})
    body = json.loads(large(made, others=60))

    answer = await answered(made, CONTAIN, {"event": body})

    assert (answer.status_code, told(answer)["title"]) == (422, "The incident cannot be read whole")
    assert "RIPOSTE_SENTINEL_WORKSPACE is not set" in told(answer)["detail"]
    assert made.records == []
