"""A customer's own data: who he is before the tax, where he is, how he signs.

Values are texts, "" for what is not given, and are judged by the table of `forms`. Pure.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from chalicelib.accounts import addresses, forms
from chalicelib.accounts.forms import PERSONS, SHARED_VAT, Form
from chalicelib.base.errors import Rejected
from chalicelib.base.iban import is_iban
from chalicelib.base.taxids import is_person_code, is_tax_code, is_vat_number

# What is wrong with a field, for programs and pages.
Problem = Literal[
    "missing", "not_asked", "form", "check_digits", "same_as_vat", "not_abroad", "not_a_day"
]


@dataclass(frozen=True)
class Profile:
    """`form` and the fields of `forms`, under the same names. `capital` in euros, "10000.00";
    `register_since` an ISO day; `vat` without the country."""

    form: Form
    name: str = ""
    first: str = ""
    last: str = ""
    title: str = ""
    vat: str = ""
    tax_code: str = ""
    eori: str = ""
    regime: str = ""
    street: str = ""
    number: str = ""
    postcode: str = ""
    city: str = ""
    province: str = ""
    country: str = ""
    rea_office: str = ""
    rea_number: str = ""
    capital: str = ""
    members: str = ""
    liquidation: str = ""
    register: str = ""
    register_province: str = ""
    register_number: str = ""
    register_since: str = ""
    agent_first: str = ""
    agent_last: str = ""
    agent_tax_code: str = ""
    phone: str = ""
    email: str = ""
    pec: str = ""
    iban: str = ""

    @property
    def label(self) -> str:
        """The name as people read it."""
        return self.name or f"{self.first} {self.last}"

    @property
    def person(self) -> bool:
        """Whether it is a human being (who has rights to his data that a company has not)."""
        return self.form in PERSONS

    @property
    def fiscal_ids(self) -> tuple[str, ...]:
        """By which his documents are known: the number with its country, the tax code."""
        vat = f"IT{self.vat}" if self.vat and self.form not in SHARED_VAT else ""
        return tuple(one for one in (vat, self.tax_code) if one)


FIELDS: Final = tuple(one.name for one in dataclasses.fields(Profile) if one.name != "form")
# Personal data: of a person where he is and how he is reached, of the others who signs for them.
_REACH: Final = ("street", "number", "postcode", "city", "phone", "email", "pec", "iban")
_AGENT: Final = ("agent_first", "agent_last", "agent_tax_code")

# People write these in groups, in small letters and with dots.
_CODES: Final = frozenset(
    {"vat", "tax_code", "agent_tax_code", "eori", "iban", "province", "country"}
    | {"rea_office", "register_province"}
)
_GROUPED: Final = re.compile(r"[\s./()-]")
_REA_NEEDED_BY: Final = ("rea_office", "rea_number", "capital", "members", "liquidation")
_ALBO_NEEDED_BY: Final = ("register_province", "register_number", "register_since")


def sensitive(profile: Profile) -> tuple[str, ...]:
    """The fields that are kept sealed."""
    return _REACH if profile.person else _AGENT


def cleaned(given: Profile) -> Profile:
    """The same without blanks and signs that people write for their eyes, and with the defaults of
    what its form asks."""
    made = {name: _clean(name, getattr(given, name)) for name in FIELDS}
    registered = bool(made["rea_office"] or made["rea_number"])
    for one in forms.asked(given.form, issues=True):
        if not made[one.name] and (one.name != "liquidation" or registered):
            made[one.name] = one.default
    return Profile(form=given.form, **made)


def _clean(name: str, value: str) -> str:
    if name in _CODES:
        code = _GROUPED.sub("", value).upper()
        return code.removeprefix("IT") if name == "vat" and len(code) == 13 else code
    if name == "phone":
        return _GROUPED.sub("", value)
    text = " ".join(value.split())
    if name == "capital" and re.fullmatch(r"[0-9]+(\.[0-9])?", text):
        return f"{text}0" if "." in text else f"{text}.00"
    return text


def checked(given: Profile, *, issues: bool) -> Profile:
    """The profile as it is stored. `issues`: the house sends the customer's invoices, so that
    what FatturaPA needs of a seller must be there.

    Rejected `customer_profile` with `fields`: [{field, problem}], every one that is wrong.
    """
    profile = cleaned(given)
    problems = list(dict.fromkeys(_problems(profile, issues)))
    if problems:
        raise Rejected(
            "customer_profile",
            "Some of the customer's data are missing or wrong.",
            fields=[{"field": name, "problem": problem} for name, problem in problems],
        )
    return profile


def advised(profile: Profile) -> tuple[str, ...]:
    """What the form asks for, may be left out, and is left out."""
    asked = forms.asked(profile.form, issues=True)
    return tuple(
        one.name
        for one, need in asked.items()
        if need == "advised" and not getattr(profile, one.name)
    )


def _problems(profile: Profile, issues: bool) -> Iterator[tuple[str, Problem]]:
    asked = {
        one.name: (one, need) for one, need in forms.asked(profile.form, issues=issues).items()
    }
    for name in FIELDS:
        value = getattr(profile, name)
        if name not in asked:
            if value:
                yield name, "not_asked"
            continue
        field, need = asked[name]
        if not value and need == "required":
            yield name, "missing"
        elif value and not field.takes(value):
            yield name, "form"
        elif value:
            yield from _meaning(profile, name, value)
    yield from _together(profile)


def _meaning(profile: Profile, name: str, value: str) -> Iterator[tuple[str, Problem]]:
    """What a pattern cannot say."""
    if name == "vat" and not is_vat_number(value):
        yield name, "check_digits"
    if name == "tax_code" and not is_tax_code(value):
        yield name, "check_digits"
    if name == "agent_tax_code" and not is_person_code(value):
        yield name, "check_digits"
    if name == "iban" and not is_iban(value):
        yield name, "check_digits"
    if name in ("email", "pec") and not addresses.is_mail(value):
        yield name, "form"
    if name == "tax_code" and profile.form in SHARED_VAT and value == profile.vat:
        yield name, "same_as_vat"
    if name == "country" and value == "IT":
        yield name, "not_abroad"
    if name == "register_since" and not _is_day(value):
        yield name, "not_a_day"


def _together(profile: Profile) -> Iterator[tuple[str, Problem]]:
    """Blocks of FatturaPA that are whole or not there: IscrizioneREA, the albo."""
    if any(getattr(profile, name) for name in _REA_NEEDED_BY):
        for name in ("rea_office", "rea_number"):
            if not getattr(profile, name):
                yield name, "missing"
    if any(getattr(profile, name) for name in _ALBO_NEEDED_BY) and not profile.register:
        yield "register", "missing"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= 1900
    except ValueError:
        return False
