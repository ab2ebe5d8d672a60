"""Dues as debt positions: one for each, or one for each person within what a notice holds. Pure.

Source: FEATURES F001-052…055; five transfers at most (pagopa.md section 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts, stamps
from chalicelib.payments.amounts import Kind, Rule
from chalicelib.payments.body import Service
from chalicelib.payments.dues.model import Due
from chalicelib.payments.notice.model import SUBJECT_CHARS
from chalicelib.payments.positions import model, plans
from chalicelib.payments.positions.model import TRANSFERS, Line, Payment
from chalicelib.payments.positions.plans import Plan


@dataclass(frozen=True)
class Change:
    """What every position of a flow asks more or less by the day, counted from its own due date.

    A `late_fee` begins on the day after `days` days have passed since then; a `reduction` ends so
    many days before. `cents`, `rate` and `yearly_rate` as `amounts.Rule`. Rejected as there, and
    `amount_rule_empty`.
    """

    kind: Kind
    reason: str
    days: int = 0
    cents: int = 0
    rate: Decimal = Decimal(0)
    yearly_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not (self.cents or self.rate or self.yearly_rate):
            raise Rejected("amount_rule_empty", "Say how much more or less it is.")
        self.rule(date.min + timedelta(days=self.days))

    def rule(self, due: date) -> Rule:
        """Of a position that is due on that day."""
        if self.kind == "reduction":
            last = due - timedelta(days=self.days)
            return Rule(
                "reduction", self.reason, None, last, self.cents, self.rate, self.yearly_rate
            )
        return amounts.late_fee(
            due, self.reason, after_days=self.days, cents=self.cents, rate=self.rate,
            yearly_rate=self.yearly_rate,
        )  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """What is asked once the list is final (F001-047…055). `due` is for those that have none.
    `hard_end`: nobody may pay after `ends` (D15), which is indicative else.

    `late_fee_cents` are added `late_fee_days` after the day by which it is due, and `changes` as
    they say; they concern the whole amount, never an instalment.
    """

    description: str
    ends: date
    due: date | None = None
    grouped: bool = False
    subject: str = ""
    plan: Plan | None = None
    late_fee_cents: int = 0
    late_fee_days: int = 0
    changes: tuple[Change, ...] = ()
    hard_end: bool = False

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise Rejected("flow_description", "Say what the flow is, such as Quota Anno 2026.")
        if self.grouped and not self.subject.strip():
            raise Rejected("flow_subject", "Grouped dues need a description for the notice.")
        if len(self.subject) > SUBJECT_CHARS:
            raise Rejected(
                "flow_subject", "The description is too long.", limit_chars=SUBJECT_CHARS
            )
        if self.plan:
            plans.check(self.plan)

    @property
    def numbers(self) -> int:
        """How many notice numbers each position takes."""
        return 1 if self.plan is None else self.plan.count + self.plan.whole

    def check_end(self, today: date) -> None:
        """Rejected as `model.check_end`, by the days that are known before the dues are read."""
        if self.hard_end:
            last = self.plan.last_due if self.plan else None
            model.check_end(self.ends, (self.due, last), today)


@dataclass(frozen=True)
class Draft:
    """A position that is still to be numbered: `asked` are the payments without their IUVs."""

    dues: tuple[Due, ...]
    lines: tuple[Line, ...]
    cents: int
    subject: str
    asked: tuple[Payment, ...]
    rules: tuple[Rule, ...] = field(default=())


def group(
    dues: Iterable[Due], services: Mapping[str, Service], grouped: bool, today: date
) -> list[tuple[str, ...]]:
    """The ids of dues that make one position each.

    Grouped, a person's dues go together, oldest year first, into as few notices as hold five
    transfers and the greatest amount; a due is never split. A digital stamp is a transfer of its
    own, at the price of `today`; one document is stamped once in a notice.
    """
    if not grouped:
        return [(due.id,) for due in dues]
    by_person: dict[str, list[Due]] = {}
    for due in dues:
        by_person.setdefault(due.person, []).append(due)
    found: list[tuple[str, ...]] = []
    for owed in by_person.values():
        owed.sort(key=lambda due: (due.year, due.created_at, due.id))
        found += _packed(owed, services, today)
    return found


def _packed(
    owed: Sequence[Due], services: Mapping[str, Service], today: date
) -> list[tuple[str, ...]]:  # fmt: skip
    packed: list[tuple[list[str], list[Line]]] = []
    for due in owed:
        mine = _lines([due], services, today)
        for ids, lines in packed:
            if _fits([*lines, *mine]):
                ids.append(due.id)
                lines += mine
                break
        else:
            packed.append(([due.id], mine))
    return [tuple(ids) for ids, _ in packed]


def _fits(lines: Sequence[Line]) -> bool:
    stamped = [line.stamp for line in lines if line.stamp]
    return (
        len({(line.iban, line.taxonomy, line.stamp) for line in lines}) <= TRANSFERS
        and sum(line.cents for line in lines) <= limits.AMOUNT_CENTS
        and len(lines) <= limits.LINES
        and len(set(stamped)) == len(stamped)
    )


def _lines(dues: Iterable[Due], services: Mapping[str, Service], today: date) -> list[Line]:
    """What dues ask for; the stamps come last, as in what is made by hand."""
    known = list(dues)
    found = [
        Line(
            service=due.service,
            reason=due.reason,
            cents=due.cents,
            taxonomy=services[due.service].taxonomy,
            iban=services[due.service].iban,
            chapter=due.chapter,
            provenance=due.provenance,
            year=due.year,
            due=due.id,
        )
        for due in known
    ]
    return found + [
        Line(
            due.service, stamps.REASON, stamps.cents_on(today), services[due.service].taxonomy, "",
            year=today.year, stamp=due.stamp,
        )
        for due in known
        if due.stamp
    ]  # fmt: skip


def check_stamps(dues: Iterable[Due], given: Parameters) -> None:
    """That what is asked is possible for what buys a digital stamp, which one payment pays at one
    price. Rejected `instalments_stamp`, `position_rules`."""
    if not any(due.stamp for due in dues):
        return
    if given.plan:
        raise Rejected("instalments_stamp", "A digital stamp is not bought by instalments.")
    if given.changes or given.late_fee_cents:
        raise Rejected(
            "position_rules", "Only what is paid at once, without a stamp, changes by the day."
        )


def draft(
    dues: Sequence[Due], services: Mapping[str, Service], given: Parameters, today: date
) -> Draft:
    """A position of these dues of one person. Rejected `flow_due_missing`, `ends_before_due`, and
    as `amounts`, `check_stamps`."""
    check_stamps(dues, given)
    lines = tuple(_lines(dues, services, today))
    cents = amounts.check(sum(line.cents for line in lines))
    days = [due.due or given.due for due in dues]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        raise Rejected("flow_due_missing", "Say by when those are to be paid that do not say it.")
    # One notice, one day: the first, so that none of its parts is late.
    last = min(known)
    if given.hard_end and last > given.ends:
        raise Rejected("ends_before_due", "It would end before it is due.")
    subject = given.subject.strip() if given.grouped else dues[0].reason
    return Draft(
        dues=tuple(dues),
        lines=lines,
        cents=cents,
        subject=subject,
        asked=plans.payments(cents, last, given.plan),
        rules=rules_of(given, last),
    )


def rules_of(given: Parameters, due: date) -> tuple[Rule, ...]:
    """The dated rules of a position, evaluated whenever it is asked for."""
    changes = given.changes
    if given.late_fee_cents:
        reason = "Maggiorazione per ritardo"
        fee = Change("late_fee", reason, given.late_fee_days, given.late_fee_cents)
        changes = (fee, *changes)
    return tuple(one.rule(due) for one in changes)
