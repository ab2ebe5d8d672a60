"""The party that a customer is in his own invoices, out of his data (F004-003, F004-023).

Who issues is the seller; in a self-invoice (fatturapa.md section 5) it is the buyer, and the seller
is the supplier, whom only the caller knows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from chalicelib.accounts.profile import Profile
from chalicelib.base.errors import Rejected
from chalicelib.invoicing.compose.parties import (
    Buyer,
    Company,
    Identity,
    Place,
    Profession,
    Seller,
)
from chalicelib.invoicing.compose.values import Document, Instalment
from chalicelib.invoicing.model import SELF_INVOICE_TYPES

_TRANSFER = "MP05"  # bonifico: the one method that needs an account to pay to


def seller_of(profile: Profile) -> Seller:
    """CedentePrestatore, whole. The profile is one that `profile.checked` let through."""
    return Seller(
        identity=_identity(profile),
        place=_place(profile),
        regime=profile.regime,
        company=_company(profile),
        profession=_profession(profile),
        phone=profile.phone,
        email=profile.email,
    )


def buyer_of(profile: Profile) -> Buyer:
    """CessionarioCommittente, for the self-invoices of the same customer."""
    return Buyer(identity=_identity(profile), place=_place(profile))


def _identity(profile: Profile) -> Identity:
    # A firm's name stands for the person behind it: the schema takes one or the other.
    named = bool(profile.name)
    return Identity(
        country="IT",
        vat=profile.vat,
        tax_code=profile.tax_code,
        name=profile.name,
        first="" if named else profile.first,
        last="" if named else profile.last,
        title=profile.title,
        eori=profile.eori,
    )


def _place(profile: Profile) -> Place:
    return Place(
        street=profile.street,
        number=profile.number,
        postcode=profile.postcode,
        city=profile.city,
        province=profile.province,
        country=profile.country or "IT",
    )


def _company(profile: Profile) -> Company | None:
    if not profile.rea_number:
        return None
    return Company(
        office=profile.rea_office,
        number=profile.rea_number,
        capital=Decimal(profile.capital) if profile.capital else None,
        members=profile.members,
        liquidation=profile.liquidation,
    )


def _profession(profile: Profile) -> Profession | None:
    if not profile.register:
        return None
    return Profession(
        register=profile.register,
        province=profile.register_province,
        number=profile.register_number,
        since=date.fromisoformat(profile.register_since) if profile.register_since else None,
    )


def parties(
    documents: Sequence[Document], seller: Seller | None, buyer: Buyer | None, own: Profile | None
) -> tuple[Seller, Buyer]:
    """Both parties; the one that is left out is the customer himself, out of his own data.

    Rejected `customer_profile_missing`, or `compose_missing` for the party that nobody but the
    caller can name.
    """
    issued_by_buyer = bool(documents) and all(one.kind in SELF_INVOICE_TYPES for one in documents)
    if seller is None and not issued_by_buyer:
        seller = seller_of(_known(own))
    if buyer is None and issued_by_buyer:
        buyer = buyer_of(_known(own))
    for party, field in ((seller, "seller"), (buyer, "buyer")):
        if party is None:
            raise Rejected("compose_missing", "A compulsory value is missing.", field=field)
    assert seller is not None
    assert buyer is not None
    return seller, buyer


def _known(own: Profile | None) -> Profile:
    if own is None or not own.vat:
        raise Rejected(
            "customer_profile_missing",
            "Name the issuer, or a customer whose own data are complete.",
        )
    return own


def paid_to(documents: Sequence[Document], own: Profile | None) -> tuple[Document, ...]:
    """Transfers that name no account go to the customer's own."""
    if own is None or not own.iban:
        return tuple(documents)
    return tuple(
        dataclasses.replace(
            document,
            payments=tuple(
                dataclasses.replace(
                    payment,
                    instalments=tuple(_to(part, own.iban) for part in payment.instalments),
                )
                for payment in document.payments
            ),
        )
        for document in documents
    )


def _to(part: Instalment, iban: str) -> Instalment:
    transfer = part.method == _TRANSFER and not part.iban
    return dataclasses.replace(part, iban=iban) if transfer else part
