"""Products, policies and low levels (pure)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.base import limits
from chalicelib.credits import levels, policy, products
from chalicelib.credits.levels import Level
from chalicelib.credits.policy import Policy


@pytest.mark.feature("F004-038")
@pytest.mark.parametrize(
    ("family", "kind", "product"),
    [
        ("pa", "xml", "xml_pa"),
        ("pa", "p7m", "xml_pa"),
        ("private", "xml", "xml_private"),
        ("private", "p7m", "xml_private"),
        ("pa", "pdf", "pdf_conversion"),
        ("private", "pdf", "pdf_conversion"),
    ],
)
def test_a_document_takes_the_credit_of_its_format(family: str, kind: str, product: str) -> None:
    assert products.consumed(family, kind, sent=True, preserved=False) == (product,)
    assert products.consumed(family, kind, sent=True, preserved=True) == (product, "preservation")


@pytest.mark.feature("F004-040")
def test_preservation_alone_takes_no_credit_of_sending() -> None:
    assert products.consumed("pa", "xml", sent=False, preserved=True) == ("preservation",)
    assert products.consumed("pa", "xml", sent=False, preserved=False) == ()


@pytest.mark.feature("F004-012")
def test_what_each_customer_licenses_is_never_in_the_pool() -> None:
    assert set(products.POOLED) | set(products.LICENSED) == set(products.PRODUCTS)
    assert not set(products.POOLED) & set(products.LICENSED)
    every = itertools.product(
        ("pa", "private"), ("xml", "p7m", "pdf"), (True, False), (True, False)
    )
    for family, kind, sent, preserved in every:
        found = products.consumed(family, kind, sent=sent, preserved=preserved)
        assert all(products.is_pooled(product) for product in found)
        assert len(set(found)) == len(found)


@pytest.mark.feature("F004-033", "F004-034")
@pytest.mark.parametrize(
    ("mode", "at_zero", "sources"),
    [
        ("metered", "stop", ("pool", "surplus")),
        ("metered", "continue", ("pool", "overdraft")),
        ("assigned", "stop", ("own",)),
        ("assigned", "continue", ("own", "pool", "overdraft")),
        ("unlimited", "stop", ("pool", "overdraft")),
        ("unlimited", "continue", ("pool", "overdraft")),
    ],
)
def test_where_each_mode_draws(mode: str, at_zero: str, sources: tuple[str, ...]) -> None:
    found = Policy(modes={"xml_pa": mode}, at_zero=at_zero)  # type: ignore[arg-type, dict-item]
    assert policy.sources(found, "xml_pa") == sources
    # Another product has a mode of its own.
    assert policy.sources(Policy(modes=found.modes), "xml_private") == ("pool", "surplus")


@pytest.mark.feature("F004-041", "F004-042")
def test_who_is_open() -> None:
    assert policy.DEFAULT.is_open
    assert not policy.DEFAULT.closes_at_zero
    enabled = Policy(enablement="manual", enabled=True)
    assert enabled.is_open
    assert enabled.closes_at_zero
    assert not Policy(enablement="manual", enabled=False).is_open


def test_thresholds_that_nothing_crossed() -> None:
    assert levels.crossed(Level(100), 21) is None
    assert levels.crossed(Level(100), 20) == 20
    assert levels.crossed(Level(100, 20), 1) is None
    assert levels.crossed(Level(100, 20), 0) == 0
    assert levels.crossed(Level(100, 0), 0) is None
    assert levels.crossed(None, 0) == 0
    assert levels.crossed(None, 5) is None


@given(st.integers(1, 1_000), st.lists(st.integers(0, 400)))
def test_each_threshold_is_told_once_on_the_way_down(full: int, steps: list[int]) -> None:
    level, left, told = Level(full), full, []
    for step in steps:
        left = max(0, left - step)
        share = levels.crossed(level, left)
        if share is not None:
            told.append(share)
            level = Level(full, share)
            # What is told is true.
            assert left * 100 <= full * max(share, 0) if share else left == 0
    assert told == sorted(set(told), reverse=True)
    if left == 0:
        assert told[-1:] == [0]
    elif left * 100 <= full * limits.CREDIT_LOW_PERCENT:
        assert told == [limits.CREDIT_LOW_PERCENT]
    else:
        assert told == []
