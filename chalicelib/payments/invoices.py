"""An invoice of a body that is paid through pagoPA: its payment block, and what it is tied to.

A position asks for the money of one invoice, an invoice's money is asked for by one position. The
tie is written before the invoice is handed in, under the id that it will have; it is given to
another invoice only when the first was never issued. How it was paid is the position's to say, so
it is read there and written nowhere else. Sources: fatturapa.md sections 2.4 and 9 (MP23 pagoPA,
CodicePagamento: what the issuer knows the payment by).

Where the position's money is taken back and another one asks for it, the tie goes with the debt.
The file does not: it was handed in with the first notice in it, and still names that one.

T#<tenant>#POSITION#<id>     INVOICE    the document that it pays
T#<tenant>#INVOICE#<id>      PAGOPA     the position that pays a document
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from chalicelib.accounts import service as accounts
from chalicelib.base import dynamo, keys
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Key, Op, Put
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.invoicing import states as documents_states
from chalicelib.invoicing import store as documents
from chalicelib.payments import bodies
from chalicelib.payments.dues.model import Person
from chalicelib.payments.positions import states, store
from chalicelib.payments.positions.model import Payment as Part
from chalicelib.payments.positions.model import Position
from chalicelib.payments.positions.states import State

if TYPE_CHECKING:
    from chalicelib.invoicing.compose import Invoice, Payment

METHOD: Final = "MP23"
# What was never issued leaves its position free.
_NEVER_ISSUED: Final = documents_states.RELEASING | {"invalid", "refused_file"}


# ------------------------------------------------------------------ what the invoice says
def payments_of(position: Position) -> tuple[Payment, ...]:
    """The payment block: at once by the notice of the whole, else by those of the instalments; each
    part carries its notice number, which is what a payer types in and holds the IUV."""
    from chalicelib.invoicing.compose import Instalment, Payment

    parts = (position.whole,) if position.whole else position.instalments
    instalments = tuple(
        Instalment(
            method=METHOD, amount=Decimal(one.cents).scaleb(-2), due=one.due, code=one.notice
        )
        for one in parts
    )
    return (Payment(terms="TP02" if len(parts) == 1 else "TP01", instalments=instalments),)


def require(invoice: Invoice, position: Position, person: Person, creditor: str) -> None:
    """That the invoice is of this body, for this debtor, and leaves the payment to the position.

    Rejected `invoice_seller`, `invoice_buyer`, `invoice_payments`, `invoice_documents`,
    `position_state` (409: there is nothing to pay any more).
    """
    if position.state not in states.UNPAID:
        raise Rejected(
            "position_state", "There is nothing to pay.", status=409, state=position.state
        )
    if len(invoice.documents) != 1:
        raise Rejected("invoice_documents", "One position pays one document.")
    if invoice.documents[0].payments:
        raise Rejected("invoice_payments", "How it is paid is what the position says.")
    seller, buyer = invoice.seller.identity, invoice.buyer.identity
    if creditor not in (seller.tax_code, seller.vat):
        raise Rejected("invoice_seller", "A body issues its own invoices.")
    if person.tax_code not in (buyer.tax_code, buyer.vat):
        raise Rejected("invoice_buyer", "The position is somebody else's.")


def customer_of(tenant: str, vat: str, now: datetime) -> str:
    """The body as a seller in its own hub, made when it first hands an invoice in: the journey of
    invoices asks of every document whose it is."""
    body = bodies.get(tenant)
    known = tuple(dict.fromkeys((*((f"IT{vat}",) if vat else ()), body.fiscal_code)))
    found = accounts.customer_of(tenant, known)
    return (found or accounts.register_seller(tenant, body.name, known, now)).id


# ------------------------------------------------------------------ the tie
def _of_position(tenant: str, position: str) -> Key:
    return store.position_key(tenant, position)[0], "INVOICE"


def _of_document(tenant: str, document: str) -> Key:
    return keys.pk(tenant, "INVOICE", document), "PAGOPA"


def tie(tenant: str, document: str, position: str, also: tuple[Op, ...] = ()) -> None:
    """Tie the document of this id to a position; the same again is the same.

    Rejected `position_invoiced` (409), `invoice_paid_by` (409: the document is another position's,
    under an Idempotency-Key that was used before).
    """
    mine, of = _of_position(tenant, position), _of_document(tenant, document)
    there = dynamo.batch_get([mine, of])
    if of in there:
        if not _is_made_for(there[of], position):
            raise Rejected("invoice_paid_by", "Another position pays that document.", status=409)
        return
    old = there[mine]["document"] if mine in there else ""
    if old:
        issued = documents.get(tenant, old)
        if issued is None or issued.state not in _NEVER_ISSUED:
            raise Rejected(
                "position_invoiced", "An invoice for it was issued.", status=409, document=old
            )
    when: dynamo.Condition = ({"document": old},) if old else dynamo.NEW
    ops = [
        Put({"pk": mine[0], "sk": mine[1], "document": document}, when=when, label="invoice"),
        Put({"pk": of[0], "sk": of[1], "position": position}, label="pagopa"),
    ]
    try:
        dynamo.commit([*ops, *also])
    except ConditionFailed as failed:
        raise Rejected("position_invoiced", "An invoice for it was issued.", status=409) from failed


def is_made_for(tenant: str, document: str, position: str) -> bool:
    """Whether the document was handed in for this position, whoever asks for its money now."""
    item = dynamo.get(_of_document(tenant, document))
    return item is not None and _is_made_for(item, position)


def _is_made_for(item: Item, position: str) -> bool:
    return position in (item["position"], item.get("first"))


@dataclass(frozen=True)
class Tied:
    """The invoice that a position pays; `names`: another notice, which its file names, "" for the
    position's own."""

    document: str
    names: str


def of_position(tenant: str, position: str) -> Tied | None:
    """What a position pays, None for no invoice."""
    item = dynamo.get(_of_position(tenant, position))
    return None if item is None else Tied(item["document"], item.get("names", ""))


def following(tenant: str, old: Position, new: Position) -> tuple[str, list[Op]]:
    """The document of `old`, and what ties it to the position that asks for its money from now on;
    ("", []) where there is none. What was never issued leaves both free."""
    mine = _of_position(tenant, old.id)
    item = dynamo.get(mine)
    issued = documents.get(tenant, item["document"]) if item else None
    if item is None or (issued is not None and issued.state in _NEVER_ISSUED):
        return "", []
    document = str(item["document"])
    pk, sk = _of_document(tenant, document)
    there = dynamo.get((pk, sk)) or {}
    named = str(item.get("names", "")) or _asking(old).notice
    first = str(there.get("first", old.id))
    said: Item = {"pk": pk, "sk": sk, "position": new.id, "first": first, "names": named}
    to = _of_position(tenant, new.id)
    return document, [
        Delete(mine, when=({"document": document},), label="invoice"),
        Put({"pk": to[0], "sk": to[1], "document": document, "names": named}, label="invoice"),
        Put(said, when=({"position": old.id},), label="pagopa"),
    ]


def _asking(position: Position) -> Part:
    return position.whole or position.payments[0]


@dataclass(frozen=True)
class Asked:
    """How an invoice is paid: `position` asks by `notice`, and is in this state; `paid_on`: the day
    of the first payment, None while nothing came. `names`: another notice, which the invoice names
    because its money was asked for by that one first. `anew`: positions that ask again for
    instalments of this one."""

    position: str
    notice: str
    state: State
    cents: int
    paid_cents: int
    paid_on: date | None
    names: str
    anew: tuple[str, ...]


def paid(tenant: str, document: str) -> Asked | None:
    """How a document is paid, None where no position of ours asks for it."""
    item = dynamo.get(_of_document(tenant, document))
    if item is None:
        return None
    position = store.get_position(tenant, item["position"])
    if position is None:
        raise NotFound("position")
    days = [one.paid_on for one in position.payments if one.paid_on]
    return Asked(
        position.id, _asking(position).notice, position.state, position.cents,
        sum(one.paid_cents for one in position.payments), min(days, default=None),
        item.get("names", ""),
        tuple(dict.fromkeys(one.anew.position for one in position.payments if one.anew)),
    )  # fmt: skip
