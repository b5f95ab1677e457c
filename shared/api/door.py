"""The way of every HTTP request: know the caller, do what is asked, and answer whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from shared.api.answer import Answer, Problem, problem
from shared.api.caller import caller
from shared.api.health import broken
from shared.engine.app import App
from shared.model.errors import AzureError, Mistakes
from shared.model.step import Actor

log = logging.getLogger(__name__)

Start = Callable[[], Awaitable[App]]
Work = Callable[[App, Actor], Awaitable[Answer]]


async def through(start: Start, headers: Mapping[str, str], work: Work, *, acts: bool) -> Answer:
    """The answer to a request.

    Args:
        start: Gives the running app.
        headers: Of the request, names in lower case.
        work: Does what is asked, for this caller.
        acts: Whether it is to change something, which takes the operator's role.
    """
    try:
        app = await start()
        return await work(app, caller(headers, app.settings, acts=acts))
    except Problem as found:
        return found.answer
    except Mistakes as mistakes:
        return broken(mistakes)
    except AzureError as error:
        log.warning("a request could not be served: %s", error)
        return problem(503, "Not possible now", str(error))
    except Exception:
        log.exception("a request failed")
        return problem(500, "A fault", "The log has it, under this invocation's id.")
