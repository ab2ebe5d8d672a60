"""A receipt, the two facts it is compared by, and what it does to a position. Pure.

Source: ctReceipt and ctReceiptV2 of paForNode.xsd (pagopa.md section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from chalicelib.payments.positions import model as positions
from chalicelib.payments.positions import states
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.positions.states import Event, State

Source = Literal["node", "gpd", "biz"]
SOURCES: Final[tuple[Source, ...]] = Source.__args__  # type: ignore[attr-defined]
Pairs = tuple[tuple[str, str], ...]
# What is found of a digital stamp that came. fits: it is what was asked for. plain: it is one at
# that price, and nobody knows what was asked for. missing: the receipt says that one was bought and
# brings none. unreadable: it is none by the tax agency's schema.
StampCheck = Literal["fits", "plain", "missing", "unreadable", "other_document", "other_amount"]


@dataclass(frozen=True)
class Subject:
    """Who owed or who paid. `kind` "F" a person, "G" a company; `code` may be "ANONIMO"."""

    kind: str
    code: str
    name: str
    street: str = ""
    house: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    country: str = ""
    mail: str = ""


@dataclass(frozen=True)
class ReceiptTransfer:
    """What went to one account. `creditor` may be another body's fiscal code; `stamp`: it bought a
    digital stamp ("marca da bollo"), then there is no `iban`."""

    number: int
    creditor: str
    cents: int
    iban: str
    reason: str
    category: str
    stamp: bool = False
    company: str = ""
    metadata: Pairs = ()


@dataclass(frozen=True)
class Receipt:
    """Money that was paid. `id` is the node's receiptId, elsewhere called IUR or payment token;
    `creditor` the fiscal code that the notice was of.

    `paid_at` is an instant as `clock.stamp` writes it, "" where the receipt has none; `day` the day
    of the payment in Rome; `applied_on` and `transferred_on` are the PSP's own days, "" for none.
    `note` carries what the payer's channel said, such as the cart of Checkout.

    Ours: `position` and the `number` of the payment in it ("" and 0: we asked for no such thing),
    `double`: what it paid had been paid already, `raw_key`: where its bytes are. `settled_as`: a
    settlement flow stood for it before it came, under that IUR; None: none did.
    """

    id: str
    iuv: str
    creditor: str
    cents: int
    fee_cents: int | None
    paid_at: str
    day: str
    method: str
    channel: str
    psp_id: str
    psp_name: str
    description: str
    company: str
    transfers: tuple[ReceiptTransfer, ...]
    source: Source
    debtor: Subject | None = field(default=None, repr=False)
    payer: Subject | None = field(default=None, repr=False)
    position: str = ""
    number: int = 0
    double: bool = False
    received_at: str = ""
    notice: str = ""
    office: str = ""
    psp_code: str = ""
    channel_name: str = ""
    applied_on: str = ""
    transferred_on: str = ""
    note: str = field(default="", repr=False)
    metadata: Pairs = ()
    stand_in: bool = False
    raw_key: str = ""
    settled_as: str | None = None


def same_money(one: Receipt, other: Receipt) -> bool:
    """Whether two receipts of one id tell of the same payment, however each was written.

    The node's two versions, GPD and Biz events differ in much, but not in these.
    """
    return (one.creditor, one.iuv, one.cents) == (other.creditor, other.iuv, other.cents)


@dataclass(frozen=True)
class Effect:
    """What a receipt does to a position; `double`: that had been paid already."""

    state: State
    payments: tuple[Payment, ...]
    event: Event
    double: bool


def effect(position: Position, number: int, day: date | None = None, cents: int = 0) -> Effect:
    """What it does that the payment `number` was paid (`cents` on that `day`), in whatever state
    the position is.

    Money that came is never refused: a cancelled or expired position becomes paid. What another
    position asks for anew is paid twice, once it comes here.
    """
    if any(one.anew for one in position.payments if one.number == number):
        return Effect(position.state, position.payments, "pay_part", double=True)
    payments, _ = positions.paid(position, number, day, cents)
    event: Event = "pay" if positions.is_settled(payments) else "pay_part"
    return Effect(states.after(position.state, event), payments, event, _double(position, number))


def is_late(position: Position, day: date) -> bool:
    """Whether a payment of that day came after the hard end: it is money all the same, and its
    event says so."""
    return position.hard_end and day > position.ends


def completes(payment: Payment, receipt: Receipt) -> bool:
    """Whether it is the receipt that a settlement flow stood for: of the flow's own IUR; where the
    flow named none, of its PSP, day and amount."""
    there = payment.stood_in
    if there is None:
        return False
    if there.iur:
        return there.iur == receipt.id
    mine = receipt.psp_id.upper(), receipt.day, receipt.cents
    return mine == (there.psp, there.day.isoformat(), there.cents)


def completed(position: Position, number: int, day: date, cents: int) -> tuple[Payment, ...]:
    """The payments once the receipt of one that a flow stood for is there: no money came again."""
    return tuple(
        replace(one, paid_on=day, paid_cents=cents, stood_in=None) if one.number == number else one
        for one in position.payments
    )


def _double(position: Position, number: int) -> bool:
    if position.state in ("paid", "reported", "paid_outside"):
        return True
    mine = next(one for one in position.payments if one.number == number)
    if mine.state == "paid":
        return True
    # The whole of what was paid in part; instalments beside a paid whole are in a paid position.
    return number == 0 and any(one.state == "paid" for one in position.payments)
