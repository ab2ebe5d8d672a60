"""Misbehaviour to order: SdI late, repeating itself, out of order, silent or wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

from infra.local.sdi.names import name_key, stem_of


@dataclass(frozen=True)
class Behaviour:
    """How to treat the files whose stem matches the glob `match` (letters' case is ignored).

    Of the messages: `late_s` is added to every delay; each is delivered `repeat` times (0: they
    are lost); `reorder` delivers the last first; `unknown_id` adds a receipt for an id and a name
    nobody knows; `contradict` adds the opposite end (NE after DT, DT after NE).
    Of the call, each so many times and then no more: `drop_connection_before` closes the socket
    before the file is taken, `drop_connection_after` takes the file and closes with no answer,
    `fault` answers a SOAP Fault with HTTP 500; `error` (EI01, EI02, EI03) is answered
    `error_times` times and the file is not taken. True counts as once.
    """

    match: str = "*"
    late_s: float = 0
    repeat: int = 1
    reorder: bool = False
    drop_connection_after: int = 0
    drop_connection_before: int = 0
    unknown_id: bool = False
    error: str = ""
    error_times: int = 1
    fault: int = 0
    contradict: bool = False


class Behaviours:
    """The behaviours in force, the last one ordered first. Safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[tuple[Behaviour, dict[str, int]]] = []

    def add(self, behaviour: Behaviour) -> None:
        """Order one; its counts start full."""
        left = {
            "drop_connection_after": int(behaviour.drop_connection_after),
            "drop_connection_before": int(behaviour.drop_connection_before),
            "error": behaviour.error_times if behaviour.error else 0,
            "fault": int(behaviour.fault),
        }
        with self._lock:
            self._orders.insert(0, (behaviour, left))

    def clear(self) -> None:
        """Behave well from now on."""
        with self._lock:
            self._orders.clear()

    def of(self, name: str) -> Behaviour:
        """The behaviour for the file `name`; the ordinary one when none matches."""
        with self._lock:
            found = self._find(name)
            return found[0] if found else Behaviour()

    def use(self, name: str, trick: str) -> bool:
        """Whether to play `trick` on the file `name` now; counts it down."""
        with self._lock:
            found = self._find(name)
            if found is None or found[1][trick] < 1:
                return False
            found[1][trick] -= 1
            return True

    def _find(self, name: str) -> tuple[Behaviour, dict[str, int]] | None:
        stem = name_key(stem_of(name))
        for behaviour, left in self._orders:
            if fnmatchcase(stem, name_key(behaviour.match)):
                return behaviour, left
        return None
