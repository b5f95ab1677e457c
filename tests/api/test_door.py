from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from azsim.faults import Status
from shared.api.answer import Answer, Problem, problem
from shared.api.door import through
from shared.engine.app import App
from shared.model.errors import Changed, Forbidden, Mistake, Mistakes, NotFound, RiposteError, Temporary, Uncertain
from shared.model.step import Actor
from tests import lab
from tests.api.asking import ALEX, CUT, LEDGER, acting, answered, told

NO_RUN = f"/api/runs/{'0' * 32}-{'0' * 12}"


async def asked(error: Exception | None, *, starts: bool = True) -> Answer:
    """The answer when the work, or the start, raises this."""
    made = lab.make()

    async def start() -> App:
        if error is not None and not starts:
            raise error
        return made.app

    async def work(_: App, actor: Actor) -> Answer:
        if error is not None:
            raise error
        return Answer(200, {"run": "one", "actor": actor.kind})

    return await through(start, {}, work, needs="operator")


@pytest.mark.parametrize(
    ("error", "status", "again"),
    [
        (Problem(problem(418, "A teapot")), 418, None),
        (Temporary("throttled", 429, retry_after=6.2), 503, "7"),
        (Temporary("throttled", 429, retry_after=0.0), 503, "30"),
        (Temporary("unavailable", 503), 503, "30"),
        (Changed("somebody else", 412), 503, "30"),
        (Uncertain("lost"), 503, "30"),
        (Forbidden("no role", 403), 503, None),
        (NotFound("TableNotFound", 404), 503, None),
        (RiposteError("something"), 500, None),
        (ValueError("something"), 500, None),
    ],
)
async def test_every_error_has_its_answer_and_says_when_to_ask_again_if_that_helps(
    error: Exception, status: int, again: str | None
) -> None:
    answer = await asked(error)

    assert (answer.status, answer.headers.get("Retry-After")) == (status, again)
    assert answer.body["status"] == status


async def test_every_mistake_of_settings_and_playbooks_is_told_when_nothing_can_start() -> None:
    answer = await asked(Mistakes([Mistake("b.yaml", "then[0]", "no"), Mistake("A", "", "is not set")]), starts=False)

    assert (answer.status, answer.body["errors"]) == (503, ["A: is not set", "b.yaml at then[0]: no"])


async def test_a_fault_of_ours_is_in_the_log_and_not_in_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    answer = await asked(KeyError("S3cr3t"))

    assert answer.body == {"title": "A fault", "status": 500, "detail": "The log has it, under this invocation's id."}
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert told.startswith("a request failed: KeyError at door.py:")
    assert "S3cr3t" not in told


async def test_each_request_leaves_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "shared.api")

    await asked(None)
    await asked(Problem(problem(404, "No")))

    assert [record.message for record in caplog.records] == ["status=200 run=one", "status=404 run="]


@pytest.mark.parametrize(
    ("method", "url", "body", "status"),
    [
        ("POST", "/api/playbooks/nobody/runs", {}, 404),
        ("POST", CUT, b"{", 400),
        ("POST", CUT, {"entities": [ALEX], "dry_run": False}, 409),
        ("POST", CUT, {"event": {"a": 1}}, 422),
        ("POST", CUT, b" " * 1_100_000, 413),
        ("GET", NO_RUN, None, 404),
        ("GET", "/api/runs/nonsense", None, 404),
        ("POST", f"{NO_RUN}/undo", None, 404),
    ],
)
async def test_errors_come_in_the_form_of_rfc_9457(method: str, url: str, body: Any, status: int) -> None:
    answer = await answered(lab.make(), url, body, method=method)

    assert_problem(answer, status)


@pytest.mark.parametrize(("code", "again"), [(403, None), (404, None), (429, "9"), (500, "30"), (503, "30")], ids=str)
async def test_without_a_ledger_nothing_is_done_and_the_answer_says_why(
    code: int, again: str | None, tmp_path: Path
) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.always("*", LEDGER, Status(code, "OutOfOrder", "Out of order.", 9 if code == 429 else None))
    before = made.tenant()

    for method, url, body in (
        ("POST", CUT, {"entities": [ALEX]}),
        ("GET", NO_RUN, None),
        ("POST", f"{NO_RUN}/undo", None),
    ):
        answer = await answered(made, url, body, method=method)
        assert_problem(answer, 503)
        assert answer.headers.get("Retry-After") == again
        assert "OutOfOrder" in told(answer)["detail"]
    assert (made.tenant(), made.records) == (before, [])


async def test_without_an_identity_nothing_is_done_either(tmp_path: Path) -> None:
    made = lab.make(playbooks=acting(tmp_path))
    made.world.faults.always("*", "/msi/token", Status(500, "IMDS", "Out of order."))

    assert_problem(await answered(made, CUT, {"entities": [ALEX]}), 503)
    assert {call.path for call in made.world.calls} == {"/msi/token"}


def assert_problem(answer: func.HttpResponse, status: int) -> None:
    """The answer has the form of RFC 9457, and nothing in it is for developers alone."""
    body = told(answer)
    assert (answer.status_code, body["status"], answer.mimetype) == (status, status, "application/problem+json")
    assert body["title"]
    assert body.keys() <= {"type", "title", "status", "detail", "instance", "errors"}
    text = json.dumps(body)
    assert not any(word in text for word in ("Traceback", 'File \\"', ".py", "0x7", "Bearer ", "azsim-identity-header"))
