"""What pagoPA's services can do wrong, asked for by name and for a number of calls."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

KINDS: Final = (
    "error",  # 500, nothing done
    "after",  # done, then 500
    "drop",  # done, then the connection is closed without a word
    "gone",  # the connection is closed, nothing done
    "slow",  # done, and answered when the test is over
    "busy",  # 429 with Retry-After
    "garbage",  # done, and a page of HTML with status 200
    "refuse",  # 400 for no reason
)
PATIENCE_S: Final = 60


class Faults:
    """`plan` faults for operations to come. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: Counter[tuple[str, str]] = Counter()
        self._released = threading.Event()
        self.retry_after_s = 30

    def plan(self, kind: str, operation: str, times: int = 1) -> None:
        """The next `times` calls of `operation` go wrong in this way. KeyError for no such kind."""
        if kind not in KINDS:
            raise KeyError(kind)
        with self._lock:
            self._planned[kind, operation] += times

    def take(self, operation: str) -> str:
        """How this call is to go wrong, "" for not at all; it is used up by asking."""
        with self._lock:
            for kind in KINDS:
                if self._planned[kind, operation] > 0:
                    self._planned[kind, operation] -= 1
                    return kind
        return ""

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def wait(self) -> None:
        self._released.wait(PATIENCE_S)

    def release(self) -> None:
        """Let the slow calls end."""
        self._released.set()
