"""The four kinds of failure, and the one table that says what each becomes outside.

Rejected   a business no: repeating the call cannot help. Carries a stable code.
NotFound   the thing is not there, or belongs to somebody else (indistinguishable on purpose).
Conflict   somebody else changed it first: read again and decide again.
Transient  the world failed for a moment: the same call may work later.

Everything else is a bug: it is retried by the queue and ends in the dead-letter queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """Base of the four kinds.

    `code` is stable and public (snake_case, or SdI's own five digits where SdI has one);
    `message` is for people; `details` is JSON-ready and never holds secrets or document text.
    """

    status = 500
    retry = True

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details


class Rejected(Failure):
    """The request, file or document is refused; `status` may be narrowed by the caller."""

    status = 422
    retry = False

    def __init__(self, code: str, message: str, *, status: int = 422, **details: Any) -> None:
        super().__init__(code, message, **details)
        self.status = status


class NotFound(Failure):
    """Not there for this tenant. Never says whether it exists for another one."""

    status = 404
    retry = False

    def __init__(self, what: str = "resource") -> None:
        super().__init__("not_found", f"There is no such {what}.")


class Conflict(Failure):
    """The state that the decision was made on is gone."""

    status = 409

    def __init__(
        self,
        code: str = "conflict",
        message: str = "It was changed by somebody else meanwhile: read it again.",
        **details: Any,
    ) -> None:
        super().__init__(code, message, **details)


class Transient(Failure):
    """A service outside did not answer, or not in time."""

    status = 503

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(code, message, **details)
