"""The price list: dated data that an operator replaces by a file, and the reading of such a file.

A list is in force from `valid_from` on, until another one is. Prices are euros for one unit, with
four decimals at most and as exact as they are written; fees are integer cents. Which list an order
was priced by is kept with the order. Pure.

The file is one JSON object, as `to_json` writes it:

    {"id", "valid_from", "source", "demonstration", "confirmation", "vat_percent", "pec",
     "caveats": [{it, en, fr, es}], "payment": {"payee", "iban", "bank"},
     "products": [{"product", "names": {it, en, fr, es}, "tiers": [{"from", "price"}],
                   "setup_cents", "customer_setup_cents"}]}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.base.iban import is_iban
from chalicelib.credits import products

LANGUAGES: Final = ("it", "en", "fr", "es")
Words = Mapping[str, str]
# manual: the operator confirms an order when its transfer has come (decision 15); at_once: the
# order is its own confirmation, for a house that invoices afterwards.
Confirmation = Literal["manual", "at_once"]
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_PRICE: Final = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,4})?")
_PERCENT: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,2})?")
_PEC: Final = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")


@dataclass(frozen=True)
class Tier:
    """From this quantity on, each unit of the line costs `price` euros."""

    since: int
    price: Decimal


@dataclass(frozen=True)
class Offer:
    """A product as it is sold. `setup_cents` is due with every order of it (F004-013),
    `customer_setup_cents` once for each customer for whom it is activated (F004-014)."""

    product: str
    names: Words = field(hash=False)
    tiers: tuple[Tier, ...]
    setup_cents: int = 0
    customer_setup_cents: int = 0

    @property
    def licensed(self) -> bool:
        """Whether each customer needs one of his own (F004-012)."""
        return not products.is_pooled(self.product)

    def price(self, quantity: int) -> Decimal:
        """Euros for a unit when so many are bought together."""
        return [tier.price for tier in self.tiers if tier.since <= quantity][-1]


@dataclass(frozen=True)
class Payment:
    """Where a transfer goes to; "" for what the house has not said."""

    payee: str = ""
    iban: str = ""
    bank: str = ""


@dataclass(frozen=True)
class Catalogue:
    """A price list with the terms around it. `caveats` are what a reseller reads first (F004-010);
    `pec` is the address to which documents may be sent, told with each confirmation."""

    id: str
    valid_from: date
    source: str
    confirmation: Confirmation
    vat_percent: Decimal
    pec: str
    caveats: tuple[Words, ...]
    payment: Payment
    offers: tuple[Offer, ...]
    demonstration: bool = False

    def offer(self, product: str) -> Offer:
        """Rejected `product_unknown` for what is not sold."""
        for one in self.offers:
            if one.product == product:
                return one
        raise Rejected(
            "product_unknown",
            "This product is not sold.",
            product=product[:40],
            known=[one.product for one in self.offers],
        )


# ------------------------------------------------------------------ the file
def from_json(given: Any) -> Catalogue:
    """Rejected `catalogue_invalid` with the `field` that is wrong."""
    found = _object(given, "")
    offers = tuple(
        _offer(one, f"products[{place}]") for place, one in enumerate(_list(found, "products", ""))
    )
    if len({one.product for one in offers}) != len(offers):
        raise _wrong("products", "a product is there twice")
    confirmation = found.get("confirmation", "manual")
    if confirmation not in ("manual", "at_once"):
        raise _wrong("confirmation", "manual or at_once")
    demonstration = found.get("demonstration", False)
    if not isinstance(demonstration, bool):
        raise _wrong("demonstration", "true or false")
    return Catalogue(
        id=_text(found, "id", "", _ID),
        valid_from=_day(found, "valid_from"),
        source=_text(found, "source", ""),
        confirmation=confirmation,
        vat_percent=Decimal(_text(found, "vat_percent", "", _PERCENT)),
        pec=_text(found, "pec", "", _PEC),
        caveats=tuple(
            _words(one, f"caveats[{place}]")
            for place, one in enumerate(_list(found, "caveats", ""))
        ),
        payment=_payment(found.get("payment", {})),
        offers=offers,
        demonstration=demonstration,
    )


def _wrong(field: str, what: str) -> Rejected:
    return Rejected("catalogue_invalid", f"{field or 'the file'}: {what}.", field=field)


def _object(given: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise _wrong(field, "must be an object")
    return given


def _path(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _list(given: Mapping[str, Any], name: str, field: str) -> list[Any]:
    found = given.get(name)
    if not isinstance(found, list) or not found or len(found) > limits.CATALOGUE_ROWS:
        raise _wrong(_path(field, name), "must be a list that is neither empty nor endless")
    return found


def _text(
    given: Mapping[str, Any], name: str, field: str, pattern: re.Pattern[str] | None = None
) -> str:
    found = given.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= limits.CATALOGUE_TEXT_CHARS:
        raise _wrong(_path(field, name), "must be a text")
    if pattern is not None and not pattern.fullmatch(found):
        raise _wrong(_path(field, name), "is not of the right form")
    return found


def _whole(given: Mapping[str, Any], name: str, field: str, low: int) -> int:
    found = given.get(name, 0)
    if type(found) is not int or not low <= found <= limits.ORDER_CENTS:
        raise _wrong(_path(field, name), "must be a whole number")
    return found


def _day(given: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(given, name, ""))
    except ValueError as error:
        raise _wrong(name, "must be a day, 2026-01-31") from error


def _words(given: Any, field: str) -> Words:
    found = _object(given, field)
    return {language: _text(found, language, field) for language in LANGUAGES}


def _payment(given: Any) -> Payment:
    found = _object(given, "payment")
    values = {name: found.get(name, "") for name in ("payee", "iban", "bank")}
    for name, value in values.items():
        if not isinstance(value, str) or len(value) > limits.CATALOGUE_TEXT_CHARS:
            raise _wrong(f"payment.{name}", "must be a text")
    iban = re.sub(r"\s", "", values["iban"]).upper()
    if iban and not (re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban) and is_iban(iban)):
        raise _wrong("payment.iban", "its check digits are wrong")
    return Payment(values["payee"], iban, values["bank"])


def _offer(given: Any, field: str) -> Offer:
    found = _object(given, field)
    product = _text(found, "product", field)
    if product not in products.PRODUCTS:
        raise _wrong(f"{field}.product", f"must be one of {', '.join(products.PRODUCTS)}")
    tiers = tuple(
        _tier(one, f"{field}.tiers[{place}]")
        for place, one in enumerate(_list(found, "tiers", field))
    )
    starts = [tier.since for tier in tiers]
    if starts[0] != 1 or starts != sorted(set(starts)):
        raise _wrong(f"{field}.tiers", "must begin at 1 and rise")
    return Offer(
        product=product,
        names=_words(found.get("names"), f"{field}.names"),
        tiers=tiers,
        setup_cents=_whole(found, "setup_cents", field, 0),
        customer_setup_cents=_whole(found, "customer_setup_cents", field, 0),
    )


def _tier(given: Any, field: str) -> Tier:
    found = _object(given, field)
    try:
        price = Decimal(_text(found, "price", field, _PRICE))
    except InvalidOperation as error:  # cannot be, after the pattern
        raise _wrong(f"{field}.price", "must be an amount") from error
    return Tier(_whole(found, "from", field, 1), price)


def to_json(catalogue: Catalogue) -> dict[str, Any]:
    """As `from_json` reads it."""
    return {
        "id": catalogue.id,
        "valid_from": catalogue.valid_from.isoformat(),
        "source": catalogue.source,
        "demonstration": catalogue.demonstration,
        "confirmation": catalogue.confirmation,
        "vat_percent": str(catalogue.vat_percent),
        "pec": catalogue.pec,
        "caveats": [dict(one) for one in catalogue.caveats],
        "payment": dict(vars(catalogue.payment)),
        "products": [
            {
                "product": one.product,
                "names": dict(one.names),
                "tiers": [{"from": tier.since, "price": str(tier.price)} for tier in one.tiers],
                "setup_cents": one.setup_cents,
                "customer_setup_cents": one.customer_setup_cents,
            }
            for one in catalogue.offers
        ],
    }
