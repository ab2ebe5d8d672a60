"""The time, from one place that tests and the local cloud can move.

Domains take `now` as an argument; only the entries ask here. Instants are UTC; where the law
counts days they are read in Europe/Rome.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present instant, UTC."""
    return _source()


def use(source: Callable[[], datetime] | None) -> None:
    """Replace the source of time (None: the system's)."""
    global _source
    _source = source or _system


def stamp(instant: datetime) -> str:
    """The stored form: fixed width, so that text order is time order. `2026-11-21T10:00:00.000Z`"""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{instant.microsecond // 1000:03d}Z"
    )


def parse(text: str) -> datetime:
    """Read back what `stamp` wrote."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def rome_day(instant: datetime) -> date:
    """The calendar day in Italy at that instant."""
    return instant.astimezone(ROME).date()
