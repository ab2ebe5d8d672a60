"""The slip that post offices read: "Bollettino Postale PA". Italian only, as Poste prescribes it.

Poste's marks are third parties' graphics that no package carries: their names stand in their
places (infra/decisions/0017-payment-notices.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.base.pdf.canvas import PAGE_WIDTH
from chalicelib.base.typeset import Style
from chalicelib.payments import codes, datamatrix, iuv
from chalicelib.payments.notice.model import Notice, Payment
from chalicelib.payments.notice.modules import amount_right, until
from chalicelib.payments.notice.sheet import (
    AMOUNT,
    CODED,
    EURO,
    FAINT,
    HEADING,
    HINT,
    LABEL,
    LEFT,
    RIGHT,
    STRONG,
    TEXT,
    VALUE,
    Sheet,
    band,
    cut_line,
    put,
    put_fitted,
    put_right,
    steps,
)

SIDE: Final = 23.0
_DATA: Final = 59.0
_TYPE: Final = 115.7
_FISCAL_RIGHT: Final = 168.5
_MATRIX: Final = 177.0
_PAYABLE: Final = (
    "Bollettino Postale pagabile in tutti gli Uffici Postali e sui canali fisici o digitali "
    "abilitati di Poste Italiane e dell’Ente Creditore"
)
_VALUES: Final = steps(VALUE, 1, (7, 3.2, 1), (6, 2.8, 2), (5.5, 2.4, 2))
_SUBJECT: Final = steps(VALUE, 2, (7, 3.0, 2), (6, 2.6, 2))


@dataclass(frozen=True)
class Slip:
    """Tops below that of the heading, of a slip as high as `height`."""

    account: float
    holder: float
    debtor: float
    subject: float
    codes: float
    payable: float
    authorisation: float
    matrix: float
    marks: float
    height: float


TALL: Final = Slip(12.8, 25.5, 31.0, 36.3, 46.1, 39.0, 58.1, 28.4, 13.0, 63.0)
LOW: Final = Slip(10.7, 21.5, 26.8, 32.4, 41.9, 32.9, 49.9, 24.4, 10.5, 54.0)


def slip(sheet: Sheet, notice: Notice, title: str, payment: Payment, top: float, at: Slip) -> None:
    """The slip of a payment of a creditor that has a postal account."""
    postal = notice.creditor.postal
    assert postal is not None
    band(sheet, 0.0, PAGE_WIDTH, top)
    cut_line(sheet, top - 1.5)
    put(sheet, LEFT, top, "Bollettino Postale PA", HEADING)
    put(sheet, _DATA, top, "BancoPosta", HEADING)
    put_right(sheet, RIGHT, top, until(sheet, title, payment), HEADING)
    put(sheet, LEFT, top + at.marks, "Poste italiane", Style(STRONG, 14, 6.0))
    put_fitted(sheet, LEFT, top + at.payable, _PAYABLE, ((HINT, 4),), 42.0)
    leave = Style(TEXT, 7, 3.1, FAINT)
    put_fitted(sheet, LEFT, top + at.authorisation, postal.authorisation, ((leave, 2),), 46.0)

    put(sheet, _DATA, top + at.account - 0.9, "€", Style(STRONG, 18, 8.0))
    below = (1.048 * AMOUNT.points - 0.924 * EURO.points) * 25.4 / 72
    end = put(sheet, _DATA + 10.0, top + at.account + below, "sul C/C n.", EURO)
    put(sheet, end + 2.0, top + at.account, f"{postal.account:0>12}", AMOUNT)
    amount_right(sheet, RIGHT, top + at.account, payment.cents, 2.0)
    for offset, label, value, tries in (
        (at.holder, "Intestato a", postal.holder, _VALUES),
        (at.debtor, "Destinatario", notice.debtor.name, _VALUES),
        (at.subject, "Oggetto pagamento", notice.subject, _SUBJECT),
    ):
        end = put(sheet, _DATA, top + offset, label, LABEL) + 2.0
        put_fitted(sheet, end, top + offset, value, tries, _MATRIX - 3.0 - end)

    put(sheet, _DATA, top + at.codes, "Codice Avviso", LABEL)
    put(sheet, _DATA, top + at.codes + 4.6, iuv.grouped(payment.number), CODED)
    put(sheet, _TYPE, top + at.codes, "Tipo", LABEL)
    put(sheet, _TYPE, top + at.codes + 4.6, codes.PHASE, CODED)
    put_right(sheet, _FISCAL_RIGHT, top + at.codes, "Cod. Fiscale Ente Creditore", LABEL)
    put_right(sheet, _FISCAL_RIGHT, top + at.codes + 4.6, notice.creditor.code, CODED)
    text = codes.slip_text(
        number=payment.number,
        account=postal.account,
        cents=payment.cents,
        creditor=notice.creditor.code,
        debtor=notice.debtor.code,
        debtor_name=notice.debtor.name,
        subject=notice.subject,
    )
    matrix = datamatrix.encode(text)
    sheet.canvas.modules(
        _MATRIX, top + at.matrix, SIDE, matrix.side, matrix.runs(), "Data Matrix del bollettino"
    )
