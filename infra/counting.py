"""The operator's command about credits: count the book again.

Part of `python -m infra.operate`.
"""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.accounts import service as accounts
from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.credits import monitor


def add(acts: Any) -> None:
    """Add the command to the parser's."""
    verify = acts.add_parser(
        "credits-verify", help="whether every balance of credits follows from the book"
    )
    verify.add_argument("--tenant", required=True)
    verify.set_defaults(do=_verify)


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
