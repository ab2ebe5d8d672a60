"""A receipt as a page for whoever paid: what the telematic receipt says, and nothing else.

What must be on it: pagopa.md section 3.7 (mark, instant, application date, body with its code, IUV,
PSP with its code, receipt id, amount, description); debtor and payer, fee and transfers beside.
Written by base/pdf with the faces of the notices. The same receipt gives the same bytes.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from pathlib import Path

from chalicelib.base import clock, config
from chalicelib.base.pdf import document
from chalicelib.payments import iuv
from chalicelib.payments.notice import pdf as notices
from chalicelib.payments.notice.model import Creditor, day
from chalicelib.payments.receipts.model import Receipt, ReceiptTransfer, Subject
from chalicelib.payments.receipts.paper import SMALL, Paper, Rows
from chalicelib.payments.receipts.words import Words, euros, words


def render(receipt: Receipt, creditor: Creditor, language: str, fonts: Path | None = None) -> bytes:
    """The PDF, in Italian, English, French or Spanish; Italian for any other.

    `creditor` is the body with its logo; `fonts` the folder that the build makes. Raises Rejected
    as `pictures.read` where the logo cannot be printed.
    """
    said = words(language)
    kit, logo = notices.kit(
        creditor.logo, _texts(receipt, creditor, said), fonts or Path(config.get("FONTS"))
    )
    paper = Paper(kit, creditor.name, logo, said.title, said.copy)
    paper.begin()
    paper.total(said.paid, euros(receipt.cents, said), f"{said.on} {_day(receipt.day)}")
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
        paper.remark(said.stand_in, SMALL)
    paper.remark(said.foot, SMALL)
    title = f"{said.title} {receipt.iuv}"
    return document.write(kit, paper.canvases, title=title, language=said.tag)


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
