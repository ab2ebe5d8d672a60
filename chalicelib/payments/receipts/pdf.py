"""A receipt as a page for whoever paid: what the telematic receipt says, and nothing else.

What must be on it: pagopa.md section 3.7 (mark, instant, application date, body with its code, IUV,
PSP with its code, receipt id, amount, description); debtor and payer, fee and transfers beside.
Written by base/pdf with the faces of the notices. The same receipt gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Final

from chalicelib.base import clock, config
from chalicelib.base.pdf import document
from chalicelib.base.pdf.canvas import PAGE_WIDTH, Canvas
from chalicelib.base.pdf.document import Kit
from chalicelib.base.typeset import Style, wrap
from chalicelib.payments import iuv
from chalicelib.payments.notice import pdf as notices
from chalicelib.payments.notice.head import LOGO, MARK
from chalicelib.payments.notice.model import Creditor, day
from chalicelib.payments.notice.sheet import (
    HINT,
    LEFT,
    RIGHT,
    STRONG,
    TEXT,
    Sheet,
    band,
    put,
    put_lines,
)
from chalicelib.payments.receipts.model import Receipt, ReceiptTransfer, Subject
from chalicelib.payments.receipts.words import Words, euros, words

_VALUES: Final = 82.0  # where the right column begins
_END: Final = 284.0  # below it a page is full
_LOGO_SIDE: Final = 20.0
_TITLE: Final = Style(STRONG, 16, 7.0)
_SUM: Final = Style(STRONG, 20, 9.0)
_HEADING: Final = Style(STRONG, 10, 4.9)
_LABEL: Final = Style(TEXT, 8.5, 4.2)
_VALUE: Final = Style(STRONG, 8.5, 4.2)
_SMALL: Final = Style(TEXT, 7.5, 3.5)
Rows = Sequence[tuple[str, str]]


@dataclass
class _Paper:
    """Pages being filled from above; a page that is full is followed by another."""

    kit: Kit
    creditor: Creditor
    logo: float
    said: Words
    canvases: list[Canvas] = field(default_factory=list)
    top: float = 0.0

    @property
    def sheet(self) -> Sheet:
        return Sheet.of(self.canvases[-1], None)

    def begin(self) -> None:
        """Another page: mark, title, logo."""
        canvas = Canvas(self.kit.fonts)
        self.canvases.append(canvas)
        canvas.picture(MARK, LEFT, LEFT, 16.0, 10.8, "pagoPA")
        with canvas.part("H1" if len(self.canvases) == 1 else "P"):
            put(self.sheet, 30.0, 9.4, self.said.title, _TITLE)
        put(self.sheet, 30.0, 17.0, self.said.copy, HINT)
        if self.logo:
            wide, high = _LOGO_SIDE * min(1.0, self.logo), _LOGO_SIDE / max(1.0, self.logo)
            canvas.picture(LOGO, RIGHT - wide, LEFT, wide, high, self.creditor.name)
        self.top = 34.0

    def need(self, height: float) -> None:
        if self.top + height > _END:
            self.begin()

    def section(self, title: str, rows: Rows) -> None:
        """A heading and what is under it; rows without a value are left out."""
        found = [(label, value) for label, value in rows if value]
        if not found:
            return
        self.need(22.0)
        band(self.sheet, 0.0, PAGE_WIDTH, self.top)
        with self.sheet.canvas.part("H2"):
            put(self.sheet, LEFT, self.top, title, _HEADING)
        self.top += 8.2
        for label, value in found:
            self.row(label, value)
        self.top += 3.2

    def row(self, label: str, value: str) -> None:
        """A label and its value beside it, each broken into as many lines as it takes."""
        faces = self.sheet.faces
        left = [line for line, _ in wrap(label, faces, _LABEL, _VALUES - LEFT - 4.0)]
        right = [line for line, _ in wrap(value, faces, _VALUE, RIGHT - _VALUES)]
        if len(right) <= 20:
            self.need(max(len(left), len(right)) * _LABEL.leading)
        top = self.top
        below = put_lines(self.sheet, LEFT, top, left, _LABEL)
        for line in right:
            # A value may be longer than a page: whoever wrote it did not keep to any limit.
            if self.top + _VALUE.leading > _END:
                self.begin()
                below = self.top
            put(self.sheet, _VALUES, self.top, line, _VALUE)
            self.top += _VALUE.leading
        self.top = max(self.top, below)

    def remark(self, text: str, style: Style = HINT) -> None:
        lines = [line for line, _ in wrap(text, self.sheet.faces, style, RIGHT - LEFT)]
        self.need(len(lines) * style.leading)
        self.top = put_lines(self.sheet, LEFT, self.top, lines, style) + 1.5


def render(receipt: Receipt, creditor: Creditor, language: str, fonts: Path | None = None) -> bytes:
    """The PDF, in Italian, English, French or Spanish; Italian for any other.

    `creditor` is the body with its logo; `fonts` the folder that the build makes. Raises Rejected
    as `pictures.read` where the logo cannot be printed.
    """
    said = words(language)
    kit, logo = notices.kit(
        creditor.logo, _texts(receipt, creditor, said), fonts or Path(config.get("FONTS"))
    )
    paper = _Paper(kit, creditor, logo, said)
    paper.begin()
    _sum(paper, receipt)
    if receipt.double:
        paper.remark(said.double)
    paper.section(said.creditor, _creditor(receipt, creditor, said))
    paper.section(said.debtor, _subject(receipt.debtor, said))
    paper.section(said.payer, _subject(receipt.payer, said))
    paper.section(said.payment, _payment(receipt, said))
    paper.section(said.references, _references(receipt, said))
    for transfer in receipt.transfers:
        title = f"{said.transfers} – {transfer.number}/{len(receipt.transfers)}"
        paper.section(title, _transfer(transfer, said))
    if receipt.stand_in:
        paper.remark(said.stand_in, _SMALL)
    paper.remark(said.foot, _SMALL)
    title = f"{said.title} {receipt.iuv}"
    return document.write(kit, paper.canvases, title=title, language=said.tag)


def _sum(paper: _Paper, receipt: Receipt) -> None:
    end = put(paper.sheet, LEFT, paper.top + 3.4, paper.said.paid, _LABEL)
    end = put(paper.sheet, end + 3.0, paper.top - 1.2, euros(receipt.cents, paper.said), _SUM)
    put(paper.sheet, end + 3.0, paper.top + 3.4, f"{paper.said.on} {_day(receipt.day)}", _LABEL)
    paper.top += 14.0


def _creditor(receipt: Receipt, creditor: Creditor, said: Words) -> Rows:
    # The body of the receipt may be another one, of a payment that ours only had a part in.
    ours = receipt.creditor == creditor.code
    return (
        (said.name, creditor.name if ours else receipt.company),
        (said.code, receipt.creditor),
        (said.office, receipt.office or (creditor.sector if ours else "")),
        (said.contacts, creditor.info if ours else ""),
    )


def _subject(subject: Subject | None, said: Words) -> Rows:
    if subject is None:
        return ()
    street = " ".join(one for one in (subject.street, subject.house) if one)
    town = " ".join(one for one in (subject.postcode, subject.city, subject.province) if one)
    known = subject.code != "ANONIMO"
    return (
        (said.name, subject.name if known else said.anonymous),
        (said.code, subject.code if known else ""),
        (said.address, ", ".join(one for one in (street, town) if one)),
    )


def _payment(receipt: Receipt, said: Words) -> Rows:
    fee = receipt.fee_cents
    return (
        (said.reason, receipt.description),
        (said.amount, euros(receipt.cents, said)),
        (said.fee, said.fee_none if fee is None else euros(fee, said)),
        (said.total, "" if fee is None else euros(receipt.cents + fee, said)),
        (said.paid_at, _instant(receipt.paid_at)),
        (said.applied_on, _day(receipt.applied_on)),
        (said.transferred_on, _day(receipt.transferred_on)),
        (said.psp, " – ".join(one for one in (receipt.psp_name, receipt.psp_id) if one)),
        (said.psp_code, receipt.psp_code),
        (said.channel, " – ".join(one for one in (receipt.channel_name, receipt.channel) if one)),
        (said.method, receipt.method),
    )


def _references(receipt: Receipt, said: Words) -> Rows:
    return (
        (said.notice, iuv.grouped(receipt.notice)),
        (said.iuv, receipt.iuv),
        (said.id, receipt.id),
    )


def _transfer(transfer: ReceiptTransfer, said: Words) -> Rows:
    who = " – ".join(one for one in (transfer.company, transfer.creditor) if one)
    account = said.stamp if transfer.stamp else iuv.grouped(transfer.iban)
    return (
        (said.amount, euros(transfer.cents, said)),
        (said.beneficiary, who),
        (said.account, account),
        (said.reason, transfer.reason),
        (said.taxonomy, transfer.category),
    )


def _day(text: str) -> str:
    return day(date.fromisoformat(text)) if text else ""


def _instant(stamp: str) -> str:
    """In Italy's time, as the payer knows it."""
    if not stamp:
        return ""
    return f"{clock.parse(stamp).astimezone(clock.ROME):%d/%m/%Y %H:%M:%S}"


def _texts(receipt: Receipt, creditor: Creditor, said: Words) -> list[str]:
    """All that is to be printed, for its letters."""
    found = [str(getattr(said, one.name)) for one in fields(said)]
    for rows in (
        _creditor(receipt, creditor, said), _subject(receipt.debtor, said),
        _subject(receipt.payer, said), _payment(receipt, said), _references(receipt, said),
        *(_transfer(one, said) for one in receipt.transfers),
    ):  # fmt: skip
        found += [value for _, value in rows]
    return found
