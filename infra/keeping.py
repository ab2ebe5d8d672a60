"""The operator's commands about what must be kept, and kept secret: audit trails and data keys.

Part of `python -m infra.operate`.
"""

from __future__ import annotations

import argparse
from typing import Any

from chalicelib.accounts import audit, audit_store
from chalicelib.accounts.audit import Action, Actor
from chalicelib.base import clock, dynamo, fields, keys
from chalicelib.base.errors import Rejected

OPERATOR = Actor("support", "operator")


def add(acts: Any) -> None:
    """Add the commands to the parser's."""
    verify = acts.add_parser("audit-verify", help="whether an audit trail is as it was written")
    verify.add_argument("--tenant", required=True)
    verify.add_argument(
        "--anchor", action="append", default=[], metavar="N:HASH", help="an entry as kept elsewhere"
    )
    verify.set_defaults(do=_verify)
    rotate = acts.add_parser("rotate-key", help="a new key for what a tenant seals from now on")
    rotate.add_argument("--tenant", required=True)
    rotate.set_defaults(do=_rotate)
    delete = acts.add_parser("delete-key", help="make a tenant's sealed data unreadable, for ever")
    delete.add_argument("--tenant", required=True)
    delete.add_argument("--for-ever", required=True, metavar="TENANT", help="the id once more")
    delete.set_defaults(do=_delete)


def _verify(given: argparse.Namespace) -> None:
    anchors = {}
    for text in given.anchor:
        n, _, hash = text.partition(":")
        if not n.isdigit() or not hash:
            raise Rejected("anchor", "An anchor is <number>:<hash>.")
        anchors[int(n)] = hash
    found = audit_store.verify(given.tenant, anchors)
    if found is not None:
        raise Rejected("audit_broken", str(found))
    last = audit_store.head(given.tenant)
    print(f"The trail of {given.tenant} is whole: {last.n} entries.")
    if last.n:
        print(f"Keep this elsewhere and verify with it later: --anchor {last.n}:{last.hash}")


def _rotate(given: argparse.Namespace) -> None:
    number = fields.rotate_key(given.tenant, [_told(given, Action.DATA_KEY_ROTATED)])
    print(f"Key {number} of {given.tenant} seals from now on; what was sealed stays readable.")


def _delete(given: argparse.Namespace) -> None:
    if given.for_ever != given.tenant or not keys.is_tenant(given.tenant):
        raise Rejected("tenant", "Say the tenant's id twice.")
    fields.delete_key(given.tenant, [_told(given, Action.DATA_KEY_DELETED)])
    print(f"What was sealed for {given.tenant} cannot be read any more.")
    print("Backups of the table hold its wrapped key until they end (35 days).")


def _told(given: argparse.Namespace, action: Action) -> dynamo.Put:
    """What the operator does is in the tenant's trail."""
    return audit.entry(given.tenant, OPERATOR, action, "data_key", clock.now())
