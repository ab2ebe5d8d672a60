"""The table of legal forms, and the data that it lets through."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounts import forms, profile
from chalicelib.accounts.forms import FORMS, Form
from chalicelib.accounts.profile import FIELDS, Profile
from chalicelib.base.errors import Rejected
from chalicelib.invoicing import compose, sellers
from chalicelib.invoicing.controls.whole import examine_all
from chalicelib.invoicing.courtesy import labels
from chalicelib.invoicing.fatturapa.text import fit
from chalicelib.invoicing.fatturapa.tree import common, header, kinds
from tests.accounts.profiles import CODE, PERSON, VAT, any_profile, full, minimal, value
from tests.invoicing.official import schemas

pytestmark = [pytest.mark.feature("F004-021"), pytest.mark.feature("F004-022")]
every_form = pytest.mark.parametrize("form", FORMS)
TODAY = date(2026, 11, 20)


def problems(given: dict[str, Any], *, issues: bool = True) -> dict[str, str]:
    try:
        profile.checked(Profile(**given), issues=issues)
    except Rejected as refusal:
        found = refusal.details["fields"] if refusal.code == "customer_profile" else None
        return {one["field"]: one["problem"] for one in found or [{"field": "", "problem": "?"}]}
    return {}


# ------------------------------------------------------------------ the table itself
def test_every_form_and_field_has_its_words() -> None:
    assert set(forms.labels()) == set(FORMS) == set(forms.NEEDS)
    assert tuple(forms.fields()) == FIELDS
    asked = {name for row in forms.NEEDS.values() for name in row}
    assert asked == set(FIELDS), "a field that nobody is asked"
    for words in (*forms.labels().values(), *(one.labels for one in forms.fields().values())):
        assert tuple(words) == forms.LANGUAGES
        assert all(words.values())


def test_choices_are_those_of_the_format() -> None:
    lists = {"regime": kinds.RegimeFiscaleType, "members": kinds.SocioUnicoType,
             "liquidation": kinds.StatoLiquidazioneType}  # fmt: skip
    for name, kind in lists.items():
        field = forms.fields()[name]
        (choice,) = kind.__metadata__
        assert set(field.choices) == set(choice.values)
        assert all(labels.meaning(field.element, one, "it") for one in field.choices)


def test_fields_that_are_written_exist_in_the_format() -> None:
    places = (
        *header.DatiAnagraficiCedenteType.__dataclass_fields__,
        *header.CedentePrestatoreType.__dataclass_fields__,
        *header.ContattiType.__dataclass_fields__,
        *common.AnagraficaType.__dataclass_fields__,
        *common.IndirizzoType.__dataclass_fields__,
        *common.IscrizioneREAType.__dataclass_fields__,
        "IBAN",
    )
    for field in forms.fields().values():
        assert not field.element or field.element in places


def test_names_hold_only_characters_that_an_invoice_holds_one_for_one() -> None:
    """Else a name that was taken would be refused, or too long, when the invoice is made."""
    field = forms.fields()["name"]
    taken = [chr(code) for code in range(0x20, 0x3000) if field.takes(chr(code))]
    assert len(taken) > 300
    for sign in taken:
        fitted = fit(f"a{sign}b", "latin")
        assert (len(fitted.text), fitted.lost) == (3, ""), f"U+{ord(sign):04X}"


def test_patterns_are_also_those_of_a_page() -> None:
    """HTML's attribute compiles with the flag v: some signs must not stand alone in a class."""
    for field in forms.fields().values():
        for inside in re.findall(r"\[(.*?)\]", field.pattern):
            assert not re.search(r"[()\[{}/|]|&&|--|~~", inside.replace("A-Z", "")), field.name


@every_form
def test_the_minimum_is_enough_and_each_part_of_it_is_needed(form: Form) -> None:
    assert problems(minimal(form)) == {}
    assert problems(full(form)) == {}
    for name in set(minimal(form)) - {"form"}:
        assert problems(minimal(form) | {name: "  "}) == {name: "missing"}


@every_form
def test_what_a_form_does_not_ask_is_refused(form: Form) -> None:
    asked = {one.name for one in forms.asked(form, issues=True)}
    for name in set(FIELDS) - asked:
        assert problems(full(form) | {name: value(form, name)})[name] == "not_asked"


def test_a_person_has_a_name_a_company_a_denomination() -> None:
    """The row's own example."""
    assert set(minimal("natural_person")) >= {"first", "last", "tax_code"}
    assert "name" not in {one.name for one in forms.asked("natural_person", issues=True)}
    assert set(minimal("company")) >= {"name", "vat"}
    assert "first" not in {one.name for one in forms.asked("company", issues=True)}


@pytest.mark.parametrize("form", ["natural_person", "public_body", "association"])
def test_who_does_not_issue_needs_no_vat_number(form: Form) -> None:
    without = minimal(form, issues=False)
    assert "vat" not in without
    assert problems(without, issues=False) == {}
    assert problems(without) == {"vat": "missing"}


# ------------------------------------------------------------------ what values may be
@pytest.mark.parametrize(
    ("form", "field", "bad", "problem"),
    [
        ("company", "vat", VAT[:-1] + str((int(VAT[-1]) + 1) % 10), "check_digits"),
        ("company", "vat", "123", "form"),
        ("company", "tax_code", PERSON, "form"),
        ("company", "tax_code", CODE[:-1] + str((int(CODE[-1]) + 1) % 10), "check_digits"),
        ("professional", "tax_code", CODE, "form"),
        ("professional", "tax_code", PERSON[:-1] + ("A" if PERSON[-1] != "A" else "B"),
         "check_digits"),
        ("vat_group", "tax_code", VAT, "same_as_vat"),
        ("non_resident", "country", "IT", "not_abroad"),
        ("company", "agent_tax_code", PERSON[:-1] + ("A" if PERSON[-1] != "A" else "B"),
         "check_digits"),
        ("company", "iban", "IT60X0542811101000000123457", "check_digits"),
        ("company", "regime", "RF03", "form"),
        ("company", "capital", "10.000,00", "form"),
        ("company", "name", "株式会社", "form"),
        ("company", "name", "a" * 81, "form"),
        ("company", "email", "nessuno", "form"),
        ("company", "email", "a@b.it\r\nBcc: c@d.it", "form"),
        ("company", "phone", "12", "form"),
        ("company", "phone", "+123456789012", "form"),
        ("company", "postcode", "1012", "form"),
        ("professional", "register_since", "2001-02-29", "not_a_day"),
        ("company", "province", "T0", "form"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(form: Form, field: str, bad: str, problem: str) -> None:
    assert problems(full(form) | {field: bad}) == {field: problem}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    given = full("company") | {"vat": "1", "city": "", "first": "Ada"}
    assert problems(given) == {"vat": "form", "city": "missing", "first": "not_asked"}


def test_blocks_are_whole_or_not_there() -> None:
    assert problems(minimal("company") | {"capital": "1.00"}) == {
        "rea_office": "missing", "rea_number": "missing",
    }  # fmt: skip
    assert problems(minimal("professional") | {"register_number": "1"}) == {"register": "missing"}


def test_what_people_write_is_brought_to_form() -> None:
    given = minimal("company") | {
        "vat": f" it {VAT[:3]}.{VAT[3:]} ", "name": "  Serra\t S.r.l. ", "rea_office": "to",
        "rea_number": "1", "capital": "500", "phone": "+39 (011) 22.33/44", "tax_code": VAT,
        "iban": "it60 x054 2811 1010 0000 0123 456",
    }  # fmt: skip
    made = profile.checked(Profile(**given), issues=True)
    assert (made.vat, made.name, made.rea_office) == (VAT, "Serra S.r.l.", "TO")
    assert (made.capital, made.phone) == ("500.00", "+39011223344")
    assert made.iban == "IT60X0542811101000000123456"
    assert (made.regime, made.liquidation) == ("RF01", "LN")
    assert made.fiscal_ids == (f"IT{VAT}", VAT)
    assert profile.checked(made, issues=True) == made


def test_members_of_a_group_are_told_apart_by_their_own_code() -> None:
    made = profile.checked(Profile(**minimal("vat_group")), issues=True)
    assert made.fiscal_ids == (CODE,)


@given(st.sampled_from(FORMS), st.sampled_from(FIELDS), st.text(max_size=90))
def test_any_text_anywhere_is_taken_or_named(form: Form, field: str, text: str) -> None:
    found = problems(full(form) | {field: text})
    assert set(found) <= {field, "rea_office", "rea_number", "register", "tax_code"}


# ------------------------------------------------------------------ the invoice
def invoice(own: Profile, format: str = "FPR12") -> compose.Invoice:
    line = compose.Line(description="Consulenza", price=Decimal("100.10"), rate=Decimal(22))
    documents = [
        compose.Document(kind="TD01", number="1/2026", day=TODAY, lines=(line,), payments=(
            compose.Payment(terms="TP02", instalments=(compose.Instalment(method="MP05"),)),
        ))
    ]  # fmt: skip
    buyer = compose.Buyer(
        identity=compose.Identity(vat="12345670017", name="Cliente"),
        place=compose.Place(street="Via Roma", postcode="20121", city="Milano"),
    )
    seller, _ = sellers.parties(documents, None, buyer, own)
    return compose.Invoice(
        format=format,  # type: ignore[arg-type]
        sending=compose.Sending(
            tax_code="01234567897", progressive="1",
            recipient="UFABCD" if format == "FPA12" else "",
        ),
        seller=seller,
        buyer=buyer,
        documents=sellers.paid_to(documents, own),
    )  # fmt: skip


def refusals(own: Profile, format: str) -> list[str]:
    """What SdI would say of an invoice whose seller is out of a customer's data."""
    data = compose.compose(invoice(own, format), TODAY).data
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    judged = examine_all(data, "IT01234567897_00001.xml", now, schemas(), TODAY).verdict
    return [f"{one.code} {one.where}" for one in judged.findings if one.severity != "warning"]


@pytest.mark.feature("F004-023")
@pytest.mark.parametrize("format", ["FPA12", "FPR12"])
@pytest.mark.parametrize("whole", [False, True], ids=["minimal", "full"])
@every_form
def test_his_data_suffice_for_a_valid_invoice(form: Form, whole: bool, format: str) -> None:
    given = full(form) if whole else minimal(form)
    assert refusals(profile.checked(Profile(**given), issues=True), format) == []


@pytest.mark.feature("F004-023")
@settings(max_examples=60, deadline=None)
@given(any_profile())
def test_whatever_data_are_taken_suffice(given: dict[str, Any]) -> None:
    own = profile.checked(Profile(**given), issues=True)
    assert refusals(own, "FPR12") == []


def test_a_transfer_goes_to_his_own_account_unless_another_is_named() -> None:
    own = profile.checked(Profile(**full("company")), issues=True)
    (document,) = invoice(own).documents
    assert document.payments[0].instalments[0].iban == own.iban
    other = compose.Instalment(method="MP05", iban="GB82WEST12345698765432")
    cash = compose.Instalment(method="MP01")
    payment = compose.Payment(terms="TP01", instalments=(other, cash))
    kept = sellers.paid_to(
        [
            compose.Document(
                kind="TD01", number="1", day=TODAY, lines=document.lines, payments=(payment,)
            )
        ],
        own,
    )
    assert kept[0].payments == (payment,)


@pytest.mark.parametrize("own", [None, Profile("natural_person", first="A", last="B")])
def test_nobody_is_made_up(own: Profile | None) -> None:
    with pytest.raises(Rejected) as refusal:
        sellers.parties([], None, None, own)
    assert refusal.value.code == "customer_profile_missing"
