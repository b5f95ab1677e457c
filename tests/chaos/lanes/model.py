"""Whatever happens in whatever order, thousands of steps of it, against the model of what must be true.

Tells how many steps and rules were taken, and which arrows of the state machine nobody took.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.model.states import ARROWS, Arrow
from tests.chaos.crash.many import in_processes
from tests.chaos.model import machine

SEEDS = range(8)
"""Each is played by both machines: without faults of Azure, and with them."""

EXAMPLES = 30
STEPS = 30

MACHINES = (machine.Machine, machine.MachineWithFaults)

Say = Callable[[str], None]


def run(say: Say) -> list[str]:
    """Run the lane; what is wrong."""
    wrong: list[str] = []
    done: Counter[str] = Counter()
    taken: Counter[Arrow] = Counter()
    jobs = [(number, place) for number in SEEDS for place in range(len(MACHINES))]
    for (number, place), (mistake, did, arrows) in in_processes(_play, jobs):
        wrong += [f"{MACHINES[place].__name__}, seed {number}: {mistake}"] if mistake else []
        done += did
        taken += arrows
        say(f"  {MACHINES[place].__name__:20}seed {number:3}{sum(did.values()):7,} deeds{len(arrows):4} arrows")
    examples = len(jobs) * EXAMPLES
    told = ", ".join(f"{verb} {count:,}" for verb, count in done.most_common())
    say(f"  {examples:,} examples of up to {STEPS} steps; {sum(done.values()):,} deeds: {told}")
    say(f"  {len(taken)} of {len(ARROWS)} arrows were taken; never: {_told(taken)}")
    return wrong


def _play(job: tuple[int, int]) -> tuple[str, Counter[str], Counter[Arrow]]:
    number, place = job
    machine.DONE.clear()
    machine.TAKEN.clear()
    played = seed(number)(type(f"Seeded{number}", (MACHINES[place],), {}))
    mistake = ""
    try:
        run_state_machine_as_test(played, settings=bounds(EXAMPLES, STEPS))
    except AssertionError as error:
        mistake = "\n".join([str(error), *getattr(error, "__notes__", ())])
    return mistake, Counter(machine.DONE), Counter(machine.TAKEN)


def bounds(examples: int, steps: int, *, same: bool = False) -> settings:
    """So many examples of so many steps; the same ones every time if that is wanted."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=same,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def _told(taken: Counter[Arrow]) -> str:
    return (
        ", ".join(f"{old or 'nothing'} -> {new} ({who})" for old, new, who in sorted(ARROWS - taken.keys())) or "none"
    )
