"""The digital stamp: its document, its price, where it stands among the transfers."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.accounting.shares import lines_of
from chalicelib.base.errors import Rejected
from chalicelib.payments import stamps
from chalicelib.payments.pagopa import gpd
from chalicelib.payments.pagopa.shares import shares
from chalicelib.payments.positions.model import Line
from chalicelib.payments.receipts import attached
from chalicelib.payments.stamps import Stamp
from tests.payments.pagopa.positions import BODY, MARIA, TODAY, line, position

DIGEST = base64.b64encode(hashlib.sha256(b"istanza").digest()).decode()
STAMP = Stamp(DIGEST, "PD")


def stamped(*cents: int) -> Any:
    """A position of lines and, behind them, a stamp."""
    last = Line("istanza", stamps.REASON, 1_600, "9/1201000AP/", "", stamp=STAMP)
    lines = (*(line(one, place) for place, one in enumerate(cents)), last)
    return position(*cents, 1_600, lines=lines)


@pytest.mark.parametrize(
    ("document", "province", "code"),
    [
        ("", "PD", "stamp_document"),
        (base64.b64encode(b"x" * 20).decode(), "PD", "stamp_document"),
        (DIGEST[:-1], "PD", "stamp_document"),
        (f" {DIGEST[1:]}", "PD", "stamp_document"),
        (DIGEST, "Pd", "stamp_province"),
        (DIGEST, "PDX", "stamp_province"),
    ],
)
def test_what_is_no_stamp(document: str, province: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        Stamp(document, province)
    assert caught.value.code == code


def test_it_costs_what_the_law_says_on_the_day() -> None:
    assert stamps.cents_on(date(2013, 6, 26)) == stamps.cents_on(TODAY) == 1_600


@given(st.lists(st.integers(1, 10_000), max_size=4))
def test_a_stamp_is_a_transfer_of_its_own_and_whole(cents: list[int]) -> None:
    one = stamped(*cents)
    found = shares(one, one.payments[0], TODAY)
    assert sum(each.cents for each in found) == one.payments[0].cents
    assert [(each.cents, each.iban) for each in found if each.stamp] == [(1_600, "")]
    assert found[-1].stamp == STAMP
    # What the body posts of any other transfer never is the stamp's line.
    for number, each in enumerate(found, 1):
        told = lines_of(one, 0, number, each.cents)
        assert sum(part[-1] for part in told) == each.cents
        assert all((part[2] == stamps.REASON) == bool(each.stamp) for part in told)


def test_gpd_is_told_of_a_stamp_in_place_of_an_account() -> None:
    one = stamped(1_000)
    (option,) = gpd.written(BODY, MARIA, one, TODAY)["paymentOption"]
    first, second = option["transfer"]
    assert (first["iban"], "stamp" in first) == (BODY.accounts[0].iban, False)
    wanted = {"hashDocument": DIGEST, "stampType": "01", "provincialResidence": "PD"}
    assert (second["stamp"], "iban" in second) == (wanted, False)
    # As GPD answers: keys in another order, what is absent as null.
    told = gpd.written(BODY, MARIA, one, TODAY)
    there = json.loads(json.dumps(told, sort_keys=True))
    there["paymentOption"][0]["transfer"][1] |= {"iban": None}
    assert gpd.same(told, there)
    there["paymentOption"][0]["transfer"][1]["stamp"]["provincialResidence"] = "TV"
    assert not gpd.same(told, there)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'<r><transfer><idTransfer>2</idTransfer><MBDAttachment> PGEv\nPg==</MBDAttachment>'
         b"</transfer><transfer><idTransfer>3</idTransfer></transfer></r>", {2: b"<a/>"}),
        (b'{"transferList":[{"mbdAttachment":""},{"mbdAttachment":"PGEvPg=="}]}', {2: b"<a/>"}),
        (b'{"transferList":[{"idTransfer":4,"mbdAttachment":"PGEvPg=="}]}', {4: b"<a/>"}),
        (b"<r><transfer><idTransfer>1</idTransfer><MBDAttachment>!</MBDAttachment></transfer></r>",
         {}),
        (b"<r>", {}),
        (b"{", {}),
        (b"[1]", {}),
        (b'{"transferList":["x"]}', {}),
    ],
)  # fmt: skip
def test_stamps_are_read_out_of_a_receipt(raw: bytes, found: dict[int, bytes]) -> None:
    assert attached.stamps(raw) == found
