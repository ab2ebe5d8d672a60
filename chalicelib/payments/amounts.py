"""What is due at a day: late fees and reductions as dated rules, and instalments. Pure.

Source: pagopa.md sections 12 and 14. A rule has a first and a last day, both included, days of
Europe/Rome; what it adds or takes off is computed on the amount that was asked for, never on other
rules' sums, so their order does not matter. The node asks at verification and at activation: the
same day must give the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected

Kind = Literal["late_fee", "reduction"]
_DAYS_OF_A_YEAR: Final = 365  # civil interest is counted on the civil year (art. 1284 c.c.)
_CENT = Decimal(1)


@dataclass(frozen=True)
class Rule:
    """What is added (`late_fee`) or taken off (`reduction`) from `first` to `last`, both included.

    None leaves that end open. Together: `cents`, `rate` of the amount (0.10 is 10 %), and
    `yearly_rate` for each day from `first` on, as interest. `reason` is printed on receipts.
    """

    kind: Kind
    reason: str
    first: date | None = None
    last: date | None = None
    cents: int = 0
    rate: Decimal = Decimal(0)
    yearly_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.cents < 0 or self.rate < 0 or self.yearly_rate < 0:
            raise Rejected("amount_rule_negative", "A rule says by its kind what it does.")
        if self.kind == "reduction" and (self.rate > 1 or self.yearly_rate):
            raise Rejected(
                "amount_rule_reduction", "A reduction is 100 % at most, and no interest."
            )
        if self.yearly_rate and self.first is None:
            raise Rejected("amount_rule_open", "Interest needs the day from which it runs.")
        if self.first and self.last and self.last < self.first:
            raise Rejected("amount_rule_days", "The last day is before the first.")

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on that day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Part:
    """What one rule came to: cents, negative for a reduction."""

    kind: Kind
    reason: str
    cents: int


@dataclass(frozen=True)
class Due:
    """What is due on a day: `base_cents` and the parts, in the order of the rules."""

    base_cents: int
    parts: tuple[Part, ...] = ()

    @property
    def cents(self) -> int:
        """Never below zero: reductions give nothing back."""
        return max(0, self.base_cents + sum(part.cents for part in self.parts))


def late_fee(
    due: date,
    reason: str,
    *,
    after_days: int = 0,
    cents: int = 0,
    rate: Decimal = Decimal(0),
    yearly_rate: Decimal = Decimal(0),
) -> Rule:
    """A rule that begins the day after the due date, or so many days later."""
    first = due + timedelta(days=after_days + 1)
    return Rule("late_fee", reason, first, None, cents, rate, yearly_rate)


def reduction(last: date, reason: str, *, cents: int = 0, rate: Decimal = Decimal(0)) -> Rule:
    """A rule for those who pay by `last`, that day included."""
    return Rule("reduction", reason, None, last, cents, rate)


def due_on(base_cents: int, rules: Iterable[Rule], day: date) -> Due:
    """What is due on a day, 1 to AMOUNT_CENTS before the rules.

    Each part is rounded half up to the cent by itself. Raises Rejected `amount_out_of_range`, also
    when late fees carry the sum above what a notice can ask for.
    """
    check(base_cents)
    parts = tuple(_part(base_cents, rule, day) for rule in rules if rule.holds(day))
    found = Due(base_cents, tuple(part for part in parts if part.cents))
    if found.cents > limits.AMOUNT_CENTS:
        raise _out_of_range(found.cents)
    return found


@dataclass(frozen=True)
class Turn:
    """What is due from `day` on; `daily`: interest runs, so that each day it is more."""

    day: date
    due: Due
    daily: bool


def calendar(
    base_cents: int, rules: Sequence[Rule], first: date, also: Iterable[date] = ()
) -> list[Turn]:
    """What is due by the day, from `first` on: each day on which a rule begins or has ended, and
    those of `also` (of running interest there is no other way to show what it comes to).

    Raises as `due_on`.
    """
    days = {first, *also}
    for rule in rules:
        if rule.first:
            days.add(rule.first)
        if rule.last and rule.last < date.max:
            days.add(rule.last + timedelta(days=1))
    return [
        Turn(day, due_on(base_cents, rules, day), any(
            rule.yearly_rate and rule.holds(day) for rule in rules))
        for day in sorted(days)
        if day >= first
    ]  # fmt: skip


def check(cents: int) -> int:
    """The amount itself, if a notice can ask for it. Raises Rejected `amount_out_of_range`."""
    if not 1 <= cents <= limits.AMOUNT_CENTS:
        raise _out_of_range(cents)
    return cents


def _part(base_cents: int, rule: Rule, day: date) -> Part:
    found = Decimal(rule.cents) + base_cents * rule.rate
    if rule.first is not None:
        # The first day counts: whoever pays on it is one day late.
        days = (day - rule.first).days + 1
        found += base_cents * rule.yearly_rate * days / _DAYS_OF_A_YEAR
    cents = int(found.quantize(_CENT, ROUND_HALF_UP))
    return Part(rule.kind, rule.reason, cents if rule.kind == "late_fee" else -cents)


def _out_of_range(cents: int) -> Rejected:
    return Rejected(
        "amount_out_of_range",
        "A notice asks for 0.01 to 999,999,999.99 euro.",
        cents=cents,
        most=limits.AMOUNT_CENTS,
    )


# ------------------------------------------------------------------ instalments
@dataclass(frozen=True)
class Instalment:
    """One of a plan: its number from 1, what it asks for, by when."""

    number: int
    cents: int
    due: date


def spread(cents: int, count: int) -> tuple[int, ...]:
    """The amount in so many parts that differ by one cent at most, the greater ones first.

    Raises Rejected `instalments_count` (2 to INSTALMENTS), `instalments_too_small`,
    `amount_out_of_range`.
    """
    check(cents)
    if not 2 <= count <= limits.INSTALMENTS:
        raise Rejected(
            "instalments_count", "So many instalments cannot be made.", most=limits.INSTALMENTS
        )
    each, left = divmod(cents, count)
    if each == 0:
        raise Rejected("instalments_too_small", "There are fewer cents than instalments.")
    return tuple(each + (number < left) for number in range(count))


def plan(cents: int, count: int, first_due: date, every_months: int = 1) -> tuple[Instalment, ...]:
    """`count` instalments of an amount, the first due on `first_due`, then every so many months.

    A plan of the 31st is due on the last day of shorter months and comes back to the 31st.
    Raises as `spread`, and Rejected `instalments_interval` below one month.
    """
    if every_months < 1:
        raise Rejected("instalments_interval", "Instalments are a month apart at least.")
    return tuple(
        Instalment(number + 1, part, months_after(first_due, number * every_months))
        for number, part in enumerate(spread(cents, count))
    )


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
