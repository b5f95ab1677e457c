"""Apps that the real worker would not index: one bad function, and none runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, List  # noqa: UP035 - the worker does not know list[...]

import azure.functions as func
import pytest

from azsim.functions.host import FunctionsHost, IndexingError
from tests.azsim.functions.hosting import HUB, host, with_route


def new_list(events: list[func.EventHubEvent]) -> None: ...
def old_list(events: List[func.EventHubEvent]) -> None: ...  # noqa: UP006
def number(events: int) -> None: ...
def either(events: func.EventHubEvent | None) -> None: ...
def octets(events: bytes) -> None: ...
def anything(events) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001


def indexed(call: Callable[..., Any]) -> FunctionsHost:
    app = func.FunctionApp()
    app.function_name("one")(app.event_hub_message_trigger(event_hub_name="alerts", **HUB)(call))
    return host(app)


@pytest.mark.parametrize("call", [old_list, octets, anything])
def test_what_the_worker_knows_is_indexed(call: Callable[..., Any]) -> None:
    assert list(indexed(call).functions) == ["one"]


def test_a_list_as_python_spells_it_today_is_not_indexed() -> None:
    with pytest.raises(IndexingError, match=r"one: the worker does not know list\[.*use typing.List"):
        indexed(new_list)


@pytest.mark.parametrize("call", [number, either])
def test_what_the_trigger_does_not_give_is_not_indexed(call: Callable[..., Any]) -> None:
    with pytest.raises(IndexingError, match="one: eventHubTrigger does not give"):
        indexed(call)


def test_what_is_no_class_is_not_indexed() -> None:
    def perhaps(req: func.HttpRequest | None) -> None: ...

    with pytest.raises(IndexingError, match="one: httpTrigger does not give"):
        with_route(perhaps)
