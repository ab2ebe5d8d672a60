"""A position as GPD has it, against the official schema and rules written apart; what is next."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import clock
from chalicelib.base.errors import Rejected
from chalicelib.payments import amounts
from chalicelib.payments.amounts import Rule
from chalicelib.payments.notice.model import Postal
from chalicelib.payments.pagopa import bulk, gpd
from chalicelib.payments.pagopa.gpd import Step
from chalicelib.payments.positions.model import Position, on
from infra.local.pagopa import gpd_rules
from infra.local.pagopa.gpd_archive import Archive
from tests.payments.pagopa.positions import BODY, CREDITOR, DUE, MARIA, TODAY, position

SCHEMAS = Path(__file__).resolve().parents[4] / "shared/schemas/pagopa/gpd"
NOON = datetime.combine(TODAY, time(12), UTC)


def schema(name: str, part: str) -> Any:
    """A validator of a part of an official document; the test is skipped where it is not."""
    path = SCHEMAS / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    from openapi_schema_validator import OAS31Validator

    document = json.loads(path.read_text())
    found = {"$ref": f"#/components/schemas/{part}", "components": document["components"]}
    return OAS31Validator(found, format_checker=OAS31Validator.FORMAT_CHECKER)


POSITIONS = st.builds(
    lambda cents, count, late, subject: position(
        *cents,
        rates=amounts.spread(sum(cents), count) if count > 1 and sum(cents) >= count else (),
        rules=(Rule("late_fee", "Mora", first=TODAY, cents=500),) if late else (),
        subject=subject,
    ),
    st.lists(st.integers(1, 5_000_000), min_size=1, max_size=5),
    st.integers(1, 12),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=90),
)


@pytest.mark.parametrize("name", ["debt-position_external_v1.json", "debt-position_aca_v1.json"])
def test_what_is_written_is_what_the_official_schema_describes(name: str) -> None:
    validator = schema(name, "PaymentPositionModel")
    tall = position(100, 200, 300, 400, 500, rates=(500, 500, 500))
    for one in (position(1), tall, position(99_999_999_999)):
        made = gpd.written(BODY, MARIA, one, TODAY)
        validator.validate(made)
        known = validator.schema["components"]["schemas"]
        assert made.keys() <= known["PaymentPositionModel"]["properties"].keys()
        for option in made["paymentOption"]:
            assert option.keys() <= known["PaymentOptionModel"]["properties"].keys()
            for transfer in option["transfer"]:
                assert transfer.keys() <= known["TransferModel"]["properties"].keys()
    with pytest.raises(Exception, match=r"minimum|less than"):
        validator.validate(made | {"paymentOption": [made["paymentOption"][0] | {"amount": 0}]})


@given(POSITIONS, st.dates(date(2026, 1, 1), date(2030, 1, 1)))
def test_whatever_is_asked_for_gpd_takes_it(one: Position, day: date) -> None:
    made = gpd.written(BODY, MARIA, one, day)
    found = gpd_rules.check(made, datetime.combine(day, time(12), UTC))
    assert found == made
    assert gpd.same(made, json.loads(json.dumps(made)))


def test_days_are_the_same_in_rome_and_in_utc_and_never_past() -> None:
    made = gpd.written(BODY, MARIA, position(100), TODAY)
    assert made["paymentOption"][0]["dueDate"] == "2026-12-31T22:59:59.000Z"
    late = gpd.written(BODY, MARIA, position(100), date(2027, 7, 1))
    assert late["paymentOption"][0]["dueDate"] == "2027-07-02T21:59:59.000Z"


def test_poste_gets_its_account_where_slips_are_printed() -> None:
    poste = "IT51A0760103200000000123456"
    with_slips = replace(
        BODY,
        accounts=(*BODY.accounts, replace(BODY.accounts[0], iban=poste)),
        postal=Postal("123456", "Ordine", "AUT. DB/SSIC/E 22028 DEL 05/11/2014"),
    )
    (option,) = gpd.written(with_slips, MARIA, position(100), TODAY)["paymentOption"]
    assert option["transfer"][0]["postalIban"] == poste
    gpd_rules.check(gpd.written(with_slips, MARIA, position(100), TODAY), NOON)
    assert "postalIban" not in str(gpd.written(BODY, MARIA, position(100), TODAY))


def test_only_name_and_code_of_the_debtor_leave_the_house() -> None:
    said = json.dumps(gpd.written(BODY, MARIA, position(100), TODAY))
    assert MARIA.tax_code in said
    for private in (MARIA.address, MARIA.mail, MARIA.city):
        assert private not in said


# ------------------------------------------------------------------ what is next
def _found(one: Position, status: str, **options: str) -> dict[str, Any]:
    made = gpd.written(BODY, MARIA, replace(one, state="valid"), TODAY)
    for option in made["paymentOption"]:
        option["status"] = options.get(f"n{option['iuv']}", "PO_UNPAID")
    return made | {"status": status}


STATUSES = ["", "DRAFT", "PUBLISHED", "VALID", "INVALID", "EXPIRED", "PARTIALLY_PAID", "PAID"]


@pytest.mark.parametrize(
    ("state", "deleted", "answers"),
    [
        ("draft", False, ["create", "publish", None, None, "invalid", "update", None, None]),
        ("valid", False, ["create", "publish", None, None, "invalid", "update", None, None]),
        # What it was not told of in time is put right; nothing is made that nobody can pay.
        ("expired", False, [None, None, "update", "update", None, None, None, None]),
        (
            "invalid", False,
            [None, "delete", "invalidate", "invalidate", None, "delete", "paid", "paid"],
        ),
        ("invalid", True, [None, "delete", "delete", "delete", None, "delete", "paid", "paid"]),
        ("paid_outside", False, [None, "delete", "pay", "pay", None, None, None, None]),
    ],
)  # fmt: skip
def test_every_state_of_ours_in_every_state_of_theirs(
    state: Any, deleted: bool, answers: list[str | None]
) -> None:
    one = position(100, state=state)
    wanted = gpd.written(BODY, MARIA, one, TODAY)
    for status, answer in zip(STATUSES, answers, strict=True):
        found = _found(one, status) if status else None
        if answer in ("invalid", "paid"):
            with pytest.raises(Rejected) as refused:
                gpd.next_step(one, deleted, wanted, found)
            assert refused.value.code == f"pagopa_{answer}_there"
            continue
        step = gpd.next_step(one, deleted, wanted, found)
        assert (step.kind if step else None) == answer, status


def test_what_differs_is_updated_and_what_is_equal_is_left() -> None:
    one = position(100, 200, rates=(150, 150))
    poste = replace(one.lines[1], iban="IT51A0760103200000000123456")
    wanted, found = gpd.written(BODY, MARIA, one, TODAY), _found(one, "VALID")
    assert gpd.next_step(one, False, wanted, found) is None
    for changed in (
        replace(one, subject="Altra"),
        replace(one, payments=(replace(one.payments[0], due=date(2027, 1, 1)), *one.payments[1:])),
        replace(one, lines=(one.lines[0], poste)),
        replace(one, payments=one.payments[:1]),
    ):  # fmt: skip
        wanted = gpd.written(BODY, MARIA, changed, TODAY)
        assert gpd.next_step(changed, False, wanted, found) == Step("update")


def test_of_a_plan_what_was_paid_is_told_notice_by_notice() -> None:
    one = position(100, rates=(50, 50), state="paid_outside")
    whole, first, second = one.payments
    assert gpd.next_step(one, False, None, _found(one, "VALID")) == Step("pay", whole.notice)
    half = _found(one, "PARTIALLY_PAID", **{f"n{first.iuv}": "PO_PAID"})
    assert gpd.next_step(one, False, None, half) == Step("pay", second.notice)
    known = replace(one, state="partially_paid", payments=(
        replace(whole, state="closed"), replace(first, state="paid"), second,
    ))  # fmt: skip
    assert gpd.next_step(known, False, None, _found(one, "VALID")) == Step("pay", first.notice)
    assert gpd.next_step(known, False, None, half) is None


def test_the_next_day_on_which_the_amount_changes() -> None:
    late = amounts.late_fee(DUE, "Mora", after_days=10, cents=500)
    daily = amounts.late_fee(DUE, "Interessi", yearly_rate=Decimal("0.05"))
    early = amounts.reduction(date(2026, 12, 1), "Sconto", cents=10)
    one = position(100_000, rules=(late, daily, early))
    days: list[date] = []
    day = TODAY
    while (found := gpd.changes_on(one, day)) is not None and len(days) < 4:
        assert found > day
        days.append(found)
        day = found
    assert days == [date(2026, 12, 2), date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
    # Between two of them nothing changes.
    for before, after in zip([TODAY, *days], days, strict=False):
        last = date.fromordinal(after.toordinal() - 1)
        asked = [amounts.due_on(100_000, one.rules, each).cents for each in (before, last, after)]
        assert asked[0] == asked[1] != asked[2]
    assert gpd.changes_on(replace(one, state="invalid"), TODAY) is None
    assert gpd.changes_on(position(100), TODAY) is None


# ------------------------------------------------------------------ files
def test_a_file_is_the_same_for_the_same_positions() -> None:
    models = [gpd.written(BODY, MARIA, position(100), TODAY)]
    assert bulk.packed(models) == bulk.packed(models)


def test_a_report_says_what_was_brought_in_and_nothing_else() -> None:
    name = f"{BODY.fiscal_code}-abc"
    for key in ("iupds", "requestIDs"):
        entries = [
            {"statusCode": 201, "statusMessage": "ok", key: [name]},
            {"statusCode": 409, "statusMessage": "there", key: [f"{BODY.fiscal_code}-def"]},
            {"statusCode": 200},
        ]
        assert bulk.brought_in({"responses": entries}) == ({"abc"}, {"def"})
    assert bulk.brought_in({}) == bulk.NOTHING


# ------------------------------------------------------------------ a hard end
SOON = st.integers(-5, 40).map(lambda days: DUE + timedelta(days=days))
LAST = st.integers(0, 60).map(lambda days: DUE + timedelta(days=days))


def _hard(ends: date, rates: int, dues: list[date]) -> Position:
    one = position(900, rates=(300,) * rates, ends=ends, hard_end=True)
    days = [*dues, *[ends] * len(one.payments)]
    payments = tuple(
        replace(each, due=min(day, ends)) for each, day in zip(one.payments, days, strict=False)
    )
    return replace(one, payments=payments)


@given(LAST, st.sampled_from((0, 3)), st.lists(SOON, max_size=4))
def test_pagopa_ends_it_with_its_last_day_and_never_before(
    ends: date, rates: int, dues: list[date]
) -> None:
    """Told when it is made and on the days that are planned, by GPD's own rules."""
    now = [NOON]
    archive = Archive(lambda: now[0])
    one, day = _hard(ends, rates, dues), TODAY
    archive.create(CREDITOR, gpd.written(BODY, MARIA, one, day), publish=True)
    while (following := gpd.changes_on(one, day)) is not None:
        assert day < following <= ends
        day = following
        now[0] = datetime.combine(day, time(0, 1), clock.ROME)
        wanted, found = gpd.written(BODY, MARIA, one, day), archive.get(CREDITOR, gpd.iupd(one))
        assert gpd.next_step(one, False, wanted, found) == Step("update")
        archive.update(CREDITOR, gpd.iupd(one), wanted, publish=True)
    now[0] = datetime.combine(ends, time(23, 59), clock.ROME)
    assert archive.get(CREDITOR, gpd.iupd(one))["status"] == "VALID"
    now[0] = datetime.combine(ends + timedelta(days=1), time(0, 1), clock.ROME)
    found = archive.get(CREDITOR, gpd.iupd(one))
    assert found["status"] == "EXPIRED"
    over = on(one, ends + timedelta(days=1))
    wanted = gpd.written(BODY, MARIA, over, ends + timedelta(days=1))
    assert gpd.next_step(over, False, wanted, found) is None


def test_pagopa_that_heard_of_the_end_too_late_ends_it_that_night() -> None:
    archive = Archive(lambda: NOON)
    one = position(900)
    archive.create(CREDITOR, gpd.written(BODY, MARIA, one, TODAY), publish=True)
    over = on(replace(one, hard_end=True, ends=TODAY - timedelta(days=3)), TODAY)
    wanted, found = gpd.written(BODY, MARIA, over, TODAY), archive.get(CREDITOR, gpd.iupd(one))
    assert gpd.next_step(over, False, wanted, found) == Step("update")
    archive.update(CREDITOR, gpd.iupd(one), wanted, publish=True)
    assert gpd.next_step(over, False, wanted, archive.get(CREDITOR, gpd.iupd(one))) is None
    archive.clock = lambda: NOON + timedelta(days=1)
    assert archive.get(CREDITOR, gpd.iupd(one))["status"] == "EXPIRED"


@pytest.mark.parametrize("name", ["debt-position_external_v1.json", "debt-position_aca_v1.json"])
def test_a_hard_end_is_written_as_the_official_schema_describes(name: str) -> None:
    made = gpd.written(BODY, MARIA, _hard(DUE, 3, []), TODAY)
    schema(name, "PaymentPositionModel").validate(made)
    assert made["switchToExpired"] is True
    # What tells it apart is in what GPD shows; the switch is not.
    shown = schema(name, "PaymentOptionModelResponse").schema["components"]["schemas"]
    assert "retentionDate" in shown["PaymentOptionModelResponse"]["properties"]
    soft = gpd.written(BODY, MARIA, position(900, rates=(300,) * 3), TODAY)
    assert soft["switchToExpired"] is False
    assert not gpd.same(made, soft)


def test_rules_change_nothing_after_a_hard_end() -> None:
    fee = Rule("late_fee", "Mora", first=DUE + timedelta(days=10), cents=500)
    one = position(900, rules=(fee,), ends=DUE + timedelta(days=9), hard_end=True)
    assert gpd.changes_on(one, TODAY) == DUE + timedelta(days=1)
    assert gpd.changes_on(one, DUE + timedelta(days=1)) is None
    assert gpd.changes_on(replace(one, hard_end=False), TODAY) == fee.first
