"""Claims: what only one document may have, and who wins."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.base import dynamo, limits, xml
from chalicelib.base.dynamo import ConditionFailed
from chalicelib.invoicing import claims
from chalicelib.invoicing.claims import Claim
from chalicelib.invoicing.fatturapa import reader
from chalicelib.invoicing.model import Invoice
from infra.local.invoices import make
from infra.local.subjects import SELLER
from tests.entry import api_world
from tests.entry.api_world import Api

api = api_world.api


def invoice(**more: Any) -> Invoice:
    return reader.read(xml.read(make(**more), limit_bytes=limits.DOCUMENT_BYTES))


def keys_of(found: list[Claim], kind: str) -> list[tuple[str, str]]:
    return [claim.key for claim in found if claim.kind == kind]


def number_of(**more: Any) -> list[tuple[str, str]]:
    return keys_of(claims.of("alfa", "c1", "a.xml", "0", invoice(**more)), "number")


# ------------------------------------------------------------------ what is claimed
def test_a_file_claims_its_bytes_its_name_and_its_number() -> None:
    found = claims.of("alfa", "c1", "folder/a.xml", "ff", invoice(number="7", date="2026-02-03"))
    issuer = SELLER.country + SELLER.vat
    assert {claim.kind: claim.key for claim in found} == {
        "bytes": ("T#alfa#BYTES#ff", "CLAIM"),
        "name": ("T#alfa#FILE#c1#A", "CLAIM"),
        "number": (f"T#alfa#NUMBERS#{issuer}#2026", "I#7"),
    }
    assert len(claims.of("alfa", "c1", "a.pdf", "ff", None)) == 2


def test_a_name_of_sdis_form_is_everybodys_and_any_other_its_customers() -> None:
    def name(customer: str, file_name: str) -> tuple[str, str]:
        (key,) = keys_of(claims.of("alfa", customer, file_name, "0", None), "name")
        return key

    assert name("c1", "a.xml") != name("c2", "a.xml")
    assert name("c1", "a.xml") == name("c1", "A.xml.p7m"), "signed or not, it is one name"
    assert name("c1", "IT01234567890_1.xml") == name("c2", "it01234567890_1.xml.p7m")
    assert name("", "a.xml") not in (name("c1", "a.xml"), name("*", "a.xml"))


def test_the_fiscal_key() -> None:
    """fatturapa.md section 8: issuer, number as written, year; credit notes among themselves."""
    base = number_of(number="1")
    assert number_of(number="1", date="2026-01-02") == base, "the year counts"
    assert number_of(number="1", date="2025-11-20") != base
    assert number_of(number="1/a") != number_of(number="1/A"), "as written"
    assert number_of(number="1", type="TD24") == base
    assert number_of(number="1", type="TD04") != base
    assert number_of(number="1", type="TD04") == number_of(number="1", type="TD04")
    assert number_of(number="1", art73=True) != base
    day = {"number": "1", "art73": True}
    assert number_of(**day, date="2026-01-02") != number_of(**day, date="2026-01-03")


def test_a_self_invoice_is_its_buyers() -> None:
    (key,) = number_of(type="TD17", number="1")
    assert SELLER.vat in key[0], "the maker puts us as the buyer of a TD17"


def test_a_lot_claims_each_number_once() -> None:
    lot = invoice(number="1", bodies=3)
    assert len(keys_of(claims.of("alfa", "c1", "a.xml", "0", lot), "number")) == 3
    twice = lot._replace(bodies=(lot.bodies[0], lot.bodies[0]))
    assert len(keys_of(claims.of("alfa", "c1", "a.xml", "0", twice), "number")) == 1


def test_no_text_of_a_document_makes_the_key_of_another() -> None:
    hostile = claims.of("alfa", "c1", "a.xml", "0", invoice(number="1#2026-01-01"))
    (key,) = keys_of(hostile, "number")
    assert key[1].count("#") == 1
    assert claims.numbers_pk("alfa", "X#2026", "1") != claims.numbers_pk("alfa", "X", "2026#1")


# ------------------------------------------------------------------ who has it
@pytest.fixture
def one(api: Api) -> Claim:
    tenant = f"claims{api.tick().timestamp():.0f}"
    return Claim("number", (f"T#{tenant}#NUMBERS#IT1#2026", "I#1"), (("number", "1"),))


def owner(claim: Claim) -> tuple[str, bool]:
    item = dynamo.get(claim.key)
    assert item is not None
    return item["document"], item["released"]


def test_the_first_has_it_until_he_gives_it_back(one: Claim) -> None:
    dynamo.commit([claims.take(one, "a")])
    dynamo.commit([claims.take(one, "a")])
    with pytest.raises(ConditionFailed) as failed:
        dynamo.commit([claims.take(one, "b")])
    assert claims.clash(failed.value.found) == ("number", "a")
    with pytest.raises(ConditionFailed):
        dynamo.commit([claims.release(one, "b")])
    dynamo.commit([claims.release(one, "a")])
    assert owner(one) == ("a", True), "the row stays for the report"
    dynamo.commit([claims.take(one, "b")])
    assert owner(one) == ("b", False)


def test_who_shares_takes_nothing_away(one: Claim) -> None:
    dynamo.commit([claims.take(one, "a")])
    shared = claims.take(claims.beside(one, "b"), "b")
    dynamo.commit([shared])
    assert owner(one) == ("a", False)
    assert shared.key[0] == one.key[0], "the report reads both"
    assert shared.item["number"] == "1"


def test_bytes_weigh_more_than_a_number_and_that_more_than_a_name() -> None:
    def found(*kinds: str) -> dict[str, Any]:
        return {f"claim:{kind}:x": {"document": kind} for kind in kinds}

    assert claims.clash(found("name", "number", "bytes")) == ("bytes", "bytes")
    assert claims.clash(found("name", "number")) == ("number", "number")
    assert claims.clash(found("name")) == ("name", "name")
    assert claims.clash({"document": {"document": "x"}, "claim:bytes:x": None}) is None
