"""A body's own receipt for a training event, as a paper. Pure; the same values, the same bytes.

Its number, day and sums are those that were decided with the payment (`paying`). Written with the
faces and pages of the other receipts (payments/receipts/paper.py), without pagoPA's mark: it is the
body that says this.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path

from chalicelib.accounting.events_fpc.model import Event, Fiscal, split
from chalicelib.accounting.events_fpc.words import Words, words
from chalicelib.base import config
from chalicelib.base.pdf import document
from chalicelib.base.taxids import is_vat_number
from chalicelib.payments import iuv
from chalicelib.payments.dues.model import Person
from chalicelib.payments.notice import pdf as notices
from chalicelib.payments.notice.model import Creditor, day
from chalicelib.payments.receipts import words as receipts
from chalicelib.payments.receipts.paper import SMALL, Paper, Rows


@dataclass(frozen=True)
class Issued:
    """What a receipt says. `paid_on`: when it was paid, `receipt` the id of pagoPA's receipt;
    `event` at the price of the registration."""

    number: str
    day: date
    event: Event
    person: Person = field(repr=False)
    setting: Fiscal
    iuv: str
    receipt: str
    paid_on: date


def render(issued: Issued, creditor: Creditor, language: str, fonts: Path | None = None) -> bytes:
    """The PDF, in Italian, English, French or Spanish; Italian for any other."""
    said, own = receipts.words(language), words(language)
    sections = _sections(issued, creditor, said, own)
    kit, logo = notices.kit(
        creditor.logo, _texts(sections, issued, creditor, said, own),
        fonts or Path(config.get("FONTS")),
    )  # fmt: skip
    numbered = own.numbered.format(number=issued.number, day=day(issued.day))
    paper = Paper(kit, creditor.name, logo, own.title, numbered, mark=False)
    paper.begin()
    amount = receipts.euros(issued.event.cents, said)
    paper.total(said.paid, amount, f"{said.on} {day(issued.paid_on)}")
    for title, rows in sections:
        paper.section(title, rows)
    paper.remark(own.foot, SMALL)
    title = f"{own.title} {numbered}"
    return document.write(kit, paper.canvases, title=title, language=said.tag)


def _sections(
    issued: Issued, creditor: Creditor, said: receipts.Words, own: Words
) -> list[tuple[str, Rows]]:
    setting, person, event = issued.setting, issued.person, issued.event
    found = split(event.cents, setting.rate)
    rate = f"{setting.rate.normalize():f}".replace(".", said.decimal)
    taxed = setting.rate > 0
    whole_code = is_vat_number(person.tax_code)
    sums: Rows = (
        (own.taxable, receipts.euros(found.taxable, said)),
        (own.tax.format(rate=rate), receipts.euros(found.tax, said)),
        (own.rounding, receipts.euros(found.rounding, said) if found.rounding else ""),
        (said.amount, receipts.euros(event.cents, said)),
    )
    exempt: Rows = (
        (said.amount, receipts.euros(event.cents, said)),
        (own.law, " – ".join(one for one in (setting.natura, setting.law) if one)),
    )
    return [
        (own.issued, (
            (said.name, creditor.name),
            (said.code, creditor.code),
            (own.vat, setting.vat if setting.vat != creditor.code else ""),
            (said.address, _address(
                setting.street, setting.postcode, setting.city, setting.province)),
            (said.contacts, creditor.info),
        )),
        (own.holder, (
            (said.name, person.name),
            (own.vat if whole_code else said.code, person.tax_code),
            (said.address, _address(
                person.address, person.postcode, person.city, person.province)),
        )),
        (own.event, (
            (own.event_title, event.title),
            (own.event_day, day(event.day)),
            (own.place, event.place),
        )),
        (own.sums, sums if taxed else exempt),
        (said.payment, (
            (said.method, "pagoPA"),
            (said.iuv, iuv.grouped(issued.iuv)),
            (said.id, issued.receipt),
        )),
    ]  # fmt: skip


def _address(street: str, postcode: str, city: str, province: str) -> str:
    town = " ".join(one for one in (postcode, city, province) if one)
    return ", ".join(one for one in (street, town) if one)


def _texts(
    sections: list[tuple[str, Rows]], issued: Issued, creditor: Creditor, said: receipts.Words,
    own: Words,
) -> list[str]:  # fmt: skip
    """All that is to be printed, for its letters."""
    found = [str(getattr(each, one.name)) for each in (said, own) for one in fields(each)]
    for title, rows in sections:
        found += [title, *(text for row in rows for text in row)]
    return [*found, issued.number, creditor.name, "0123456789/-"]
