"""A service to stand behind a throttle."""

from __future__ import annotations

import asyncio

from shared.wire.message import Request, Response

ARM = "https://management.azure.com/subscriptions/3c1f5a60"
GET, PUT, DELETE = (Request(method, f"{ARM}/x") for method in ("GET", "PUT", "DELETE"))


class Service:
    """Answers what it is told, once for each request, and then 200; remembers who came when.

    Args:
        answers: What it is told.
        takes: Seconds that each answer takes.
    """

    def __init__(self, *answers: Response | Exception, takes: float = 0.0) -> None:
        self.answers = list(answers)
        self.takes = takes
        self.came: list[tuple[float, str]] = []

    async def send(self, request: Request) -> Response:
        self.came.append((now(), request.headers.get("who", request.method)))
        answer = self.answers.pop(0) if self.answers else Response(200)
        if self.takes:
            await asyncio.sleep(self.takes)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def at(self) -> list[float]:
        return [round(time, 3) for time, _ in self.came]

    @property
    def who(self) -> list[str]:
        return [who for _, who in self.came]


def now() -> float:
    return asyncio.get_running_loop().time()


def slow(seconds: str = "20", status: int = 429, **other: str) -> Response:
    return Response(status, {"retry-after": seconds, **other})


def by(who: str, of: Request = GET, until: float | None = None) -> Request:
    return Request(of.method, of.url, {"who": who}, until=until)
