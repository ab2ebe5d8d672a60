"""How many there are of each in the citizens' part of `make run`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """Dues are of members and of companies; whoever is `late`, `later` … is one of the citizens.

    The citizens' wishes must be fewer than the dues; the receipts more than those which the
    settlement gets wrong (`forgotten` … `with_stranger`), by two at least.
    """

    dues: int = 200
    companies: int = 20  # they pay in two instalments, or all at once
    late: int = 5  # their day was before today
    citizens: int = 40
    twice: int = 3  # they pay at two places at the same moment
    later: int = 4  # their receipt comes when they have long gone home
    repeated: int = 3  # the node tells their receipt twice
    instalments: int = 6  # companies: half of them pay the first only
    cancelled: int = 2  # they turn back at Checkout
    pairs: int = 2  # one cart, two notices
    forgotten: int = 1  # receipts that no flow reports
    late_money: int = 2  # receipts in the flow whose transfer the bank has not booked yet
    short: int = 2  # receipts in the flow that a cent is missing of
    with_stranger: int = 2  # receipts in the flow that has a line which nobody has a receipt of


USUAL = Story()
