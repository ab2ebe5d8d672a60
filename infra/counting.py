"""The operator's commands that count again: the book of credits, the sums of debt positions.

Part of `python -m infra.operate`.
"""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.credits import monitor
from chalicelib.payments.positions import counts


def add(acts: Any) -> None:
    """Add the command to the parser's."""
    verify = acts.add_parser(
        "credits-verify", help="whether every balance of credits follows from the book"
    )
    verify.add_argument("--tenant", required=True)
    verify.set_defaults(do=_verify)
    recount = acts.add_parser(
        "positions-verify", help="whether a body's sums follow from its positions"
    )
    recount.add_argument("--tenant", required=True)
    recount.add_argument("--repair", action="store_true", help="make them follow")
    recount.set_defaults(do=_recount)


def _verify(given: argparse.Namespace) -> None:
    accounts.get_reseller(given.tenant)
    found = monitor.verify(given.tenant, clock.now())
    if found.faults:
        raise Rejected(
            "credits_differ",
            f"{len(found.faults)} balances of {given.tenant} differ from the book. While documents "
            "move, ask again before you believe it.",
            differences=[
                f"{one.where}: the book says {one.booked}, stored is {one.stored}"
                for one in found.faults
            ],
        )
    print(f"The book of {given.tenant} agrees: {found.entries} entries, {found.lots} lots.")


def _recount(given: argparse.Namespace) -> None:
    accounts.get_reseller(given.tenant)
    found = counts.recount(given.tenant)
    if not found.quiet:
        raise Rejected(
            "positions_moving", f"Positions of {given.tenant} change all the time: ask again later."
        )
    if found.differences and not given.repair:
        raise Rejected(
            "sums_differ",
            f"{len(found.differences)} sums of {given.tenant} do not follow from its positions; "
            "--repair makes them.",
            differences=[
                f"{row} {name}: {number:+d}"
                for (row, name), number in sorted(found.differences.items())
            ],
        )
    if found.differences:
        counts.repair(given.tenant, found)
        print(f"{len(found.differences)} sums of {given.tenant} were put right.")
        return
    print(f"The sums of {given.tenant} follow from its {found.positions} positions.")
