"""Data of customers of every legal form, with identifiers whose check digits are right."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from chalicelib.accounts import forms
from chalicelib.accounts.forms import FORMS, Form
from infra.local.subjects import tax_code, vat_number

VAT: Final = vat_number(4400400)
CODE: Final = vat_number(5500500)
PERSON: Final = tax_code("Serra", "Bruno", date(1971, 5, 2))
AGENT: Final = tax_code("Vitali", "Elena", date(1968, 11, 30), True)
IBAN: Final = "IT60X0542811101000000123456"

_VALUES: Final[dict[str, str]] = {
    "name": "Bottega Serra",
    "first": "Bruno",
    "last": "Serra",
    "title": "Dott.",
    "vat": VAT,
    "eori": "IT12345678901234",
    "regime": "RF19",
    "street": "Corso Vittorio Emanuele II",
    "number": "12/A",
    "postcode": "10123",
    "city": "Torino",
    "province": "TO",
    "country": "FR",
    "rea_office": "TO",
    "rea_number": "1234567",
    "capital": "10000.00",
    "members": "SM",
    "liquidation": "LN",
    "register": "Ordine degli Ingegneri",
    "register_province": "TO",
    "register_number": "A-123",
    "register_since": "1999-02-28",
    "agent_first": "Elena",
    "agent_last": "Vitali",
    "agent_tax_code": AGENT,
    "phone": "+39011223344",
    "email": "studio@serra.example",
    "pec": "serra@pec.example",
    "iban": IBAN,
}


def value(form: Form, field: str) -> str:
    """A good one."""
    if field == "tax_code":
        return PERSON if form in forms.PERSONS else CODE
    return _VALUES[field]


def minimal(form: Form, *, issues: bool = True) -> dict[str, Any]:
    """Only what must be there."""
    asked = forms.asked(form, issues=issues)
    needed = [one.name for one, need in asked.items() if need == "required"]
    return {"form": form} | {name: value(form, name) for name in needed}


def full(form: Form) -> dict[str, Any]:
    """Everything that the form asks."""
    asked = forms.asked(form, issues=True)
    return {"form": form} | {one.name: value(form, one.name) for one in asked}


# What people write: any letters that a FatturaPA can hold, blanks where they should not be.
_FREE: Final = {"name": 80, "first": 60, "last": 60, "street": 60, "city": 60, "register": 60,
                "agent_first": 60, "agent_last": 60}  # fmt: skip
_LETTERS: Final = "abcXYZ àèìòùÉçñüßøŁšžĀőȘț'’“&/.,-«°"


@st.composite
def any_profile(draw: st.DrawFn) -> dict[str, Any]:
    """Of any form: what is required, and any part of the rest that goes together."""
    form = draw(st.sampled_from(FORMS))
    asked = forms.asked(form, issues=True)
    optional = [one.name for one, need in asked.items() if need != "required"]
    chosen = set(draw(st.lists(st.sampled_from(optional), unique=True)))
    if chosen & {"rea_office", "rea_number", "capital", "members", "liquidation"}:
        chosen |= {"rea_office", "rea_number"}
    if chosen & {"register_province", "register_number", "register_since"}:
        chosen.add("register")
    found = minimal(form) | {name: value(form, name) for name in chosen & {o.name for o in asked}}
    for name, longest in _FREE.items():
        if name in found:
            text = st.text(_LETTERS, min_size=1, max_size=longest).filter(str.strip)
            found[name] = draw(text)
    return found
