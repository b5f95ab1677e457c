"""Some minutes of what `python -m tests.chaos soak` does for an hour, and what it judges by."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.soak.meter import ENDS, Sample
from tests.chaos.soak.stage import Plan, soak
from tests.chaos.soak.verdict import rows, verdict

FEW_MINUTES = Plan(minutes=8, every=1, rate=8, retention=timedelta(minutes=1), expires="1m", grace="1m")
SETTLED = 4

FLAT = [
    Sample(
        minute=minute,
        events=15_000,
        acts=180,
        rows=Counter(step=300, same=400),
        blocks=1_000_000,
        megabytes=200.0,
        cpu=18.0,
        latency=(0.2, 0.24),
    )
    for minute in range(5, 65, 5)
]


def test_what_is_over_leaves_the_ledger_as_fast_as_more_comes() -> None:
    meter, hub = soak(FEW_MINUTES, lambda _: None)

    settling, after = meter.samples[:SETTLED], meter.samples[SETTLED:]
    most = max(rows(sample) for sample in settling)
    assert max(rows(sample) for sample in after) < 1.3 * most
    assert all(sample.acts for sample in after)
    ends = [meter.decisions[end] for end in ENDS]
    assert all(ends)
    assert sum(ends) == meter.decisions["intent"]
    assert {"no_match", "dry_run"} <= set(meter.decisions)
    assert meter.decisions["dead_letter"] == hub.letters > 0
    assert all(latency < 1 for sample in meter.samples for latency in sample.latency)


def test_hours_that_are_all_alike_are_as_promised() -> None:
    assert verdict(FLAT, 25) == []


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("rows of the ledger", {"rows": Counter(step=700, finished=200)}),
        ("blocks of memory", {"blocks": 1_010_000}),
        ("memory", {"megabytes": 210.0}),
        ("processor time of an event", {"cpu": 30.0}),
        ("time to the first act", {"latency": (0.5,)}),
    ],
)
def test_what_grows_is_named(what: str, change: dict[str, Any]) -> None:
    wrong = verdict([*FLAT[:8], *(replace(sample, **change) for sample in FLAT[8:])], 25)
    assert wrong
    assert {text.partition(":")[0] for text in wrong} == {what}


def test_one_odd_sample_is_not_growth() -> None:
    odd = replace(FLAT[10], blocks=1_100_000, cpu=60.0)
    assert verdict([*FLAT[:10], odd, FLAT[11]], 25) == []


def test_an_hour_in_which_nothing_was_done_proves_nothing() -> None:
    assert verdict([replace(sample, latency=()) for sample in FLAT], 25) == ["there is too little to judge by"]
    assert verdict(FLAT[:5], 25) == ["there is too little to judge by"]
