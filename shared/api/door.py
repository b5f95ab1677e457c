"""The way of every HTTP request: know the caller, do what is asked, and answer whatever happens."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Mapping

from shared.api.answer import Answer, Problem, problem
from shared.api.caller import caller
from shared.api.health import broken
from shared.api.routes import Needs
from shared.engine.app import App
from shared.engine.fault import log_fault
from shared.model.errors import AzureError, Mistakes, Permanent
from shared.model.severity import Severity
from shared.model.step import Actor
from shared.wire.urgency import urgent

log = logging.getLogger(__name__)

AGAIN = 30.0
"""Seconds after which to ask again, where Azure does not say."""

Start = Callable[[], Awaitable[App]]
Work = Callable[[App, Actor], Awaitable[Answer]]


async def through(start: Start, headers: Mapping[str, str], work: Work, *, needs: Needs) -> Answer:
    """The answer to a request.

    Args:
        start: Gives the running app.
        headers: Of the request, names in lower case.
        work: Does what is asked, for this caller.
        needs: The role it takes.
    """
    answer = await _answer(start, headers, work, needs=needs)
    run = answer.body.get("run", "") if isinstance(answer.body, dict) else ""
    log.info("status=%d run=%s", answer.status, run)
    return answer


async def _answer(start: Start, headers: Mapping[str, str], work: Work, *, needs: Needs) -> Answer:
    try:
        app = await start()
        with urgent(Severity.HIGH):  # a person waits
            return await work(app, caller(headers, app.settings, needs=needs))
    except Problem as found:
        return found.answer
    except Mistakes as mistakes:
        return broken(mistakes)
    except AzureError as error:
        log.warning("a request could not be served: %s", error)
        return problem(503, "Not possible now", str(error), headers=_again(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is answered
        log_fault(log, "a request failed", error)
        return problem(500, "A fault", "The log has it, under this invocation's id.")


def _again(error: AzureError) -> dict[str, str]:
    """When to ask again; not, if it would not help."""
    if isinstance(error, Permanent):
        return {}
    return {"Retry-After": str(math.ceil(getattr(error, "retry_after", None) or AGAIN))}
