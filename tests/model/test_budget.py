from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.budget import MOST, Allowed, Limit, Spend, Spent, limits_of, over, read_budgets, share

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def limit(text: str) -> Limit:
    (found,) = read_budgets(f"*={text}")["*"]
    return found


def spent(*ages: int, of: str = "") -> Spent:
    """As many targets as ages in minutes."""
    return Spent(
        tuple(Spend(int(NOON.timestamp()) - age * 60, f"target-{number}", of) for number, age in enumerate(ages))
    )


def test_a_setting_is_read_as_it_is_written() -> None:
    budgets = read_budgets(" *=30/1h, 10%/1h ; network.isolate_nic = 20/15m;keyvault.rotate_secret=none; ")

    assert {name: list(map(str, limits)) for name, limits in budgets.items()} == {
        "*": ["30/1h", "10%/1h"],
        "network.isolate_nic": ["20/15m"],
        "keyvault.rotate_secret": [],
    }
    assert limits_of(budgets, "network.isolate_nic") == (Limit("20/15m", 20, False, timedelta(minutes=15)),)
    assert limits_of(budgets, "entra.revoke_user_sessions") == budgets["*"]
    assert limits_of(budgets, "keyvault.rotate_secret") == ()
    assert read_budgets("none") == {"*": ()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("network.isolate_nic=20/1h", "must say what holds for every other responder"),
        ("*=", "'' must be a number of targets in a time"),
        ("*=30", "'30' must be a number"),
        ("*=0/1h", "'0/1h' must be a number"),
        ("*=-1/1h", "must be a number"),
        ("*=30/1w", "must be a number"),
        ("*=101%/1h", "'101%/1h': may be 100 per cent at most"),
        ("*=2001/1h", "may be 2000 targets at most"),
        ("*=3/31d", "the time may be 30d at most"),
        ("*=3/1h;*=4/1h", "* is there twice"),
        ("30/1h", "must begin with a responder's name"),
        ("*=3/1h;isolate=3/1h", "'isolate=3/1h': must begin with a responder's name"),
        ("*=3/1h,none", "'none' must be a number"),
    ],
)
def test_what_cannot_be_meant_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        read_budgets(text)

    assert told in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        read_budgets("a.b=1,2/1x;nonsense")

    assert str(caught.value).count(";") == 3


@pytest.mark.parametrize(
    ("total", "percent", "most"), [(0, 10, 1), (1, 10, 1), (9, 10, 1), (19, 10, 1), (20, 10, 2), (10**6, 100, MOST)]
)
def test_per_cent_are_rounded_down_but_one_may_always_be_acted_on(total: int, percent: int, most: int) -> None:
    assert share(total, percent) == most


@pytest.mark.parametrize(
    ("ages", "target", "beyond"),
    [
        ((10, 20), "new", False),
        ((10, 20, 30), "new", True),
        ((10, 20, 60), "new", False),  # the last is an hour old
        ((10, 20, 59), "new", True),
        ((10, 20, 30), "target-1", False),  # the same target again
        ((10, 20, 30, 40), "target-1", True),
    ],
)
def test_targets_of_the_last_hour_count_each_once(ages: tuple[int, ...], target: str, *, beyond: bool) -> None:
    found = list(over([Allowed(limit("3/1h"), 3)], spent(*ages), target, NOON))

    assert found == (["3 of 3 targets (3/1h)"] if beyond else [])


def test_each_limit_holds_and_per_cent_count_among_their_own() -> None:
    allowed = [Allowed(limit("5/1h"), 5), Allowed(limit("10%/1h"), 1, "12 users of the tenant", "here")]

    assert list(over(allowed, spent(1, 2, of="elsewhere"), "new", NOON)) == []
    assert list(over(allowed, spent(1, of="here"), "new", NOON)) == [
        "1 of 1 targets (10%/1h of 12 users of the tenant)"
    ]


def test_more_than_a_row_remembers_is_beyond_every_budget() -> None:
    full = spent(*([5] * MOST))

    assert list(over([], full, "new", NOON)) == [f"{MOST} targets, the most that are remembered"]
    assert list(over([], full, "target-0", NOON)) == []
    assert len(full.with_(Spend(1, "new")).targets) == MOST
    assert len(msgspec.json.encode(full)) < 150_000


@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 12)), max_size=60), st.integers(1, 5))
def test_in_no_hour_more_targets_than_allowed(asked: list[tuple[int, int]], most: int) -> None:
    """Whatever is asked for and when: a naive count over all that was let through agrees."""
    allowed, kept = [Allowed(limit(f"{most}/1h"), most)], Spent()
    through: list[tuple[datetime, str]] = []
    for seconds, target in sorted(asked):
        now, name = NOON + timedelta(seconds=seconds), str(target)
        kept = kept.since(now - HOUR)
        if not list(over(allowed, kept, name, now)):
            kept = kept.with_(Spend(int(now.timestamp()), name))
            through.append((now, name))
            assert len({each for time, each in through if time > now - HOUR}) <= most
