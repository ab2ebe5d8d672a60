"""The only place where posting meets the match: what may be posted, and that it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from chalicelib.accounting import postable
from chalicelib.accounting.posting.model import Payment, Share
from chalicelib.base.dynamo import Op, Put


def _payment(found: postable.Postable) -> Payment:
    return Payment(
        key=found.key, iuv=found.iuv, iur=found.iur, transfer=found.transfer, cents=found.cents,
        paid_day=found.paid_day, flow_id=found.flow_id, psp=found.psp, bank=found.bank,
        bank_day=found.bank_day, provisional=found.provisional, position=found.position,
        lines=tuple(Share(*line) for line in found.lines), person=found.person,
        origin=found.origin, version=found.version, sospesi=found.sospesi,
    )  # fmt: skip


def list_payments(
    tenant: str, *, flow: str = "", statement: str = "", until: date | None = None
) -> list[Payment]:
    """What may be posted and is not: of a flow (its name), of a statement, or all of it."""
    found = postable.list_postable(tenant, flow=flow, statement=statement, until=until)
    return [_payment(one) for one in found]


def get_payments(tenant: str, keys: Iterable[str]) -> dict[str, Payment]:
    """Those of these that may be posted now."""
    return {key: _payment(one) for key, one in postable.get_many(tenant, keys).items()}


def mark(tenant: str, posted: Mapping[Payment, str], now: datetime) -> list[Op]:
    """Part of the commit that posts payments, each by its order: they are as they were read, and
    posted from now on. ConditionFailed at once where one is not."""
    ops = postable.posted(tenant, list(posted), next(iter(posted.values())), now)
    orders = {f"posted:{payment.key}": order for payment, order in posted.items()}
    # All are read in one go, so one order was named for all; each mark holds its own.
    own = [
        replace(op, item=op.item | {"order": orders[op.label]})
        if isinstance(op, Put) and op.label in orders
        else op
        for op in ops
    ]
    return postable.merged(own)


def release(tenant: str, orders: Mapping[str, Sequence[str]], now: datetime) -> list[Op]:
    """Part of the commit that takes orders back: the payments that each marked may be posted
    again."""
    ops = [
        op for order, keys in orders.items() for op in postable.released(tenant, keys, order, now)
    ]
    return postable.merged(ops)
