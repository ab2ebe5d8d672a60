"""The operator's commands about people: who manages a tenant, who is of support.

Part of `python -m infra.operate`. What they print is a link for one person: it is good once, for
three days, and makes the password; the second factor is asked for at the first login.
"""

from __future__ import annotations

import argparse
import secrets
from typing import Any

from chalicelib.accounts import registration
from chalicelib.accounts import service as accounts
from chalicelib.accounts.grants import KINDS
from chalicelib.accounts.model import Reseller
from chalicelib.base import clock, keys
from chalicelib.base.errors import Rejected
from infra.keeping import OPERATOR


def add(acts: Any) -> None:
    """Add the commands to the parser's."""
    opened = acts.add_parser("open", help="somebody who manages a tenant, and the tenant if new")
    opened.add_argument("--kind", required=True, choices=[one for one in KINDS if one != "house"])
    opened.add_argument("--id", required=True, help="a-z, 0-9, dashes")
    opened.add_argument("--name", default="", help="of a new tenant")
    opened.add_argument("--mail", default="", help="of a new tenant: where it is written to")
    opened.add_argument("--language", choices=("it", "en"), default="it")
    _of_person(opened)
    opened.set_defaults(do=_open)
    payer = acts.add_parser("payer", help="a reseller pays for a practice's documents")
    payer.add_argument("--practice", required=True)
    payer.add_argument("--reseller", default="", help="nobody: the practice pays for itself")
    payer.add_argument("--customer", default="", help="the practice's id among his customers")
    payer.set_defaults(do=_payer)
    support = acts.add_parser("open-support", help="somebody of the house who may help")
    _of_person(support)
    support.set_defaults(do=_support)


def _of_person(parser: Any) -> None:
    parser.add_argument("--head", required=True, metavar="MAIL", help="the person's address")
    parser.add_argument("--person", required=True, metavar="NAME")
    parser.add_argument("--url", required=True, help="of the pages: https://…")


def _open(given: argparse.Namespace) -> None:
    if not keys.is_tenant(given.id):
        raise Rejected("reseller_id", "A tenant's id is a-z, 0-9 and dashes, at most 40.")
    home = None
    if given.name or given.mail:
        home = Reseller(
            id=given.id,
            name=given.name,
            mail=given.mail,
            language=given.language,
            kind=given.kind,
            registered_at=clock.stamp(clock.now()),
        )
    _show(given, given.id, home)


def _support(given: argparse.Namespace) -> None:
    given.kind = "house"
    _show(given, keys.HOUSE, None)


def _payer(given: argparse.Namespace) -> None:
    home = accounts.get_reseller(given.practice)
    if given.reseller:
        accounts.get_customer(accounts.get_reseller(given.reseller).id, given.customer)
    wanted = (given.reseller, given.customer if given.reseller else "")
    registration.set_payer(home.id, home, wanted, OPERATOR, clock.now())
    print(f"The documents of {home.id} are paid by {given.reseller or 'itself'}.")


def _show(given: argparse.Namespace, tenant: str, home: Reseller | None) -> None:
    token = secrets.token_urlsafe(32)
    made = registration.open_tenant(
        tenant, home, given.kind, given.head, given.person, token, clock.now()
    )
    print(f"{given.head} is {made.grant.role} of {tenant}.")
    if made.token:
        print(f"For the password, shown only now: {given.url.rstrip('/')}/password#{made.token}")
    else:
        print("The address has an account already: its password stays.")
