"""The archive of positions, paid and not: filters that combine, page by page (F001-163 … 165).

The narrowest list there is gives the candidates: one debtor's, one flow's, one state's, all; the
rest is looked at position by position, FILTER_READ_ITEMS of them for a page at most, so that a page
may be short, or empty, and still have a cursor. A state is the one that counts today: what has a
hard end that is past is expired, written or not. A debtor is found by his tax code; words of his
name are not searched for: names are sealed, and the whole table would have to be opened.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from chalicelib.base import clock, cursors, ids, limits
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.positions import ending, model, positions, store
from chalicelib.payments.positions.model import Origin, Position
from chalicelib.payments.positions.positions import Shown
from chalicelib.payments.positions.states import ENDING, State


@dataclass(frozen=True)
class Wanted:
    """Which positions; what is None or "" does not count, and all days are included.

    `persons`: debtors by their blind indices (`debtors`), () for nobody. `service` and `year`: of
    one of its lines. `due`: the day of one of its payments, `paid` the day on which one was paid;
    `created` in Rome.
    """

    state: State | None = None
    flow: str = ""
    persons: tuple[str, ...] | None = None
    origin: Origin | None = None
    service: str = ""
    year: int | None = None
    least_cents: int | None = None
    most_cents: int | None = None
    due_from: date | None = None
    due_until: date | None = None
    created_from: date | None = None
    created_until: date | None = None
    paid_from: date | None = None
    paid_until: date | None = None

    def matches(self, position: Position) -> bool:
        """Whether a position is one of them."""
        payments, lines = position.payments, position.lines
        paid = self.paid_from is not None or self.paid_until is not None
        due = self.due_from is not None or self.due_until is not None
        return (
            self.state in (None, position.state)
            and self.flow in ("", position.flow)
            and (self.persons is None or position.person in self.persons)
            and self.origin in (None, position.origin)
            and (not self.service or any(one.service == self.service for one in lines))
            and (self.year is None or any(one.year == self.year for one in lines))
            and (self.least_cents is None or position.cents >= self.least_cents)
            and (self.most_cents is None or position.cents <= self.most_cents)
            and (not due or any(_within(one.due, self.due_from, self.due_until)
                                for one in payments))
            and (not paid or any(_within(one.paid_on, self.paid_from, self.paid_until)
                                 for one in payments))
            and _within(clock.rome_day(clock.parse(position.created_at)), self.created_from,
                        self.created_until)
        )  # fmt: skip

    @property
    def between(self) -> tuple[str, str]:
        """The instants of making that its days stand for, as `store.list_positions` has them."""
        last = self.created_until + timedelta(days=1) if self.created_until else None
        return _midnight(self.created_from), _midnight(last)


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    return day is not None and (first is None or day >= first) and (last is None or day <= last)


def _midnight(day: date | None) -> str:
    """The instant at which a day begins in Rome."""
    if day is None:
        return ""
    return clock.stamp(datetime.combine(day, time(), clock.ROME).astimezone(UTC))


def debtors(tenant: str, tax_code: str) -> tuple[str, ...]:
    """Who is known to the body under a tax code: its own register's, and those who said so
    themselves on the portal."""
    return due_store.persons_of(tenant, tax_code, limits.ARCHIVE_PERSONS)


def candidates(
    tenant: str, wanted: Wanted, today: date, after: str = ""
) -> Iterator[tuple[str, Position]]:
    """Positions with their places, newest first, below `after`, as they are written; each is still
    to be looked at."""
    if wanted.persons is None:
        written: list[str] = ["" if wanted.flow else wanted.state or ""]
        if written == ["expired"] and ending.waits(tenant, today):
            written += sorted(ENDING)
        lists = (
            store.list_positions(
                tenant, state, wanted.flow, after, limits.PAGE_ITEMS_MAX, wanted.between
            )
            for state in written
        )
        yield from heapq.merge(*lists, key=lambda one: one[0], reverse=True)
        return
    named = heapq.merge(
        *(store.list_of_person(tenant, one, after, wanted.between) for one in wanted.persons),
        reverse=True,
    )
    while some := list(islice(named, limits.PAGE_ITEMS)):
        found = store.get_positions((tenant, name) for _, name in some)
        for place, name in some:
            yield place, found[tenant, name]


def read(
    tenant: str, wanted: Wanted, today: date, after: str, limit: int
) -> tuple[list[Position], str]:  # fmt: skip
    """Up to `limit` positions below a place as they are today, and the place to go on from ("" at
    the end)."""
    found: list[Position] = []
    for seen, (place, written) in enumerate(candidates(tenant, wanted, today, after), 1):
        position = model.on(written, today)
        if wanted.matches(position):
            found.append(position)
        if len(found) == limit or seen == limits.FILTER_READ_ITEMS:
            return found, place
    return found, ""


def page(
    tenant: str, wanted: Wanted, today: date, cursor: str, limit: int
) -> tuple[list[Shown], str]:  # fmt: skip
    """A page with who owes it, and the next cursor ("" at the end). Rejected `cursor_invalid`."""
    asked = ids.derive("positions", tenant, repr(wanted))
    found, place = read(tenant, wanted, today, cursors.read(cursor, asked), limit)
    return shown(tenant, found), cursors.write(place, asked) if place else ""


def shown(tenant: str, found: Sequence[Position]) -> list[Shown]:
    """Positions with their debtors."""
    return positions.with_persons(tenant, found)


def by_iuv(tenant: str, iuv: str) -> list[Shown]:
    """The position that an IUV belongs to, or nothing."""
    place = store.find_position(tenant, iuv)
    return shown(tenant, [positions.get(tenant, place[0])] if place else [])
