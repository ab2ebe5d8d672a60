"""Instalments: an amount in parts, computed or as somebody gives them. Pure.

Source: pagopa.md section 12; each part has a notice number of its own, and paying the whole closes
the parts as a part closes the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts
from chalicelib.payments.amounts import Instalment
from chalicelib.payments.positions.model import Payment


@dataclass(frozen=True)
class Plan:
    """Instalments: so many, the first due on a day, then every so many months. `whole`: the debtor
    may also pay all at once."""

    count: int
    first_due: date
    every_months: int = 1
    whole: bool = True

    @property
    def last_due(self) -> date:
        """By when the last one is due."""
        return amounts.months_after(self.first_due, (self.count - 1) * self.every_months)

    @property
    def room(self) -> int:
        """What it takes of a transaction: each instalment, and each year that one is due in."""
        years = min(self.count, (self.count - 1) * self.every_months // 12 + 2)
        return self.count + years

    def parts(self, cents: int) -> tuple[Instalment, ...]:
        """What each asks for. Rejected as `amounts.plan`."""
        return amounts.plan(cents, self.count, self.first_due, self.every_months)


@dataclass(frozen=True)
class ByHand:
    """Instalments as somebody gives them: cents and the day of each. `whole` as of a Plan."""

    given: tuple[tuple[int, date], ...]
    whole: bool = True

    @property
    def count(self) -> int:
        return len(self.given)

    @property
    def first_due(self) -> date:
        return self.given[0][1]

    @property
    def room(self) -> int:
        return self.count + len({due.year for _, due in self.given})

    def parts(self, cents: int) -> tuple[Instalment, ...]:
        """The same, once they are seen to make the amount.

        Rejected `amount_out_of_range`, `instalments_order`, `instalments_sum` (details: both sums).
        """
        check_order([due for _, due in self.given])
        found = tuple(
            Instalment(number, amounts.check(each), due)
            for number, (each, due) in enumerate(self.given, 1)
        )
        come = sum(one.cents for one in found)
        if come != cents:
            raise Rejected(
                "instalments_sum", "The instalments do not make the amount.",
                cents=cents, instalments_cents=come,
            )  # fmt: skip
        return found


def check(plan: Plan | ByHand) -> None:
    """That a position has room for it. Rejected `instalments_count`."""
    if not (plan.count >= 2 and plan.room <= limits.FLOW_INSTALMENTS):
        raise Rejected(
            "instalments_count", "So many instalments cannot be made.", most=limits.FLOW_INSTALMENTS
        )


def check_order(days: Sequence[date]) -> None:
    """Rejected `instalments_order`."""
    if list(days) != sorted(days):
        raise Rejected("instalments_order", "Instalments are due one after the other.")


def payments(cents: int, due: date | None, plan: Plan | ByHand | None) -> tuple[Payment, ...]:
    """What is to be numbered: the whole, the instalments, or both. Rejected as `parts`."""
    whole = Payment(0, "", cents, due)
    if plan is None:
        return (whole,)
    rates = tuple(Payment(one.number, "", one.cents, one.due) for one in plan.parts(cents))
    return (whole, *rates) if plan.whole else rates
