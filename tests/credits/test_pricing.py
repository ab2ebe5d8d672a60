"""What an order costs: exact to the cent, whatever is ordered."""

from __future__ import annotations

import copy
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.base.errors import Rejected
from chalicelib.credits import catalogue, pricing, products
from chalicelib.credits.catalogue import Catalogue, Offer, Payment, Tier
from chalicelib.credits.default_catalogue import DEFAULT
from chalicelib.credits.order import Coupon, written
from chalicelib.credits.pricing import Charge, Quote, Wanted

WORDS = {"it": "i", "en": "e", "fr": "f", "es": "s"}


def cents(price: str, **more: Any) -> Offer:
    return Offer(products.XML_PA, WORDS, (Tier(1, Decimal(price)),), **more)


def priced_by(*offers: Offer, vat: str = "22") -> Catalogue:
    return Catalogue(
        "c", date(2026, 1, 1), "test", "manual", Decimal(vat), "a@pec.example", (WORDS,),
        Payment(), offers,
    )  # fmt: skip


# ------------------------------------------------------------------ any order of any list
prices = st.decimals("0", "500", places=4).map(Decimal)
fees = st.integers(0, 500_00)


@st.composite
def lists(draw: st.DrawFn) -> Catalogue:
    offers = []
    for product in draw(st.lists(st.sampled_from(products.PRODUCTS), min_size=1, unique=True)):
        starts = sorted({1, *draw(st.lists(st.integers(2, 5_000), max_size=3))})
        tiers = tuple(Tier(start, draw(prices)) for start in starts)
        offers.append(Offer(product, WORDS, tiers, draw(fees), draw(fees)))
    percent = draw(st.decimals("0", "25", places=2))
    return priced_by(*offers, vat=str(percent))


@st.composite
def orders(draw: st.DrawFn) -> tuple[Catalogue, list[Wanted], list[Charge], bool]:
    found = draw(lists())
    wanted = []
    for offer in draw(st.lists(st.sampled_from(found.offers), min_size=1, unique=True)):
        if offer.licensed:
            wanted += [Wanted(offer.product, 1, f"c{n}") for n in range(draw(st.integers(1, 3)))]
        else:
            wanted.append(Wanted(offer.product, draw(st.integers(1, 20_000))))
    kinds = st.sampled_from(["customer_setup", "customer_refund"])
    owed = [
        Charge(draw(kinds), f"c{n}", products.PRESERVATION, draw(fees), f"2026-01-{n + 1:02d}")
        for n in range(draw(st.integers(0, 12)))
    ]
    return found, wanted, owed, draw(st.booleans())


@given(orders())
def test_the_lines_add_up_to_the_cent(
    given: tuple[Catalogue, list[Wanted], list[Charge], bool],
) -> None:
    found, wanted, owed, waives = given
    quote = pricing.quote(found, wanted, owed, waives_setup=waives)
    assert all(type(line.cents) is int for line in quote.lines)
    assert sum(line.cents for line in quote.lines) == quote.net_cents
    assert quote.net_cents == quote.goods_cents + quote.setup_cents >= 0
    assert quote.total_cents == quote.net_cents + quote.vat_cents
    # The VAT is the exact one to within half a cent, rounded up at the half.
    exact = Fraction(quote.net_cents) * Fraction(found.vat_percent) / 100
    assert exact - Fraction(1, 2) < quote.vat_cents <= exact + Fraction(1, 2)
    for line in quote.lines:
        if line.kind in pricing.GOODS:
            assert line.price is not None
            due = Fraction(line.price) * line.quantity * 100
            assert due - Fraction(1, 2) < line.cents <= due + Fraction(1, 2)


@given(orders())
def test_what_is_ordered_owed_and_waived_is_there_once(
    given: tuple[Catalogue, list[Wanted], list[Charge], bool],
) -> None:
    found, wanted, owed, waives = given
    quote = pricing.quote(found, wanted, owed, waives_setup=waives)
    goods = [Wanted(one.product, one.quantity, one.customer) for one in quote.lines
             if one.kind in pricing.GOODS]  # fmt: skip
    assert goods == wanted
    setups = {one.product: one for one in quote.lines if one.kind == "setup"}
    assert sum(line.kind == "setup" for line in quote.lines) == len(setups)
    with_fee = {one.product for one in wanted if found.offer(one.product).setup_cents}
    assert set(setups) == with_fee
    for product, line in setups.items():
        assert line.cents + line.waived_cents == found.offer(product).setup_cents
        assert (line.cents == 0) is waives
    settled = [one for one in owed if one.id in quote.charges]
    assert len(settled) == len(quote.charges) <= limits.ORDER_CHARGES
    signs = {"customer_setup": 1, "customer_refund": -1}
    wanted_sum = sum(signs[one.kind] * one.cents for one in settled)
    assert wanted_sum == sum(line.cents for line in quote.lines if line.kind in signs)
    # Only a storno that would make the order cost less than nothing is left for the next one.
    left = [one for one in owed if one.id not in quote.charges]
    assert all(one.kind == "customer_refund" for one in left)


@given(orders(), st.data())
def test_the_order_of_the_lines_changes_no_sum(
    given: tuple[Catalogue, list[Wanted], list[Charge], bool], data: st.DataObject
) -> None:
    found, wanted, _, waives = given
    one = pricing.quote(found, wanted, waives_setup=waives)
    other = pricing.quote(found, data.draw(st.permutations(wanted)), waives_setup=waives)
    assert (one.goods_cents, one.total_cents) == (other.goods_cents, other.total_cents)


# ------------------------------------------------------------------ the rules
@pytest.mark.feature("F004-011")
@pytest.mark.parametrize(("quantity", "enough"), [(4_999, False), (5_000, True), (5_001, True)])
def test_the_minimum_is_fifty_euros_of_goods(quantity: int, enough: bool) -> None:
    """49.99 is too little and 50.00 is enough, whatever set-up and VAT come on top."""
    quote = pricing.quote(
        priced_by(cents("0.01", setup_cents=100_00)), [Wanted(products.XML_PA, quantity)]
    )
    assert quote.goods_cents == quantity
    assert quote.total_cents > 5_000
    assert quote.meets_minimum is enough


def test_half_a_cent_is_rounded_up() -> None:
    for price, quantity, due in (("0.005", 1, 1), ("0.0049", 1, 0), ("0.125", 3, 38)):
        quote = pricing.quote(priced_by(cents(price)), [Wanted(products.XML_PA, quantity)])
        assert quote.goods_cents == due
    quote = pricing.quote(priced_by(cents("0.25"), vat="22"), [Wanted(products.XML_PA, 1)])
    assert (quote.net_cents, quote.vat_cents) == (25, 6), "5.5 cents"


def test_the_price_is_that_of_the_quantity() -> None:
    offer = Offer(products.XML_PA, WORDS, (Tier(1, Decimal(1)), Tier(100, Decimal("0.5"))))
    assert [offer.price(n) for n in (1, 99, 100, 101)] == [1, 1, Decimal("0.5"), Decimal("0.5")]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "order_lines"),
        ([Wanted("xml_pa", n + 1) for n in range(limits.ORDER_LINES + 1)], "order_lines"),
        ([Wanted("xml_pa", 1), Wanted("xml_pa", 2)], "line_repeated"),
        ([Wanted("gold", 1)], "product_unknown"),
        ([Wanted("xml_pa", 0)], "order_quantity"),
        ([Wanted("xml_pa", -1)], "order_quantity"),
        ([Wanted("xml_pa", limits.CREDIT_QUANTITY + 1)], "order_quantity"),
        ([Wanted("pdf_conversion", limits.CREDIT_QUANTITY)], "order_too_large"),
        ([Wanted("indigita", 1)], "licence_customer"),
        ([Wanted("indigita", 2, "c1")], "licence_quantity"),
        ([Wanted("xml_pa", 1, "c1")], "line_customer"),
    ],
)
def test_what_cannot_be_ordered(wanted: list[Wanted], code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        pricing.quote(DEFAULT, wanted)
    assert refusal.value.code == code


@pytest.mark.feature("F004-015")
def test_a_storno_never_makes_an_order_cost_less_than_nothing() -> None:
    back = Charge("customer_refund", "c1", products.PRESERVATION, 50_01, "2026-01-01")
    fee = Charge("customer_setup", "c2", products.PRESERVATION, 25_00, "2026-01-02")
    wanted = [Wanted(products.XML_PA, 5_000)]
    found = priced_by(cents("0.01"))
    alone = pricing.quote(found, wanted, [back])
    assert (alone.net_cents, alone.charges) == (50_00, ())
    both = pricing.quote(found, wanted, [fee, back])
    assert (both.net_cents, both.charges) == (24_99, (fee.id, back.id))


def test_amounts_are_written_as_people_read_them() -> None:
    assert written(123_456_78, "it") == "123.456,78 EUR"
    assert written(123_456_78, "en") == "123,456.78 EUR"
    assert written(5, "it") == "0,05 EUR"
    assert written(-25_00, "it") == "-25,00 EUR"
    assert written(-5, "en") == "-0.05 EUR"


def test_a_coupon_is_good_through_its_last_day() -> None:
    coupon = Coupon("C", "2026-01-31")
    assert coupon.covers(date(2026, 1, 31))
    assert not coupon.covers(date(2026, 2, 1))
    assert Coupon("C").covers(date(9999, 12, 31))


# ------------------------------------------------------------------ the price list as a file
@pytest.mark.feature("F004-008")
@pytest.mark.feature("F004-010")
def test_the_lists_that_are_there_say_what_they_are() -> None:
    assert DEFAULT.demonstration
    assert "dimostrativo" in DEFAULT.caveats[0]["it"]
    assert {one.product for one in DEFAULT.offers} == set(products.PRODUCTS)
    assert catalogue.from_json(catalogue.to_json(DEFAULT)) == DEFAULT
    for words in (*DEFAULT.caveats, *(one.names for one in DEFAULT.offers)):
        assert set(words) == set(catalogue.LANGUAGES)


@given(lists())
def test_a_list_survives_its_file(found: Catalogue) -> None:
    assert catalogue.from_json(catalogue.to_json(found)) == found


BAD: list[tuple[str, Any, str]] = [
    ("id", "with blanks", "id"),
    ("id", 7, "id"),
    ("valid_from", "2026-02-30", "valid_from"),
    ("vat_percent", 22, "vat_percent"),
    ("vat_percent", "-1", "vat_percent"),
    ("pec", "nowhere", "pec"),
    ("confirmation", "never", "confirmation"),
    ("demonstration", "no", "demonstration"),
    ("caveats", [], "caveats"),
    ("caveats", [{"it": "solo italiano"}], "caveats[0].en"),
    ("payment", {"iban": "IT00X0542811101000000123456"}, "payment.iban"),
    ("payment", [], "payment"),
    ("products", [], "products"),
    ("products", [7], "products[0]"),
    ("products", [{"product": "gold"}], "products[0].product"),
]


@pytest.mark.parametrize(("name", "value", "field"), BAD)
def test_a_list_that_is_not_right_is_refused_by_field(name: str, value: Any, field: str) -> None:
    given = copy.deepcopy(catalogue.to_json(DEFAULT)) | {name: value}
    with pytest.raises(Rejected) as refusal:
        catalogue.from_json(given)
    assert refusal.value.code == "catalogue_invalid"
    assert refusal.value.details["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tiers": [{"from": 2, "price": "1"}]}, "tiers"),
        ({"tiers": [{"from": 1, "price": "1"}, {"from": 1, "price": "2"}]}, "tiers"),
        ({"tiers": [{"from": 1, "price": "1.00001"}]}, "tiers[0].price"),
        ({"tiers": [{"from": 1, "price": 1.5}]}, "tiers[0].price"),
        ({"tiers": [{"from": 1, "price": "-1"}]}, "tiers[0].price"),
        ({"tiers": [{"from": True, "price": "1"}]}, "tiers[0].from"),
        ({"setup_cents": 1.0}, "setup_cents"),
        ({"setup_cents": -1}, "setup_cents"),
        ({"customer_setup_cents": "25"}, "customer_setup_cents"),
        ({"names": {}}, "names.it"),
    ],
)
def test_an_offer_that_is_not_right_is_refused_by_field(change: Any, field: str) -> None:
    given = copy.deepcopy(catalogue.to_json(DEFAULT))
    given["products"][0] |= change
    with pytest.raises(Rejected) as refusal:
        catalogue.from_json(given)
    assert refusal.value.details["field"] == f"products[0].{field}"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(list(catalogue.to_json(DEFAULT))), inner)
        ),
    )
)
def test_no_file_breaks_the_reader(given: Any) -> None:  # fmt: skip
    with pytest.raises(Rejected) as refusal:
        catalogue.from_json(given)
    assert refusal.value.code == "catalogue_invalid"


def test_a_product_is_sold_once() -> None:
    given = catalogue.to_json(DEFAULT)
    given["products"] *= 2
    with pytest.raises(Rejected, match="twice"):
        catalogue.from_json(given)


def test_figures_of_an_empty_quote_are_zero() -> None:
    nothing = Quote((), Decimal(22))
    assert (nothing.total_cents, nothing.meets_minimum) == (0, False)
