"""Which dues are meant: the filters of a list and of a generation (F001-038…042). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from chalicelib.base import clock
from chalicelib.payments.dues.model import Category, Due, Provenance


@dataclass(frozen=True)
class Filter:
    """What is None or empty does not count. Amounts and days are included on both ends; `assessed`
    is the day on which a due came in (Europe/Rome), `due` the day it is to be paid by."""

    least_cents: int | None = None
    most_cents: int | None = None
    assessed_from: date | None = None
    assessed_until: date | None = None
    due_from: date | None = None
    due_until: date | None = None
    categories: tuple[Category, ...] = ()
    provenance: Provenance | None = None
    chapters: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    year: int | None = None
    batch: str = ""

    def matches(self, due: Due) -> bool:
        """Whether a due is among those that are meant."""
        assessed = clock.rome_day(clock.parse(due.created_at))
        return (
            _between(due.cents, self.least_cents, self.most_cents)
            and _between(assessed, self.assessed_from, self.assessed_until)
            and self._due(due.due)
            and (not self.categories or due.category in self.categories)
            and self.provenance in (None, due.provenance)
            and (not self.chapters or due.chapter in self.chapters)
            and (not self.services or due.service in self.services)
            and self.year in (None, due.year)
            and self.batch in ("", due.batch)
        )

    def _due(self, day: date | None) -> bool:
        if day is None:
            return self.due_from is None and self.due_until is None
        return _between(day, self.due_from, self.due_until)


_Ordered = TypeVar("_Ordered", int, date)


def _between(value: _Ordered, least: _Ordered | None, most: _Ordered | None) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)
