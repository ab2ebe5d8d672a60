"""Record a receipt, whoever brings it, and find it again.

Money that came is never refused: a receipt is kept whatever the state of the position, also when
there is none. It is kept once, by creditor and receipt id, whether the node, GPD or Biz events
brings it, and how often.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from chalicelib.base import clock, config, cursors, dynamo, ids, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.pagopa import telling
from chalicelib.payments.positions import counts
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position
from chalicelib.payments.receipts import model, store
from chalicelib.payments.receipts.model import Receipt, Source, StampCheck
from chalicelib.payments.stamps import Stamp

TASK: Final = "receipt"
# Others who change the position at the same moment: two receipts of one notice, a cancellation.
_TRIES: Final = 5
_CREDITOR: Final = re.compile(r"[0-9]{11}", re.ASCII)


def record(tenant: str, receipt: Receipt, raw: bytes, now: datetime, wakes: Wakes) -> Receipt:
    """Keep a receipt and what it does, in one commit; the same again gives what was kept.

    `receipt` as it was read; what is ours in it is filled in here. `raw` are the bytes it came as,
    kept unchanged. Rejected `receipt_malformed`, `receipt_duplicate` (409: another payment under
    the same id); Conflict when others keep changing its position.
    """
    _require(receipt)
    key = ""
    for _ in range(_TRIES):
        there = store.get(tenant, receipt.id, receipt.creditor)
        if there is not None:
            return _again(there, receipt)
        key = key or _keep(tenant, receipt, raw)
        mine = replace(receipt, received_at=clock.stamp(now), raw_key=key)
        ops, made = _decided(tenant, mine, now)
        try:
            wakes.commit(ops)
        except ConditionFailed:
            continue
        return made
    raise Conflict()


def _require(receipt: Receipt) -> None:
    creditor = receipt.creditor
    if not 1 <= len(receipt.id) <= limits.RECEIPT_ID_CHARS or not _CREDITOR.fullmatch(creditor):
        raise Rejected("receipt_malformed", "A receipt has an id and a creditor.")
    if not 1 <= receipt.cents <= limits.AMOUNT_CENTS:
        raise Rejected("receipt_malformed", "A receipt is of 0.01 to 999,999,999.99 euro.")


def _again(there: Receipt, receipt: Receipt) -> Receipt:
    if not model.same_money(there, receipt):
        raise Rejected(
            "receipt_duplicate", "Another payment has that receipt id.", status=409, id=receipt.id
        )
    return there


def _keep(tenant: str, receipt: Receipt, raw: bytes) -> str:
    """The bytes, under a name made of them, before anything says that they are there."""
    kind = "json" if raw.lstrip()[:1] in (b"{", b"[") else "xml"
    name = f"{store.name_of(receipt.id)}/{ids.sha256(raw)}.{kind}"
    key = f"{tenant}/receipts/{receipt.creditor}/{name}"
    s3.put(_place(key), raw, f"application/{kind}")
    return key


def _place(key: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), key)


def _decided(tenant: str, receipt: Receipt, now: datetime) -> tuple[list[Op], Receipt]:
    """The operations of the commit, and the receipt with what is ours in it."""
    ops: list[Op] = []
    found = _position(tenant, receipt)
    if found is not None:
        position, number = found
        receipt = replace(receipt, position=position.id, number=number)
        paid = next(one for one in position.payments if one.number == number)
        decide = _completed if model.completes(paid, receipt) else _paid
        ops, receipt = decide(tenant, receipt, position, now)
    ops += store.born(tenant, receipt)
    for queue in ("deliver", "reconcile"):
        ops.append(
            work.row(
                queue, store.partition(tenant, receipt.id), f"{TASK}-{receipt.creditor}", now,
                task=TASK, receipt=receipt.id, creditor=receipt.creditor,
                position=receipt.position,
            )
        )  # fmt: skip
    return ops, receipt


def _paid(
    tenant: str, receipt: Receipt, position: Position, now: datetime
) -> tuple[list[Op], Receipt]:
    """It pays its position, or pays it once more."""
    day = date.fromisoformat(receipt.day)
    done = model.effect(position, receipt.number, day, receipt.cents)
    new = replace(position, state=done.state, payments=done.payments, version=position.version + 1)
    event = "paid_twice" if done.double else done.event
    late = {"late": True} if model.is_late(position, day) else {}
    ops = _changed(tenant, position, new, event, receipt, **late)
    ops += telling.of(tenant, new, done.event, now)
    if position.state == "invalid":
        ops += _taken_back(tenant, position)
    return ops, replace(receipt, double=done.double)


def _completed(
    tenant: str, receipt: Receipt, position: Position, now: datetime
) -> tuple[list[Op], Receipt]:
    """A settlement flow stood for it: the same payment, now with its proof; pagoPA knows already.

    It goes into the accounting under the name that the flow gave it, for that may be posted.
    """
    day, number = date.fromisoformat(receipt.day), receipt.number
    name = next(one.stood_in.iur for one in position.payments
                if one.number == number and one.stood_in)  # fmt: skip
    payments = model.completed(position, number, day, receipt.cents)
    new = replace(position, payments=payments, version=position.version + 1)
    ops = _changed(tenant, position, new, "receipt_came", receipt)
    return ops, replace(receipt, settled_as=name)


def _changed(
    tenant: str, old: Position, new: Position, event: str, receipt: Receipt, **more: Any
) -> list[Op]:  # fmt: skip
    written = position_store.changed(
        tenant, new, event, receipt.received_at, f"{receipt.source}:{receipt.psp_id}",
        receipt=receipt.id, cents=receipt.cents, number=receipt.number, day=receipt.day,
        psp=receipt.psp_name, **more,
    )  # fmt: skip
    return [*written, *counts.ops(tenant, [(old, new)], old.id)]


def _position(tenant: str, receipt: Receipt) -> tuple[Position, int] | None:
    """What it paid, of those that we ask for on behalf of that creditor."""
    # The notice is what was paid; the IUV inside a receipt is the node's copy of it.
    number = receipt.notice[1:] if receipt.notice.startswith("3") else receipt.iuv
    place = position_store.find_position(tenant, number)
    found = position_store.get_position(tenant, place[0]) if place else None
    if place is None or found is None or found.creditor != receipt.creditor:
        return None
    return found, place[1]


def _taken_back(tenant: str, position: Position) -> list[Op]:
    """Dues that a cancellation had set free are asked for no more, unless another position does."""
    freed = due_store.get_dues(tenant, [line.due for line in position.lines if line.due])
    return [
        due_store.put_due(
            tenant,
            replace(due, state="placed", position=position.id, version=due.version + 1),
            due.version,
        )
        for due in freed.values()
        if due.state == "open"
    ]


# ------------------------------------------------------------------ found again
def get(tenant: str, receipt_id: str, creditor: str = "") -> Receipt:
    """One of them; the creditor only where an id may be of two. NotFound."""
    found = store.get(tenant, receipt_id, creditor)
    if found is None:
        raise NotFound("receipt")
    return found


def of_position(tenant: str, position_id: str) -> list[Receipt]:
    """The receipts of a position in the order in which they came; none of one that is unknown."""
    return store.of_position(tenant, position_id)


def raw(tenant: str, receipt_id: str, creditor: str = "") -> bytes:
    """The bytes that it came as. NotFound."""
    return bytes_of(get(tenant, receipt_id, creditor))


def bytes_of(receipt: Receipt) -> bytes:
    """The same of a receipt that is at hand."""
    return s3.get(_place(receipt.raw_key))


def stamp_of(receipt: Receipt, number: int = 0) -> bytes:
    """The digital stamp that its transfer `number` bought (0: the first that did), as it was
    signed. NotFound."""
    from chalicelib.payments.receipts import attached  # reads XML, which few who come here need

    bought = [one.number for one in receipt.transfers if one.stamp and number in (0, one.number)]
    found = attached.stamps(bytes_of(receipt)) if bought else {}
    for each in bought:
        if each in found:
            return found[each]
    raise NotFound("stamp")


def stamps_checked(tenant: str, receipt: Receipt) -> dict[int, StampCheck]:
    """Of each transfer that bought a digital stamp, by its number: whether the stamp that came is
    the one that the position asks for."""
    from chalicelib.payments.receipts import attached, stamped

    bought = [one for one in receipt.transfers if one.stamp]
    if not bought:
        return {}
    known = receipt.position
    position = position_store.get_position(tenant, known) if known else None
    asked: list[Stamp | None] = (
        [line.stamp for line in position.lines if line.stamp] if position else []
    )
    # They stand in the order in which they were asked for; else nobody can tell which is which.
    wanted = asked if len(asked) == len(bought) else [None] * len(bought)
    there = attached.stamps(bytes_of(receipt))
    return {
        one.number: stamped.check(there.get(one.number), stamp, one.cents)
        for one, stamp in zip(bought, wanted, strict=True)
    }


@dataclass(frozen=True)
class Wanted:
    """Which receipts: days of payment, both included; `double`, `unknown` (without a position of
    ours): only those, or only the others; None and "" do not count."""

    first: date | None = None
    last: date | None = None
    iuv: str = ""
    source: Source | None = None
    double: bool | None = None
    unknown: bool | None = None

    def matches(self, item: dynamo.Item) -> bool:
        """Whether an item of the store is one of them."""
        return (
            (self.first is None or item["day"] >= self.first.isoformat())
            and (self.last is None or item["day"] <= self.last.isoformat())
            and self.iuv in ("", item["iuv"])
            and self.source in (None, item["source"])
            and self.double in (None, item["double"])
            and self.unknown in (None, not item["position"])
        )


def list_receipts(
    tenant: str, wanted: Wanted = Wanted(), cursor: str = "", limit: int = limits.PAGE_ITEMS
) -> tuple[Sequence[Receipt], str]:
    """A page, the latest received first, and the next cursor ("" at the end)."""
    asked = ids.derive("receipts", tenant, repr(wanted))
    after = cursors.read(cursor, asked)
    found: list[Receipt] = []
    items = store.list_items(tenant, after, limits.PAGE_ITEMS_MAX)
    for count, item in enumerate(items, 1):
        if wanted.matches(item):
            found.append(store.read(tenant, item))
        if len(found) == limit or count == limits.FILTER_READ_ITEMS:
            return found, cursors.write(item["list_sk"], asked)
    return found, ""
