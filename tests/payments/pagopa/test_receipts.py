"""Receipts of GPD and of Biz Events: as the simulated services write them, and otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base.errors import Rejected
from chalicelib.payments.pagopa import gpd, receipts
from infra.local.pagopa.gpd_archive import Archive, Receipt
from tests.payments.pagopa.positions import BODY, CREDITOR, MARIA, TODAY, position

NOW = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
EC = Path(__file__).resolve().parents[4] / "shared/schemas/pagopa/bizevents/openapi_ec.json"


@pytest.fixture
def paid() -> Receipt:
    """What the simulated services have of a position of two transfers."""
    archive = Archive(lambda: NOW)
    one = position(10_005, 4_995)
    archive.create(CREDITOR, gpd.written(BODY, MARIA, one, TODAY), publish=True)
    return archive.pay(CREDITOR, one.payments[0].notice, "c110729d258c4ab1b765fe902aae41d6")


def test_both_say_the_same_of_one_payment(paid: Receipt) -> None:
    first = receipts.from_gpd(paid.xml, NOW)
    second = receipts.from_biz(json.dumps(paid.json).encode(), NOW)
    assert (first.source, second.source) == ("gpd", "biz")
    for name in ("id", "iuv", "notice", "creditor", "cents", "fee_cents", "paid_at", "day",
                 "method", "psp_id", "psp_name", "debtor", "applied_on"):  # fmt: skip
        assert getattr(first, name) == getattr(second, name), name
    assert (first.cents, first.fee_cents, first.day) == (15_000, 100, "2026-11-22")
    assert first.paid_at == "2026-11-22T11:30:00.000Z"
    for one in (first, second):
        assert [(each.number, each.cents, each.creditor) for each in one.transfers] == [
            (1, 10_005, CREDITOR), (2, 4_995, CREDITOR),
        ]  # fmt: skip
        assert one.debtor is not None
        assert one.debtor.code == MARIA.tax_code


def test_a_receipt_comes_with_or_without_its_envelope(paid: Receipt) -> None:
    start, end = paid.xml.index(b"<pa:paSendRTV2Request"), paid.xml.index(b"</soap:Body>")
    assert receipts.from_gpd(paid.xml[start:end], NOW) == receipts.from_gpd(paid.xml, NOW)


@pytest.mark.parametrize("data", [b"", b"<a/>", b"{}", b"<paSendRTReq/>", b"\xff"])
def test_what_is_no_receipt_is_told(data: bytes) -> None:
    with pytest.raises(Rejected):
        receipts.from_gpd(data, NOW)
    with pytest.raises(Rejected):
        receipts.from_biz(data, NOW)


def test_a_payment_that_failed_is_no_receipt(paid: Receipt) -> None:
    with pytest.raises(Rejected, match="pagopa_receipt_unreadable"):
        receipts.from_gpd(paid.xml.replace(b"<outcome>OK<", b"<outcome>KO<"), NOW)
    with pytest.raises(Rejected, match="pagopa_receipt_unreadable"):
        receipts.from_biz(json.dumps(paid.json | {"outcome": "KO"}).encode(), NOW)


@given(st.integers(1, 99_999_999_999))
def test_no_cent_is_lost_in_a_number_of_json(cents: int) -> None:
    text = json.dumps({"a": cents / 100})
    assert receipts.cents(json.loads(text, parse_float=Decimal)["a"]) == cents


@pytest.mark.parametrize("value", ["1.00", None, True, Decimal("1.005"), Decimal("NaN")])
def test_what_is_no_amount_is_none(value: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        receipts.cents(value)


def test_the_simulator_writes_what_the_official_document_describes(paid: Receipt) -> None:
    if not EC.exists():
        pytest.skip(f"{EC} is not here")
    from openapi_schema_validator import OAS30Validator

    document = json.loads(EC.read_text())
    found = {
        "$ref": "#/components/schemas/CtReceiptModelResponse",
        "components": document["components"],
    }
    OAS30Validator(found).validate(paid.json)
