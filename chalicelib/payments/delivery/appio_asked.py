"""Which notices of a position App IO has asked for, and what is to be said once one is paid. Pure.

A message on IO cannot be withdrawn or changed: what it asked for stays in the citizen's list until
another message says otherwise. So after each payment whoever was asked is asked for the next
instalment, with its amount and day, and is told of each notice he has a message of that another
payment has closed (F001-186).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chalicelib.base.dynamo import Item
from chalicelib.payments.delivery.appio import payment_of
from chalicelib.payments.delivery.model import Attempt
from chalicelib.payments.positions.model import Payment, Position

# The first parts of the legs that attempts about one payment of a plan have.
NEXT: Final = "next"
CLOSED: Final = "closed"
_MAYBE_THERE: Final = frozenset({"sent", "uncertain"})
_PAYING: Final = frozenset({"pay", "pay_part", "paid_twice"})


def leg(kind: str, payment: Payment) -> str:
    """Of an attempt about this payment: the same payment is told of once."""
    return f"{kind}-{payment.number}"


def numbers(
    position: Position, events: Iterable[Item], attempts: Iterable[Attempt]
) -> frozenset[int]:
    """The numbers of the payments that a message may have asked for.

    An instalment's message says in its leg which; one of a run asked for the first payment that was
    open then, which the position's `events` (as `store.list_events`) tell.
    """
    paid = [
        (one["at"], one["facts"]["number"])
        for one in events
        if one["event"] in _PAYING and "number" in one["facts"]
    ]
    found: set[int] = set()
    for one in attempts:
        kind, _, number = one.leg.partition("-")
        if one.state not in _MAYBE_THERE or kind not in ("", NEXT):
            continue
        if number:
            found.add(int(number))
            continue
        at = one.claimed_at or one.ended_at
        before = {said for when, said in paid if when < at}
        asked = (each.number for each in position.payments if _is_open(each, before))
        found |= set(list(asked)[:1])
    return frozenset(found)


def _is_open(payment: Payment, paid: set[int]) -> bool:
    """Whether it could be paid when these were."""
    if payment.number:
        return payment.number not in paid and 0 not in paid
    return not paid


def following(position: Position, asked: frozenset[int]) -> Payment | None:
    """The instalment to ask for now that another one is paid; None where nothing is left, or its
    message is there."""
    found = payment_of(position) if position.state == "partially_paid" else None
    return found if found and found.number not in asked else None


def closed(position: Position, asked: frozenset[int]) -> list[Payment]:
    """The payments that a message asked for and that nobody has to make any more, because what
    they asked for was or is being paid otherwise."""
    return [one for one in position.payments if one.state == "closed" and one.number in asked]
