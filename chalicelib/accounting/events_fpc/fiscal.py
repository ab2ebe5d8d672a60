"""The fiscal document of a registration as FatturaPA, by invoicing's own composer. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from chalicelib.accounting.events_fpc.model import Event, Fiscal, split
from chalicelib.base.errors import Rejected
from chalicelib.base.taxids import is_vat_number
from chalicelib.payments.body import Body
from chalicelib.payments.dues.model import Person
from chalicelib.payments.invoices import METHOD

if TYPE_CHECKING:
    from chalicelib.invoicing.compose import Seller


def _euro(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def seller(setting: Fiscal, body: Body) -> Seller:
    """The body as who issues."""
    from chalicelib.invoicing import compose

    return compose.Seller(
        identity=compose.Identity(vat=setting.vat, tax_code=body.fiscal_code, name=body.name),
        place=compose.Place(
            street=setting.street, postcode=setting.postcode, city=setting.city,
            province=setting.province,
        ),
        regime=setting.regime,
    )  # fmt: skip


def invoice(
    setting: Fiscal, body: Body, event: Event, person: Person, number: str, day: date,
    transmitter: str, progressive: str, notice: str,
) -> bytes:  # fmt: skip
    """The document, paid; `transmitter` with its country before it, `notice` the number that it
    was paid by.

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
                instalments=(
                    compose.Instalment(method=METHOD, amount=_euro(event.cents), code=notice),
                ),
            ),
        ),
    )  # fmt: skip
    made = compose.compose(
        compose.Invoice(
            format="FPR12",
            sending=compose.Sending(
                country=transmitter[:2], tax_code=transmitter[2:], progressive=progressive
            ),
            seller=seller(setting, body),
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
