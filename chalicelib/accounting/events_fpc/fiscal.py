"""The fiscal document of a registration as FatturaPA, by invoicing's own composer. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from chalicelib.accounting.events_fpc.model import Event, Fiscal, split
from chalicelib.base.errors import Rejected
from chalicelib.base.taxids import is_vat_number
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person

_PAGOPA: Final = "MP23"


def _euro(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def invoice(
    setting: Fiscal, body: Body, event: Event, person: Person, number: str, day: date,
    transmitter: str, progressive: str,
) -> bytes:  # fmt: skip
    """The document, paid; `transmitter` with its country before it.

    Rejected `buyer_incomplete`, and as `compose.compose` (`compose_…`).
    """
    from chalicelib.invoicing import compose

    if not (person.address and person.postcode and person.city):
        raise Rejected("buyer_incomplete", "An invoice needs the address of whoever pays.")
    company = is_vat_number(person.tax_code)
    found = split(event.cents, setting.rate)
    taxed = setting.rate > 0
    line = compose.Line(
        description=f"{event.title} ({event.day:%d/%m/%Y})", price=_euro(found.taxable),
        rate=setting.rate, natura="" if taxed else setting.natura,
        law="" if taxed else setting.law,
    )  # fmt: skip
    document = compose.Document(
        kind="TD01", number=number, day=day, lines=(line,),
        rounding=_euro(found.rounding) if found.rounding else None,
        payments=(
            compose.Payment(
                terms="TP02",
                instalments=(compose.Instalment(method=_PAGOPA, amount=_euro(event.cents)),),
            ),
        ),
    )  # fmt: skip
    made = compose.compose(
        compose.Invoice(
            format="FPR12",
            sending=compose.Sending(
                country=transmitter[:2], tax_code=transmitter[2:], progressive=progressive
            ),
            seller=compose.Seller(
                identity=compose.Identity(
                    vat=setting.vat, tax_code=body.fiscal_code, name=body.name
                ),
                place=compose.Place(
                    street=setting.street, postcode=setting.postcode, city=setting.city,
                    province=setting.province,
                ),
                regime=setting.regime,
            ),
            buyer=compose.Buyer(
                identity=compose.Identity(
                    vat=person.tax_code if company else "",
                    tax_code="" if company else person.tax_code, name=person.name,
                ),
                place=compose.Place(
                    street=person.address, postcode=person.postcode, city=person.city,
                    province=person.province,
                ),
            ),
            documents=(document,),
        ),
        day,
    )  # fmt: skip
    return made.data
