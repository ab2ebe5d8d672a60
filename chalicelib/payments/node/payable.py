"""What a notice asks for on a day, or why it may not be paid. Pure.

Source: pagopa.md section 4.2 and 4.3. Nothing is locked: an activation leaves no trace, and the
same notice may be activated again while no receipt came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.body import Body
from chalicelib.payments.node.faults import Code, NodeFault
from chalicelib.payments.node.requests import TransferType
from chalicelib.payments.pagopa.shares import shares
from chalicelib.payments.positions import model
from chalicelib.payments.positions.model import Payment, Position
from chalicelib.payments.positions.states import State
from chalicelib.payments.receipts.model import Pairs
from chalicelib.payments.stamps import Stamp

METADATA: Final = 15
TEXT_CHARS: Final = 140
_REFUSED: Final[Mapping[State, Code]] = {
    # Not yet said to anybody: as if it were not there.
    "draft": "PAA_PAGAMENTO_SCONOSCIUTO",
    "published": "PAA_PAGAMENTO_SCONOSCIUTO",
    "invalid": "PAA_PAGAMENTO_ANNULLATO",
    "expired": "PAA_PAGAMENTO_SCADUTO",
    "paid": "PAA_PAGAMENTO_DUPLICATO",
    "reported": "PAA_PAGAMENTO_DUPLICATO",
    "paid_outside": "PAA_PAGAMENTO_DUPLICATO",
}


@dataclass(frozen=True)
class Share:
    """What goes to one account, or buys a digital `stamp` (then `iban` is ""): `reason` and
    `category` as the node wants them."""

    number: int
    cents: int
    iban: str
    reason: str
    category: str
    metadata: Pairs = ()
    stamp: Stamp | None = None


@dataclass(frozen=True)
class Payable:
    """A notice as it stands on a day. `postal`: all of it may be paid by a Poste slip."""

    iuv: str
    notice: str
    cents: int
    due: date | None
    last_day: date
    subject: str
    shares: tuple[Share, ...]
    postal: bool


def look(
    position: Position, number: int, body: Body, day: date, transfer_type: TransferType = ""
) -> Payable:
    """What payment `number` asks for on a day. Raises NodeFault when it may not be paid."""
    payment = next(one for one in position.payments if one.number == number)
    _require_open(model.on(position, day), payment)
    # A slip is paid to one account at Poste: a stamp cannot be bought by it.
    postal = "" if position.has_stamp else postal_iban(body)
    try:
        parts = shares(position, payment, day)
    except Rejected as refused:
        raise NodeFault("PAA_SEMANTICA", refused.code) from refused
    total = sum(one.cents for one in parts)
    if not total:
        raise NodeFault("PAA_SEMANTICA", "nothing is left to pay after the reductions")
    found = []
    for place, part in enumerate(parts, 1):
        iban, other = ("", "") if part.stamp else _accounts(body, part.iban, postal, transfer_type)
        found.append(
            Share(
                place, part.cents, iban, _reason(payment.iuv, part.cents, position.subject),
                part.taxonomy, _metadata(position, part, other), part.stamp,
            )
        )  # fmt: skip
    return Payable(
        payment.iuv, payment.notice, total, payment.due, position.ends, position.subject,
        tuple(found), bool(postal) and total <= limits.AMOUNT_POSTE_CENTS,
    )  # fmt: skip


def _require_open(position: Position, payment: Payment) -> None:
    code = _REFUSED.get(position.state)
    if code is None and payment.state == "paid":
        code = "PAA_PAGAMENTO_DUPLICATO"
    if code is None and payment.state == "closed":
        # What it asked for is being paid the other way: by instalments, or as a whole.
        code = "PAA_PAGAMENTO_ANNULLATO"
    if code is not None:
        raise NodeFault(code)


# ------------------------------------------------------------------ accounts
def postal_iban(body: Body) -> str:
    """The account that the body's Poste slips are paid to, "" when it prints none."""
    if body.postal is None:
        return ""
    number = body.postal.account.lstrip("0")
    return next(one.iban for one in body.accounts if one.postal_number == number)


def _accounts(body: Body, iban: str, postal: str, transfer_type: TransferType) -> tuple[str, str]:
    """Where a share goes, and the other account that the node is told of, "" for none.

    POSTAL wants the account at Poste, PAGOPA both, one of them as metadata.
    """
    if not postal:
        return iban, ""
    if transfer_type == "POSTAL":
        return postal, ""
    if transfer_type != "PAGOPA":
        return iban, ""
    if not body.account(iban).postal_number:
        return iban, postal
    bank = next((one.iban for one in body.accounts if not one.postal_number), "")
    return iban, bank or iban


# ------------------------------------------------------------------ what is said of a share
def _reason(iuv: str, cents: int, subject: str) -> str:
    return f"/RFB/{iuv}/{euro(cents)}/TXT/{subject}"[:TEXT_CHARS].rstrip()


def euro(cents: int) -> str:
    """As the schema writes an amount: digits, a point, two digits."""
    return f"{cents // 100}.{cents % 100:02d}"


def _metadata(position: Position, part: model.Transfer, other: str) -> Pairs:
    """Year, chapter and assessment of each line of a share, which come back in its receipt.

    The dictionary's keys are numbered by item; amounts are only said where they make up the share.
    """
    mine = [one for one in position.lines if part.holds(one)]
    exact = sum(one.cents for one in mine) == part.cents
    found: list[tuple[str, str]] = [("IBANAPPOGGIO", other)] if other else []
    for item, line in enumerate(mine, 1):
        said = {
            "RC_AC": str(line.year or ""),
            "RC_CAP": line.chapter,
            "RC_ACC": line.due,
            "RC_IMP": euro(line.cents) if exact else "",
        }
        entries = [(f"{name}_{item}", value) for name, value in said.items() if value]
        if len(found) + len(entries) > METADATA:
            break
        found += entries
    return tuple(found)
