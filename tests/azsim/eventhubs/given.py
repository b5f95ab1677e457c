"""What the tests take for granted: a key, and a clock that they set."""

from datetime import UTC, datetime, timedelta

KEY = "bm90IGEgc2VjcmV0"


class Clock:
    """A time that passes when the test says so; before any real one, so that the SDK's tokens are valid."""

    def __init__(self) -> None:
        self.time = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def pass_(self, **durations: float) -> None:
        self.time += timedelta(**durations)
