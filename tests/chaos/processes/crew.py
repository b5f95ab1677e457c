"""The workers: started, killed, replaced."""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerProcess

from shared.model.ids import digest
from tests.chaos.processes.worker import Place, work


class Crew:
    """A number of workers, each a process of its own.

    Args:
        count: How many work at any time.
        place: Where.

    Attributes:
        kills: How many were killed.
        ended: Exit codes of workers that nobody killed.
    """

    def __init__(self, count: int, place: Place) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.chaos.processes.warm"])
        self._place = place
        self._started = 0
        self.kills = 0
        self.ended: list[int | None] = []
        self._workers = [self._start() for _ in range(count)]

    def kill_one(self) -> None:
        """SIGKILL a worker, one that looks drawn and is the same in every run, and start another in its place."""
        chosen = int(digest("kill", str(self.kills))[:8], 16) % len(self._workers)
        worker = self._workers[chosen]
        worker.kill()
        worker.join()
        self.kills += 1
        self._workers[chosen] = self._start()

    def look_after(self) -> None:
        """Replace workers that ended by themselves, as the platform does."""
        for place, worker in enumerate(self._workers):
            if not worker.is_alive():
                self.ended.append(worker.exitcode)
                self._workers[place] = self._start()

    def end(self) -> None:
        """Kill them all, for good."""
        for worker in self._workers:
            worker.kill()
            worker.join()

    def _start(self) -> ForkServerProcess:
        worker = self._context.Process(target=work, args=(self._started, self._place))
        self._started += 1
        worker.start()
        return worker
