"""Notices of positions as files: what a body's notices share is read once for many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from chalicelib.base import config
from chalicelib.payments import bodies
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person
from chalicelib.payments.notice import model as notices
from chalicelib.payments.notice.words import WORDS, Second
from chalicelib.payments.positions import positions
from chalicelib.payments.positions.model import Position


@dataclass(frozen=True)
class Printer:
    """Prints a body's notices as they are on `day`. `second`: a language beside Italian, "person"
    for that of each debtor, "" for none; `slip`: with the Poste slip, where the body has leave."""

    body: Body
    creditor: notices.Creditor
    day: date
    second: str = ""

    def notice(self, position: Position, person: Person) -> notices.Notice:
        """What is printed. Raises Rejected as `notice.model`."""
        made = positions.notice_of(position, self.creditor, person, self.day)
        second = _second(self.second, person)
        return replace(made, second=second) if second else made

    def pdf(self, position: Position, person: Person) -> bytes:
        """The file. Raises Rejected as `notice` and `notice.pdf.render`."""
        from chalicelib.payments.notice import pdf

        return pdf.render(self.notice(position, person), Path(config.get("FONTS")))


def _second(wanted: str, person: Person) -> Second | None:
    found = person.language if wanted == "person" else wanted
    for language in WORDS:
        if language == found and language != "it":
            return language
    return None


def printer(tenant: str, day: date, *, second: str = "", slip: bool = True) -> Printer:
    """For a body's notices on a day. NotFound before there is a body."""
    body = bodies.get(tenant)
    creditor = body.creditor(bodies.logo_of(tenant, body))
    if not slip:
        creditor = replace(creditor, postal=None)
    return Printer(body, creditor, day, second)


def file_name(position: Position, person: Person) -> str:
    """`CodiceFiscale_Anno_IUV.pdf` (F001-077), the same for a position as long as it is: what goes
    out again once something of a plan is paid takes the place of what went before."""
    return notices.file_name(person.tax_code, str(position.year), position.payments[0].iuv)
