"""The operator's commands about what is sold: the price list, orders, coupons.

Part of `python -m infra.operate`.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

from chalicelib.accounts import audit
from chalicelib.accounts.audit import Action
from chalicelib.base import clock
from chalicelib.base.dynamo import Key, Put
from chalicelib.base.errors import Rejected
from chalicelib.base.work import Wakes
from chalicelib.credits import activation, catalogue, orders, products
from chalicelib.credits.order import Coupon, written
from infra.keeping import OPERATOR

ORDERS_SHOWN = 200


class Unwoken(Wakes):
    """From here no queue is reached: the sweeper wakes what is due within a minute."""

    def add(self, queue: str, key: Key) -> None:
        del queue, key


def add(acts: Any) -> None:
    """Add the commands to the parser's."""
    prices = acts.add_parser("catalogue", help="show the price list, or put another in force")
    prices.add_argument("--file", help="JSON as `catalogue` prints it; - for standard input")
    prices.set_defaults(do=_catalogue)
    placed = acts.add_parser("orders", help="orders that wait for their payment")
    placed.set_defaults(do=_orders)
    confirm = acts.add_parser("confirm-order", help="an order is paid: its credits are there")
    confirm.add_argument("--reseller", required=True)
    confirm.add_argument("--order", required=True)
    confirm.add_argument("--paid-on", type=_day, default="", metavar="DAY", help="of the transfer")
    confirm.set_defaults(do=_confirm)
    cancel = acts.add_parser("cancel-order", help="give up an order that was never paid")
    cancel.add_argument("--reseller", required=True)
    cancel.add_argument("--order", required=True)
    cancel.set_defaults(do=_cancel)
    coupon = acts.add_parser("coupon", help="waive the set-up of one later order")
    coupon.add_argument("--reseller", required=True)
    coupon.add_argument("--code", required=True)
    coupon.add_argument("--until", type=_day, default="", metavar="DAY", help="its last day")
    coupon.set_defaults(do=_coupon)
    served = acts.add_parser("served", help="give back a customer's set-up: he is served already")
    served.add_argument("--reseller", required=True)
    served.add_argument("--customer", required=True)
    served.add_argument("--product", default=products.PRESERVATION, choices=activation.ACTIVATED)
    served.set_defaults(do=_served)


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat() if text else ""  # argparse reads defaults too


def _catalogue(given: argparse.Namespace) -> None:
    if not given.file:
        print(json.dumps(catalogue.to_json(orders.catalogue(clock.now())), indent=2,
                         ensure_ascii=False))  # fmt: skip
        return
    text = sys.stdin.read() if given.file == "-" else Path(given.file).read_text("utf-8")
    try:
        found = catalogue.from_json(json.loads(text))
    except json.JSONDecodeError as error:
        raise Rejected("catalogue_invalid", f"The file is not JSON: {error}") from error
    orders.install(found)
    print(f"The list {found.id} is in force from {found.valid_from} on.")


def _orders(_given: argparse.Namespace) -> None:
    found = orders.list_placed(ORDERS_SHOWN)
    for tenant, one in found:
        total = written(one.quote.total_cents, "en")
        print(one.placed_at, tenant, one.id, one.reference, total)
    if not found:
        print("No order waits.")


def _confirm(given: argparse.Namespace) -> None:
    also = [_told(given, Action.ORDER_CONFIRMED)]
    done = orders.confirm(given.reseller, given.order, clock.now(), Unwoken(), given.paid_on, also)
    print(f"{done.reference} is confirmed; its credits are there and its letter is on its way.")


def _cancel(given: argparse.Namespace) -> None:
    also = [_told(given, Action.ORDER_CANCELLED)]
    done = orders.cancel(given.reseller, given.order, clock.now(), Unwoken(), also)
    print(f"{done.reference} is cancelled.")


def _coupon(given: argparse.Namespace) -> None:
    orders.give_coupon(given.reseller, Coupon(given.code, given.until))
    print(f"{given.reseller} may use {given.code} once, from his second order on.")


def _served(given: argparse.Namespace) -> None:
    back = activation.refund(given.reseller, given.customer, given.product, clock.now())
    print(f"{written(back.cents, 'en')} go back with the next order of {given.reseller}.")


def _told(given: argparse.Namespace, action: Action) -> Put:
    """What the operator does is in the tenant's trail, once for each order."""
    what = f"order:{given.order}"
    return audit.entry(given.reseller, OPERATOR, action, what, clock.now(), name=given.order)
