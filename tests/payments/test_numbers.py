"""Blocks of IUVs out of the counter (moto); concurrency is tests/engine/test_iuv_blocks.py's."""

from __future__ import annotations

import pytest

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv, numbers
from tests.world import World

pytestmark = pytest.mark.feature("F001-056")
CREDITOR = "80012345678"


@pytest.fixture(autouse=True)
def _table(world: World) -> None:
    """Every test here counts in the world's table."""


def test_blocks_follow_each_other_without_repeating() -> None:
    blocks = [numbers.take("alfa", CREDITOR, "01", count) for count in (3, 1, 5)]
    assert [block.first for block in blocks] == [1, 4, 5]
    every = [number for block in blocks for number in block]
    assert len(set(every)) == len(every) == 9
    assert every[0] == "01000000000000144"
    assert all(iuv.is_ours(number) for number in every)


def test_ten_thousand_are_one_call(world: World) -> None:
    world.faults.fault = None
    with world.faults.invocation():
        block = numbers.take("alfa", CREDITOR, "01", limits.IUV_BLOCK)
    assert world.faults.calls == ["dynamodb.UpdateItem"]
    every = list(block)
    assert len(set(every)) == len(block) == 10_000
    assert every[0] == block[0]
    assert every[-1] == block[9_999]
    with pytest.raises(IndexError):
        block[10_000]
    with pytest.raises(IndexError):
        block[-1]


def test_each_institution_and_each_segregation_code_has_its_own() -> None:
    first = [
        numbers.take("alfa", CREDITOR, "01"),
        numbers.take("alfa", CREDITOR, "02"),
        numbers.take("alfa", "80087654321", "01"),
        numbers.take("beta", CREDITOR, "01"),
    ]
    assert {block.first for block in first} == {1}
    key = numbers.key_of("alfa", CREDITOR, "01")
    assert keys.tenant_of(key[0]) == "alfa"
    assert dynamo.get(key) is not None


@pytest.mark.parametrize("count", [0, -1, limits.IUV_BLOCK + 1])
def test_a_block_has_its_limits(count: int) -> None:
    with pytest.raises(Rejected, match="iuv_block_size"):
        numbers.take("alfa", CREDITOR, "01", count)
    assert dynamo.get(numbers.key_of("alfa", CREDITOR, "01")) is None


def test_a_malformed_code_opens_no_counter() -> None:
    with pytest.raises(Rejected, match="segregation_code_malformed"):
        numbers.take("alfa", CREDITOR, "1")
    assert dynamo.get(numbers.key_of("alfa", CREDITOR, "1")) is None


def test_the_last_number_is_the_last() -> None:
    pk, sk = numbers.key_of("alfa", CREDITOR, "01")
    dynamo.commit([dynamo.Put({"pk": pk, "sk": sk, "n": iuv.BASE_MAX - 1})])
    assert numbers.take("alfa", CREDITOR, "01").first == iuv.BASE_MAX
    with pytest.raises(Rejected, match="iuv_exhausted"):
        numbers.take("alfa", CREDITOR, "01")
