"""What of a position is shown, to whoever has half the key and to whoever has the whole. Pure.

A state is said in five words. `paid` is only what the node's receipt says; that a payer came back
from Checkout and says that he has paid makes it `verifying`, for as long as a receipt may take.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from chalicelib.base import clock, limits
from chalicelib.payments.positions import model
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.positions.states import State

NoticeState = Literal["payable", "verifying", "paid", "closed", "not_payable"]
_PAYABLE: Final[frozenset[State]] = frozenset({"published", "valid", "partially_paid"})


@dataclass(frozen=True)
class Instalment:
    number: int
    notice: str
    cents: int
    due: date | None
    state: NoticeState


@dataclass(frozen=True)
class Shown:
    """`cents`: what is asked for on that day. The fields from `subject` on are None to whoever has
    half the key only: a reason for paying tells much of a person."""

    notice: str
    cents: int
    due: date | None
    state: NoticeState
    subject: str | None = None
    lines: tuple[tuple[str, int], ...] | None = None
    instalments: tuple[Instalment, ...] | None = None


def state_of(
    position: Position, payment: Payment, now: datetime, returned_at: str = ""
) -> NoticeState:
    """`returned_at`: when a payer came back and said that he had paid it, "" for nobody."""
    if payment.state == "paid":
        return "paid"
    if payment.state == "closed":
        return "closed" if position.state != "invalid" else "not_payable"
    # Whoever began before a hard end may have paid, although nobody may begin any more.
    over = model.is_over(position, clock.rome_day(now))
    if position.state not in _PAYABLE and not over:
        return "not_payable"
    if returned_at and _lately(returned_at, now):
        return "verifying"
    return "not_payable" if over else "payable"


def _lately(instant: str, now: datetime) -> bool:
    return now - clock.parse(instant) < timedelta(seconds=limits.VERIFYING_S)


def show(
    position: Position, payment: Payment, full: bool, returned_at: str, now: datetime
) -> Shown:
    """As it is at this moment."""
    today = clock.rome_day(now)
    shown = Shown(
        payment.notice,
        model.asked(position, payment, today).cents,
        payment.due,
        state_of(position, payment, now, returned_at),
    )
    if not full:
        return shown
    due = model.asked(position, payment, today)
    lines = (
        tuple((line.reason, line.cents) for line in position.lines)
        if not payment.number
        else ((position.subject, payment.cents),)
    )
    parts = tuple((part.reason, part.cents) for part in due.parts)
    return Shown(
        shown.notice, shown.cents, shown.due, shown.state, position.subject, lines + parts,
        tuple(
            Instalment(
                one.number, one.notice, one.cents, one.due, state_of(position, one, now)
            )
            for one in position.instalments
        ),
    )  # fmt: skip
