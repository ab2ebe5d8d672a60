"""A notice that exists can be printed: what could not is refused when it is made."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv
from chalicelib.payments.notice.model import (
    Creditor,
    Debtor,
    Notice,
    Payment,
    Postal,
    day,
    euros,
    file_name,
)
from tests.payments.notice.made import CREDITOR, DEBTOR, NOTICE, POSTAL, WITH_POST, payment, rates

WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "creditor's code": (lambda: replace(CREDITOR, code="8001234567"), "creditor_code_malformed"),
    "creditor's name": (lambda: replace(CREDITOR, name=" "), "notice_field_empty"),
    "its length": (lambda: replace(CREDITOR, name="x" * 51), "notice_field_too_long"),
    "sector": (lambda: replace(CREDITOR, sector="x" * 51), "notice_field_too_long"),
    "info": (lambda: replace(CREDITOR, info="x" * 101), "notice_field_too_long"),
    "counter": (lambda: replace(CREDITOR, counter="x" * 51), "notice_field_too_long"),
    "cbill": (lambda: replace(CREDITOR, cbill="a90s3"), "cbill_malformed"),
    "debtor's code": (lambda: replace(DEBTOR, code="rssmra80a01h501u"), "debtor_code_malformed"),
    "debtor's name": (lambda: replace(DEBTOR, name="x" * 71), "notice_field_too_long"),
    "no name": (lambda: replace(DEBTOR, name=""), "notice_field_empty"),
    "address": (lambda: replace(DEBTOR, address=("x" * 141,)), "notice_field_too_long"),
    "whole address": (
        lambda: replace(DEBTOR, address=("x" * 70, "y" * 70)), "notice_field_too_long"
    ),
    "lines": (lambda: replace(DEBTOR, address=tuple("abcde")), "notice_field_too_long"),
    "control character": (lambda: replace(DEBTOR, name="a\nb"), "notice_field_characters"),
    "direction": (lambda: replace(NOTICE, subject="a\u202eb"), "notice_field_characters"),
    "account": (lambda: replace(POSTAL, account="1" * 13), "postal_account_malformed"),
    "authorisation": (lambda: replace(POSTAL, authorisation=""), "notice_field_empty"),
    "number": (lambda: Payment("1" * 17, 1), "notice_number_malformed"),
    "nothing asked": (lambda: Payment("1" * 18, 0), "amount_out_of_range"),
    "too much asked": (lambda: Payment("1" * 18, 10**11), "amount_out_of_range"),
    "subject": (lambda: replace(NOTICE, subject="x" * 91), "notice_field_too_long"),
    "no subject": (lambda: replace(NOTICE, subject=""), "notice_field_empty"),
    "no payment": (lambda: replace(NOTICE, whole=None), "notice_without_payment"),
    "one instalment": (lambda: replace(NOTICE, instalments=rates(1)), "instalments_count"),
    "instalments": (
        lambda: replace(NOTICE, instalments=rates(limits.INSTALMENTS + 1)), "instalments_count"
    ),
    "number twice": (
        lambda: replace(NOTICE, whole=payment(100), instalments=rates(2)), "notice_number_repeated"
    ),
    "over Poste": (
        lambda: replace(WITH_POST, whole=payment(1, limits.AMOUNT_POSTE_CENTS + 1)),
        "amount_over_poste",
    ),
    "language": (lambda: replace(NOTICE, second="es"), "notice_language"),  # type: ignore[arg-type]
    "link": (lambda: replace(NOTICE, link="http://a.it/"), "notice_link"),
    "link's signs": (lambda: replace(NOTICE, link="https://à.it/"), "notice_link"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_could_not_be_printed_is_refused(name: str) -> None:
    build, code = WRONG[name]
    with pytest.raises(Rejected, match=f"^{code}:"):
        build()


def test_refusals_name_the_field_and_its_limit() -> None:
    with pytest.raises(Rejected) as refused:
        Creditor("80012345678", "x" * 51)
    assert refused.value.details == {"field": "creditor_name", "limit_chars": 50}


def test_the_limits_themselves_are_allowed() -> None:
    most = limits.AMOUNT_POSTE_CENTS
    notice = Notice(
        Creditor("80012345678", "x" * 50, "y" * 50, "z" * 100, "A90S3", True, "w" * 50,
                 Postal("1" * 12, "h" * 50, "AUT. " + "9" * 55)),
        Debtor("AB", "n" * 70, ("a" * 69, "b" * 70)),
        "s" * 90,
        payment(1, most),
        rates(limits.INSTALMENTS, most),
        link="https://" + "l" * 92,
    )  # fmt: skip
    assert notice.asked_cents == most
    assert len(notice.payments) == limits.INSTALMENTS + 1
    assert replace(notice, whole=None).asked_cents == limits.INSTALMENTS * most


# --- how it is written ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cents", "said"),
    [(1, "0,01"), (100, "1,00"), (102_099, "1.020,99"), (99_999_999_999, "999.999.999,99")],
)
def test_amounts_are_written_as_italian_does(cents: int, said: str) -> None:
    assert euros(cents) == said


@given(st.integers(1, limits.AMOUNT_CENTS))
def test_no_amount_loses_a_cent(cents: int) -> None:
    assert int(euros(cents).replace(".", "").replace(",", "")) == cents


def test_days_are_written_as_italian_does() -> None:
    assert day(date(2026, 3, 1)) == "01/03/2026"


# --- the file's name ------------------------------------------------------------------
@pytest.mark.feature("F001-077")
def test_the_file_name_is_exactly_that_of_the_seed() -> None:
    number = iuv.make("01", 42)
    assert file_name("RSSMRA80A01H501U", "2026", number) == (
        "RSSMRA80A01H501U_2026_01000000000004285.pdf"
    )


@pytest.mark.feature("F001-078")
def test_a_thousand_names_can_be_read_by_machines() -> None:
    chance = random.Random(1)
    names = set()
    for base in range(1_000):
        letters = "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=16))
        code = letters if base % 3 else f"{chance.randrange(10**11):011d}"
        names.add(file_name(code, f"{chance.randrange(2000, 2100)}", iuv.make("01", base)))
    assert len(names) == 1_000
    assert all(
        re.fullmatch(r"([A-Z0-9]{16}|[0-9]{11})_[0-9]{4}_[0-9]{17}\.pdf", name, re.ASCII)
        for name in names
    )


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (("rssmra80a01h501u", "2026", "1"), "debtor_code_malformed"),
        (("../../etc", "2026", "1"), "debtor_code_malformed"),
        (("RSSMRA80A01H501U", "26", "1"), "notice_year_malformed"),
        (("RSSMRA80A01H501U", "2026", ""), "iuv_malformed"),
        (("RSSMRA80A01H501U", "2026", "1/2"), "iuv_malformed"),
    ],
)
def test_a_name_has_nothing_else_in_it(parts: tuple[str, str, str], code: str) -> None:
    with pytest.raises(Rejected, match=code):
        file_name(*parts)
