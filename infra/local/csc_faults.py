"""What a remote signing service can do wrong, asked for by name and for a number of calls."""

from __future__ import annotations

import json
import threading
from collections import Counter

from infra.local.csc_vault import ApiError

KINDS = (
    "error",  # 500
    "busy",  # 429
    "slow",  # answers when the test is over
    "garbage",  # HTML with status 200
    "huge",  # more than anybody should read
    "empty",  # an object without anything in it
    "list",  # JSON, but no object
    "expired_sad",  # authorize: the SAD has already expired
    "fewer",  # signHash: one signature less than hashes
    "other_key",  # signHash: signatures by another key
    "other_hash",  # signHash: signatures of something else
    "not_base64",  # signHash: signatures that cannot be decoded
    "session",  # 401, as if the token had expired
)
_HUGE_BYTES = 3_000_000
_PATIENCE_S = 60


class Faults:
    """`plan` faults for calls of a method to come. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: Counter[tuple[str, str]] = Counter()
        self._released = threading.Event()

    def plan(self, kind: str, method: str, times: int = 1) -> None:
        """The next `times` calls of `method` go wrong in this way. KeyError for no such kind."""
        if kind not in KINDS:
            raise KeyError(kind)
        with self._lock:
            self._planned[kind, method] += times

    def take(self, kind: str, method: str) -> bool:
        """Whether this call is to go wrong in this way; it is used up by asking."""
        with self._lock:
            if self._planned[kind, method] <= 0:
                return False
            self._planned[kind, method] -= 1
            return True

    def release(self) -> None:
        """Let the slow calls end."""
        self._released.set()

    def strike(self, method: str) -> bytes | None:
        """What goes wrong before the call is looked at: an answer, ApiError, or None."""
        if self.take("error", method):
            raise ApiError("server_error", "planned", 500)
        if self.take("busy", method):
            raise ApiError("too_many_requests", "planned", 429)
        if self.take("session", method):
            raise ApiError("invalid_token", "planned", 401)
        if self.take("slow", method):
            self._released.wait(_PATIENCE_S)
            raise ApiError("server_error", "late", 500)
        if self.take("garbage", method):
            return b"<html>Servizio non disponibile</html>"
        if self.take("huge", method):
            return json.dumps({"signatures": "A" * _HUGE_BYTES}).encode()
        if self.take("empty", method):
            return b"{}"
        if self.take("list", method):
            return b"[1, 2]"
        return None
