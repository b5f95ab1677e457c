"""What a function is given when its trigger fires, as the real worker gives it."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any, List  # noqa: UP035 - the worker does not know list[...]

import azure.functions as func
import pytest

from azsim.clock import START
from azsim.functions.host import FunctionsHost
from tests.azsim.functions.hosting import HUB, host, with_route, with_timer

EVENT = {"id": "1", "subject": "s", "eventType": "t", "data": {"a": 1}, "eventTime": "2026-03-02T09:00:00Z"}
EVENT |= {"dataVersion": "1", "topic": "x"}


def with_hub(seen: list[func.EventHubEvent], name: str = "alerts") -> FunctionsHost:
    app = func.FunctionApp()

    @app.function_name("one")
    @app.event_hub_message_trigger(event_hub_name=name, data_type=func.DataType.BINARY, **HUB)
    def one(events: List[func.EventHubEvent]) -> None:  # noqa: UP006
        seen.extend(events)

    return host(app, settings={"NAME": "alerts"})


async def test_a_batch_of_events_comes_as_it_was_sent() -> None:
    seen: list[func.EventHubEvent] = []
    bodies = [b'{"a": 1}', b"\x00\xff", b""]
    done = await with_hub(seen).event_hub("one", bodies, partition="3")
    assert done.error is None
    assert [event.get_body() for event in seen] == bodies
    assert [event.sequence_number for event in seen] == [0, 1, 2]
    assert {str(event.enqueued_time) for event in seen} == {"2026-03-02 09:00:00"}
    metadata: Any = seen[0].metadata
    assert metadata["PartitionContext"] == {
        "EventHubName": "alerts",
        "ConsumerGroup": "$Default",
        "PartitionId": "3",
    }


async def test_sequence_numbers_go_on_in_each_partition() -> None:
    seen: list[func.EventHubEvent] = []
    running = with_hub(seen)
    for partition, bodies in (("0", [b"a", b"b"]), ("1", [b"c"]), ("0", [b"d"])):
        await running.event_hub("one", bodies, partition)
    assert [(event.get_body(), event.sequence_number) for event in seen] == [
        (b"a", 0),
        (b"b", 1),
        (b"c", 0),
        (b"d", 2),
    ]


async def test_a_setting_in_a_binding_is_filled_in() -> None:
    seen: list[func.EventHubEvent] = []
    await with_hub(seen, "%NAME%").event_hub("one", [b"a"])
    metadata: Any = seen[0].metadata
    assert metadata["PartitionContext"]["EventHubName"] == "alerts"


async def test_a_setting_that_there_is_not_is_an_error() -> None:
    with pytest.raises(KeyError, match="OTHER"):
        await with_hub([], "%OTHER%").event_hub("one", [b"a"])


async def test_an_event_of_event_grid_comes_as_text_or_as_an_event() -> None:
    seen: list[Any] = []
    app = func.FunctionApp()

    @app.function_name("text")
    @app.event_grid_trigger(arg_name="event")
    def text(event: str) -> None:
        seen.append(event)

    @app.function_name("event")
    @app.event_grid_trigger(arg_name="event")
    def event(event: func.EventGridEvent) -> None:
        seen.append((event.id, event.subject, event.event_type, event.get_json(), event.event_time))

    running = host(app)
    await running.event_grid("text", {"specversion": "1.0", "type": "ü"})
    await running.event_grid("event", EVENT)
    assert seen == ['{"specversion": "1.0", "type": "\\u00fc"}', ("1", "s", "t", {"a": 1}, START)]


@pytest.mark.parametrize("late", [True, False])
async def test_a_timer_says_whether_it_is_late(late: bool) -> None:
    seen: list[bool] = []

    def tick(timer: func.TimerRequest) -> None:
        seen.append(timer.past_due)

    await with_timer(tick).timer("one", past_due=late)
    assert seen == [late]


async def test_a_function_that_asks_for_it_gets_its_context() -> None:
    seen: list[Any] = []

    def tick(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001
        seen.append(context)

    running = with_timer(tick)
    first, second = await running.timer("one"), await running.timer("one")
    assert [context.invocation_id for context in seen] == [first.id, second.id]
    assert first.id != second.id
    assert running.invocations == [first, second]
    assert {context.function_name for context in seen} == {"one"}
    version, trace, span, flags = seen[0].trace_context.trace_parent.split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
    assert seen[0].trace_context.trace_parent != seen[1].trace_context.trace_parent


async def test_a_function_may_wait_and_time_passes() -> None:
    clock: Any = None

    async def tick(timer: func.TimerRequest) -> str:  # noqa: ARG001
        await clock.sleep(60)
        return str(clock.now().astimezone(UTC) - START)

    running = with_timer(tick)
    clock = running._clock
    assert (await running.timer("one")).value == str(timedelta(seconds=60))


async def test_a_function_is_called_by_its_own_trigger_only() -> None:
    running = with_route(lambda req: func.HttpResponse(req.url), route="x")
    with pytest.raises(TypeError, match="one has a httpTrigger, not a timerTrigger"):
        await running.timer("one")
    with pytest.raises(KeyError):
        await running.timer("two")
