"""A debt position: lines, transfers, payments, and what is due on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts, iuv
from chalicelib.payments.amounts import Due, Rule
from chalicelib.payments.positions import states
from chalicelib.payments.positions.states import OPEN, State
from chalicelib.payments.stamps import Stamp

Origin = Literal["dues", "spontaneous"]
PaymentState = Literal["unpaid", "paid", "closed"]
# The node's own (pagopa.md section 14).
TRANSFERS: Final = 5


@dataclass(frozen=True)
class Line:
    """What part of the amount is for: one due, one item of a service, or a digital `stamp`, whose
    money goes to no account of the body (`iban` "")."""

    service: str
    reason: str
    cents: int
    taxonomy: str
    iban: str
    chapter: str = ""
    provenance: str = ""
    year: int = 0
    due: str = ""
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Transfer:
    """What goes to one account under one code of the taxonomy, or buys one digital stamp."""

    iban: str
    taxonomy: str
    cents: int
    stamp: Stamp | None = None

    def holds(self, line: Line) -> bool:
        """Whether the money of a line is in it."""
        mine = self.iban, self.taxonomy, self.stamp
        return mine == (line.iban, line.taxonomy, line.stamp)


@dataclass(frozen=True)
class StandIn:
    """The line of a settlement flow that stands for a receipt which nobody has. `iur` "": the line
    names none; then the receipt is known by PSP, day and `cents` (pagopa.md section 7, rule 6)."""

    iur: str
    psp: str
    day: date
    cents: int


@dataclass(frozen=True)
class Anew:
    """The position that asks anew for an instalment whose money was taken back; `lines`: what of
    its first position the instalment had paid, for whoever accounts for that."""

    position: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Payment:
    """One notice number: `number` 0 asks for the whole, 1 to n for an instalment. `closed`: what it
    asked for was paid the other way. `paid_on` (a day in Rome) and `paid_cents`: what came for it
    first, by the node or past it; None and 0 while nothing did. `reported`: a settlement flow has
    it. `stood_in`: its receipt is still to come. `anew`: it is no part of this position any more,
    but its number is."""

    number: int
    iuv: str
    cents: int
    due: date | None
    state: PaymentState = "unpaid"
    paid_on: date | None = None
    paid_cents: int = 0
    reported: bool = False
    stood_in: StandIn | None = None
    anew: Anew | None = None

    @property
    def notice(self) -> str:
        """The 18 digits that are printed."""
        return iuv.notice_number(self.iuv)


@dataclass(frozen=True)
class Position:
    """`person` is the blind index of the debtor. `ends` is indicative: a position is payable after
    it (D15), unless the operator asked for a `hard_end`: then that is the last day on which a
    payment of it may begin. `rules` change the whole amount by the day; instalments are as planned.
    """

    id: str
    state: State
    origin: Origin
    person: str
    creditor: str
    subject: str
    cents: int
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    created_at: str
    ends: date
    flow: str = ""
    rules: tuple[Rule, ...] = ()
    version: int = 1
    hard_end: bool = False

    @property
    def whole(self) -> Payment | None:
        return next((one for one in self.payments if one.number == 0), None)

    @property
    def instalments(self) -> tuple[Payment, ...]:
        """Those that make its amount: what is asked for anew elsewhere is none of them."""
        return tuple(one for one in self.payments if one.number and not one.anew)

    @property
    def year(self) -> int:
        """The one that names its notice: the latest it asks for, else that of its end."""
        return max((line.year for line in self.lines), default=0) or self.ends.year

    @property
    def has_stamp(self) -> bool:
        """Whether it buys a digital stamp: then only the node can be paid, never a Poste slip."""
        return any(line.stamp for line in self.lines)


def transfers(lines: Iterable[Line]) -> tuple[Transfer, ...]:
    """What goes where, in the order in which it first comes. Rejected `transfers_too_many`."""
    sums: dict[tuple[str, str, Stamp | None], int] = {}
    for line in lines:
        key = line.iban, line.taxonomy, line.stamp
        sums[key] = sums.get(key, 0) + line.cents
    if len(sums) > TRANSFERS:
        raise Rejected(
            "transfers_too_many", "A notice pays to five places at most.", most=TRANSFERS
        )
    return tuple(
        Transfer(iban, taxonomy, cents, stamp) for (iban, taxonomy, stamp), cents in sums.items()
    )


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines as instalments lie over them: those of one transfer together."""
    known = tuple(lines)
    return tuple(line for each in transfers(known) for line in known if each.holds(line))


def asked(position: Position, payment: Payment, day: date) -> Due:
    """What a payment asks for on a day: the rules change the whole, never an instalment."""
    rules = position.rules if payment.number == 0 else ()
    return amounts.due_on(payment.cents, rules, day)


def check_end(ends: date, dues: Iterable[date | None], today: date) -> None:
    """That a hard end is possible for what is due on those days. Rejected `ends_past`,
    `ends_before_due`: a notice must not name a day on which it cannot be paid any more."""
    if ends < today:
        raise Rejected("ends_past", "That end has passed already.")
    if any(due > ends for due in dues if due is not None):
        raise Rejected("ends_before_due", "It would end before it is due.")


def has_ended(position: Position, day: date) -> bool:
    """Whether its hard end has passed without anybody having written so yet."""
    return position.hard_end and day > position.ends and position.state in states.ENDING


def is_over(position: Position, day: date) -> bool:
    """Whether nobody may begin to pay it on that day because of its hard end."""
    return position.state == "expired" or has_ended(position, day)


def on(position: Position, day: date) -> Position:
    """The position in the state that counts on that day, whatever is written: nothing that is read
    waits for the night's work."""
    if not has_ended(position, day):
        return position
    return replace(position, state=states.after(position.state, "expire"))


def to_pay(position: Position) -> tuple[Payment, ...]:
    """What may still be paid of it, the whole first: of a plan of which something was paid what is
    left, nothing of what was called off."""
    if position.state not in OPEN:
        return ()
    return tuple(one for one in position.payments if one.state == "unpaid")


def next_to_pay(position: Position) -> Payment:
    """The first that may still be paid; where nothing may, the first of all."""
    return next(iter(to_pay(position)), position.payments[0])


def asked_in_all(position: Position, day: date) -> int:
    """Cents that its notice asks for on a day: the whole, where it may be paid at once, else what
    is left of the plan."""
    left = to_pay(position)
    first = [one for one in left if one.number == 0] or left
    return sum(asked(position, one, day).cents for one in first)


def is_settled(payments: Iterable[Payment], *, reported: bool = False) -> bool:
    """Whether the whole was paid, or every instalment; `reported`: and flows have that."""
    done = {
        one.number: one.state == "paid" and (one.reported or not reported)
        for one in payments if not one.anew
    }  # fmt: skip
    # Not "nothing is left to pay": of a plan that was called off nothing is, whatever was paid.
    rates = [found for number, found in done.items() if number]
    return done.get(0, False) or (bool(rates) and all(rates))


def paid(
    position: Position, number: int, day: date | None = None, cents: int = 0
) -> tuple[tuple[Payment, ...], bool]:
    """The payments once this one was paid (`cents` on that `day`), and whether nothing is left.

    Paying the whole closes the instalments; an instalment closes the whole.
    """
    found: list[Payment] = []
    for one in position.payments:
        if one.number == number:
            state: PaymentState = "paid"
            if not one.paid_cents:
                one = replace(one, paid_on=day, paid_cents=cents)
        elif one.state == "unpaid" and (number == 0 or one.number == 0):
            state = "closed"
        else:
            state = one.state
        found.append(replace(one, state=state))
    return tuple(found), all(one.state != "unpaid" for one in found)
