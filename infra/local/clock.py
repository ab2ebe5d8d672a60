"""The clock of the local cloud, which tests and demonstrations can move forward."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Listener = Callable[["Clock"], None]


class Clock:
    """Real time that can be pushed ahead, or a time that stands still until it is pushed.

    Listeners are told of each move (and once when they join), so that other processes can keep
    the same time. It never goes back.
    """

    def __init__(self, start: datetime | None = None, *, real_time: bool = False) -> None:
        if real_time and start is not None:
            raise ValueError("A clock in real time starts now.")
        if start is not None and start.tzinfo is None:
            raise ValueError("The start must say its time zone.")
        self.real_time = real_time
        self._frozen = (start or datetime.now(UTC)).astimezone(UTC)
        self._offset = timedelta()
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The time, in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._offset if self.real_time else self._frozen

    def timestamp_s(self) -> float:
        return self.now().timestamp()

    @property
    def offset_s(self) -> float:
        """How far a clock in real time was pushed ahead."""
        return self._offset.total_seconds()

    def advance(self, seconds: float) -> datetime:
        if seconds < 0:
            raise ValueError("Time does not go back.")
        step = timedelta(seconds=seconds)
        with self._lock:
            self._offset += step
            self._frozen += step
        for listener in list(self._listeners):
            listener(self)
        return self.now()

    def tell(self, listener: Listener) -> None:
        self._listeners.append(listener)
        listener(self)
