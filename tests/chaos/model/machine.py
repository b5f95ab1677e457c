"""Whatever happens in whatever order: deliveries, deaths, sweeps, people and time, against what must be true."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from azsim.clock import SimulatedLoop
from azsim.faults import Cut, Effect, Status
from shared.model.states import Arrow
from tests.chaos.crash.line import Point
from tests.chaos.crash.play import MOMENTS
from tests.chaos.model.ends import at_rest, given_back
from tests.chaos.model.tenant import CASES, CUT_OFF, OTHER, Tenant
from tests.engine.cases import NICS

MINUTE, HOUR, DAY = 60, 3600, 86_400
TAKEN: Counter[Arrow] = Counter()
"""The arrows that were taken, by every machine of this process."""

DONE: Counter[str] = Counter()
"""What was done, likewise."""

FAULTS: dict[str, Effect] = {
    "busy": Status(503, retry_after=400),
    "forbidden": Status(403, "AuthorizationFailed"),
    "lost": Cut("after"),
}

case = st.sampled_from(CASES)
deed = st.one_of(
    *[st.builds("deliver {}".format, case)] * 2,
    st.builds("{} {}".format, st.sampled_from(["undo", "force", "extend", "approve", "deny"]), case),
    st.just("sweep"),
)


class Machine(RuleBasedStateMachine):
    """A tenant to which things happen."""

    def __init__(self) -> None:
        super().__init__()
        self._scratch = tempfile.TemporaryDirectory(prefix="riposte-model-")
        self._runner = asyncio.Runner(loop_factory=SimulatedLoop)
        self._runner.get_loop()
        self._faults = 0
        self._begin()

    def _begin(self) -> None:
        from azure.keyvault.secrets._shared import http_challenge_cache

        http_challenge_cache.clear()
        self.tenant = self._runner.run(self._made())
        self.instances = [self.tenant.instance(), self.tenant.instance()]

    async def _made(self) -> Tenant:
        return Tenant(Path(self._scratch.name))

    @initialize(waits=st.lists(st.sampled_from([0.0, 0.01, 0.05, 0.3]), min_size=1, max_size=7))
    def paced(self, waits: list[float]) -> None:
        self.tenant.waits = tuple(waits)

    @rule(number=st.integers(0, 1), what=deed)
    def does(self, number: int, what: str) -> None:
        self._run(self.tenant.do(what, self.instances[number]))

    @rule(what=deed, other=deed)
    def do_at_once(self, what: str, other: str) -> None:
        async def both() -> None:
            one, two = self.instances
            await asyncio.gather(self.tenant.do(what, one), self.tenant.do(other, two))

        self._run(both())

    @rule(what=deed, number=st.integers(0, 45), moment=st.sampled_from(MOMENTS))
    def dies_while_it_does(self, what: str, number: int, moment: str) -> None:
        doomed = self.tenant.instance(Point(number, moment))  # type: ignore[arg-type]
        self._run(self.tenant.do(what, doomed))

    @rule(number=st.integers(0, 1))
    def is_started_anew(self, number: int) -> None:
        self.instances[number] = self.tenant.instance()

    @rule(seconds=st.sampled_from([5, MINUTE, 11 * MINUTE, 31 * MINUTE, 5 * HOUR, DAY]))
    def time_passes_until_a_sweep(self, seconds: int) -> None:
        self._run(asyncio.sleep(seconds))
        self._run(self.tenant.do("sweep", self.instances[0]))

    @rule(nic=st.sampled_from(NICS), group=st.sampled_from([OTHER, "", CUT_OFF]))
    def somebody_changes(self, nic: str, group: str) -> None:
        self.tenant.drift(nic, group)

    @rule(mode=st.sampled_from(["off", "queue", "deny", "undo_only"]), number=st.integers(0, 1))
    def kill_switch(self, mode: str, number: int) -> None:
        self._run(self.tenant.do(f"turn {mode}", self.instances[number]))

    def teardown(self) -> None:
        try:
            self.tenant.world.faults.clear()
            _nothing(self._runner.run(at_rest(self.tenant, self._faults)))
            _nothing(self._runner.run(given_back(self.tenant)))
        finally:
            TAKEN.update(self.tenant.watch.arrows)
            DONE.update(self.tenant.counted)
            self._runner.close()
            self._scratch.cleanup()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        async def then_look() -> list[str]:
            await work
            return self.tenant.truth.wrong

        _nothing(self._runner.run(then_look()))


def _nothing(wrong: list[str]) -> None:
    """Nothing is wrong.

    Raises:
        AssertionError: Something is.
    """
    if wrong:
        raise AssertionError("\n".join(wrong))


class MachineWithFaults(Machine):
    """Azure fails at times, too: so that what ends otherwise than done is met, too."""

    @rule(
        what=st.sampled_from(sorted(FAULTS)),
        path=st.sampled_from(["networkInterfaces", "secrets"]),
        skip=st.integers(0, 1),
    )
    def azure_fails(self, what: str, path: str, skip: int) -> None:
        self._faults += 1
        for method in ("PUT", "PATCH"):
            self.tenant.world.faults.on(method, path, FAULTS[what], skip=skip)
