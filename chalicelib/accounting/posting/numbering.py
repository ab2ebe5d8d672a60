"""Numbers of orders: by financial year, without gaps, ascending with the accounting date. Pure.

The head of a body's books knows the last number of each year and its day. It is written on the
version that was read, in the transaction that holds the orders: so no number is taken for nothing,
and two who post at once cannot both be next (FEATURES F001-111).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.accounting.posting.model import Draft, Late
from chalicelib.base.errors import Rejected


@dataclass(frozen=True)
class Last:
    """The last number of a year and its accounting date."""

    number: int
    day: date


@dataclass(frozen=True)
class Head:
    """`seq`: of the last entry of the journal. `closed_until`: the last day of the closed period,
    None while nothing is closed."""

    seq: int = 0
    closed_until: date | None = None
    years: Mapping[int, Last] = field(default_factory=dict)
    version: int = 0


def allowed(head: Head, day: date, late: Late) -> date:
    """The accounting date that an order of that day gets.

    Rejected `period_closed`, `posting_date_past` (the year has a later number already, and such
    days are not moved).
    """
    last = head.years.get(day.year)
    if last is not None and day < last.day:
        if late == "refuse":
            raise Rejected(
                "posting_date_past", "There is a number with a later date already.", status=409,
                day=day.isoformat(), last_day=last.day.isoformat(),
            )  # fmt: skip
        day = last.day
    if head.closed_until is not None and day <= head.closed_until:
        raise Rejected(
            "period_closed", "The period of that date is closed.", status=409,
            day=day.isoformat(), closed_until=head.closed_until.isoformat(),
        )  # fmt: skip
    return day


def number(head: Head, drafts: Sequence[Draft], late: Late) -> tuple[Head, list[tuple[int, Draft]]]:
    """The drafts with their numbers, in their order, and the head after them.

    Rejected as `allowed`.
    """
    years = dict(head.years)
    found: list[tuple[int, Draft]] = []
    for draft in drafts:
        day = allowed(replace(head, years=years), draft.day, late)
        before = years.get(day.year)
        years[day.year] = Last(before.number + 1 if before else 1, day)
        # What is not residual is of the year in which it is entered.
        year = day.year if draft.provenance != "residui" else draft.year
        found.append((years[day.year].number, replace(draft, day=day, year=year)))
    return replace(head, years=years, seq=head.seq + len(found), version=head.version + 1), found


def close(head: Head, until: date, today: date) -> Head:
    """The period up to a day is closed: nothing is entered into it any more.

    Rejected `period_open_end` for a day that is not over, `period_closed` for one before the end of
    what is closed already.
    """
    if until >= today:
        raise Rejected("period_open_end", "That day is not over yet.", status=409)
    if head.closed_until is not None and until < head.closed_until:
        raise Rejected(
            "period_closed", "More than that is closed already.", status=409,
            closed_until=head.closed_until.isoformat(),
        )  # fmt: skip
    return replace(head, closed_until=until, version=head.version + 1)
