"""Function apps to host, and hosts for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import azure.functions as func

from azsim.chance import Chance
from azsim.clock import Clock
from azsim.functions.host import FunctionsHost

HUB: dict[str, Any] = {"arg_name": "events", "connection": "HUB", "cardinality": func.Cardinality.MANY}
KEY = "azsim-function-key"


def host(app: func.FunctionApp, **options: Any) -> FunctionsHost:
    """A host of the app, in a world of its own."""
    return FunctionsHost(app, Clock(), Chance(), **options)


def with_route(call: Callable[..., Any], **trigger: Any) -> FunctionsHost:
    """A host of an app with one function for HTTP."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
    app.function_name("one")(app.route(**trigger)(call))
    return host(app)


def with_timer(call: Callable[..., Any], retry: dict[str, Any] | None = None, **options: Any) -> FunctionsHost:
    """A host of an app with one function for a timer."""
    app = func.FunctionApp()
    function: Any = app.timer_trigger(arg_name="timer", schedule="0 * * * * *")(call)
    if retry:
        function = app.retry(**retry)(function)
    app.function_name("one")(function)
    return host(app, **options)
