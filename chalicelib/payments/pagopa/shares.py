"""What of a payment goes to which account, to the cent. Pure.

The transfers of a position stand one behind the other on a line as long as its amount, and so do
its instalments: an instalment pays what lies over it. So each instalment's shares make its amount
and each transfer's shares make the transfer, without anything to round. What rules add goes to the
first share, what they take off is taken off from the end. A digital stamp has one price: it is
asked for only where neither rules nor instalments could cut it (`positions.make`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.payments.positions.model import Payment, Position, Transfer, asked, transfers


def shares(position: Position, payment: Payment, day: date) -> tuple[Transfer, ...]:
    """Where the money of this payment goes if it is paid on that day; none of them is empty.

    Their sum is what is asked then. Rejected `transfers_too_many`.
    """
    wanted = asked(position, payment, day).cents
    before = sum(
        one.cents for one in position.instalments if payment.number and one.number < payment.number
    )
    found: list[Transfer] = []
    start = 0
    for each in transfers(position.lines):
        low, high = max(start, before), min(start + each.cents, before + wanted)
        if high > low:
            found.append(replace(each, cents=high - low))
        start += each.cents
    more = wanted - sum(one.cents for one in found)
    if more and found:
        found[0] = replace(found[0], cents=found[0].cents + more)
    return tuple(found)
