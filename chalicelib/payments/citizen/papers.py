"""Notices and receipts as files, for whoever gave the whole key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from chalicelib.base import clock, config
from chalicelib.base.errors import Rejected
from chalicelib.payments import bodies
from chalicelib.payments.citizen import finding
from chalicelib.payments.citizen.finding import Hit
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.notice import model as notices
from chalicelib.payments.notice.words import WORDS, Second
from chalicelib.payments.positions import model, positions
from chalicelib.payments.receipts import service as receipts
from chalicelib.payments.receipts.model import Receipt


@dataclass(frozen=True)
class Paper:
    """A file; `name` is safe in a header."""

    data: bytes
    type: str
    name: str


def notice(hit: Hit, language: str, now: datetime) -> Paper:
    """The notice as PDF, bilingual where pagoPA has fixed texts in that language. Rejected
    `position_state` (409) when nothing is asked for."""
    from chalicelib.payments.notice import pdf

    position, body = hit.position, hit.body
    assert hit.person is not None  # asked for by the whole key
    if not model.to_pay(position) or model.is_over(position, clock.rome_day(now)):
        raise Rejected(
            "position_state", "There is nothing to pay.", status=409, state=position.state
        )
    creditor = body.creditor(bodies.logo_of(hit.tenant, body))
    made = positions.notice_of(position, creditor, hit.person, clock.rome_day(now))
    second: Second | None = None
    if language in WORDS and language != "it":
        second = language
    made = replace(made, second=second)
    name = notices.file_name(hit.person.tax_code, str(position.year), position.payments[0].iuv)
    return Paper(pdf.render(made, Path(config.get("FONTS"))), "application/pdf", name)


# ------------------------------------------------------------------ receipts
def of_notice(hit: Hit) -> list[Receipt]:
    """The receipts of the notice that was searched, in the order in which they came."""
    found = receipts.of_position(hit.tenant, hit.position.id)
    return [one for one in found if one.number == hit.payment.number]


def handle_of(hit: Hit, receipt: Receipt) -> Handle:
    return replace(hit.handle, receipt=receipt.id)


def receipt(handle: Handle, hit: Hit, form: str, language: str) -> Paper:
    """A receipt: as PDF, or the bytes that pagoPA sent, or the digital stamp in them. NotFound
    `portal_not_found`."""
    found = next((one for one in of_notice(hit) if one.id == handle.receipt), None)
    if found is None:
        raise finding.not_found()
    if form == "stamp":
        if not any(one.stamp for one in found.transfers):
            raise finding.not_found()
        name = f"marca_da_bollo_{found.iuv}.xml"
        return Paper(receipts.stamp_of(found), "application/xml", name)
    if form == "xml":
        data = receipts.raw(hit.tenant, found.id)
        kind = "xml" if data.lstrip()[:1] == b"<" else "json"
        return Paper(data, f"application/{kind}", f"ricevuta_{found.iuv}.{kind}")
    from chalicelib.payments.receipts import pdf

    creditor = hit.body.creditor(bodies.logo_of(hit.tenant, hit.body))
    data = pdf.render(found, creditor, language)
    return Paper(data, "application/pdf", f"ricevuta_{found.iuv}.pdf")
