"""What is in the log: whose work each line tells of, and neither a secret nor what somebody sent."""

from __future__ import annotations

import json
import logging
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from azsim.faults import Cut, Status
from azsim.services.key_vault import Vaults
from tests import lab
from tests.api.asking import ADELE, CONTAIN, CUT, LEDGER, ROTATE, acting, answered
from tests.lab import Lab
from tests.test_function_app_deliveries import NOWHERE

MARK = "Zq7-never-in-a-log"
INVOCATION: ContextVar[str] = ContextVar("invocation", default="none")
THEFT = "graph_alert_token_theft"


class Lines(logging.Handler):
    """Every line from INFO on, of every logger, with the invocation in whose task it was made."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        self.lines: list[str] = []
        self.whose: list[tuple[str, str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
        if record.name.partition(".")[0] in ("riposte", "shared", "responders"):
            self.whose.append((INVOCATION.get(), threading.current_thread().name, record.getMessage()))

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO)
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def marked(name: str) -> bytes:
    """A recording in which somebody has written something that is nobody else's business."""
    alert = json.loads(lab.recording(name))
    extended = {"ExtendedProperties": {"Command line": MARK}, "description": MARK, "additionalData": {"note": MARK}}
    return json.dumps({**alert, **extended}).encode()


def stored(made: Lab) -> set[str]:
    """Every secret that there is: in the vault, the tokens, the function key."""
    versions = made.world.state(Vaults).snapshot().values()
    secrets = {v["value"] for names in versions for each in names.values() for v in each}
    tokens = {call.headers["authorization"][7:] for call in made.world.calls if "authorization" in call.headers}
    return {*secrets, *tokens, *made.chance.secrets, made.host.key, lab.IDENTITY["IDENTITY_HEADER"]}


async def test_the_line_of_a_delivery_carries_the_trace_of_its_records(lines: Lines, tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))

    await made.deliver(THEFT, "defender_low_severity")
    await made.host.event_grid("events", json.loads(lab.recording("keyvault_secret_near_expiry"))[0])

    told = [line.rpartition("trace=")[2] for line in lines.lines if " riposte deliveries=" in line]
    assert told == list(dict.fromkeys(row["TraceParent"] for row in made.records))
    assert len(set(told)) == 2


async def test_every_line_is_made_in_the_task_of_its_invocation_for_all_others_are_dropped(
    lines: Lines, tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings=NOWHERE)
    made.world.faults.on("*", r"\.ingest\.monitor", Status(503, "ServiceUnavailable"), times=20)
    INVOCATION.set("this one")

    await made.deliver("defender_vm_bruteforce", THEFT)
    await made.host.event_hub("alerts", [b"{"])
    await answered(made, CUT, {"entities": [ADELE]})
    await made.host.timer("sweep")

    assert len(lines.whose) >= 5
    assert {(whose, thread) for whose, thread, _ in lines.whose} == {("this one", threading.main_thread().name)}


@pytest.mark.parametrize("fault", [None, Status(403, "AuthorizationFailed"), Status(500, "Internal"), Cut("after")])
async def test_what_somebody_sent_is_in_no_line_whatever_becomes_of_it(
    fault: Any, lines: Lines, tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path), settings=NOWHERE)
    if fault is not None:
        made.world.faults.on("*", LEDGER, fault, skip=6, times=9)
    broken = f'{{"AlertType": "{MARK}", "SystemAlertId": '.encode()
    bodies = [marked("defender_vm_bruteforce"), marked(THEFT), broken, MARK.encode(), json.dumps({"a": MARK}).encode()]

    await made.host.event_hub("alerts", bodies)
    await made.host.event_grid("events", {"eventType": "Microsoft.KeyVault.SecretNearExpiry", "data": MARK})
    for body in ({"event": json.loads(bodies[0])}, {"event": MARK}, {"entities": [{"kind": "account", "upn": MARK}]}):
        await answered(made, CONTAIN, body)
        await answered(made, CONTAIN, json.dumps(body).encode()[:-9])

    assert len(lines.lines) > 5
    assert [line for line in lines.lines if MARK in line] == []


@pytest.mark.parametrize("fault", [None, Status(401, "Unauthorized"), Status(403, "Forbidden"), Cut("after")])
async def test_no_secret_is_in_a_line_or_an_answer_whatever_becomes_of_it(
    fault: Any, lines: Lines, tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    if fault is not None:
        made.world.faults.on("*", "vault.azure|graph.microsoft", fault, skip=1, times=3)
    secret = "https://kv-contoso-shop.vault.azure.net/secrets/shop-api-key"
    events = [{"event": json.loads(lab.recording("keyvault_secret_near_expiry"))}, {"event": secret}]

    await made.host.event_grid("events", json.loads(lab.recording("keyvault_secret_near_expiry"))[0])
    answers = [await answered(made, ROTATE, body) for body in events]
    answers.append(await answered(made, CUT, {"entities": [ADELE]}))
    answers.append(await answered(made, "/api/health/ready", method="GET"))

    told = lines.text + "".join(answer.get_body().decode() for answer in answers)
    assert len(stored(made)) > 4
    assert [secret for secret in stored(made) if secret in told] == []
    assert not any("Traceback" in answer.get_body().decode() for answer in answers)
