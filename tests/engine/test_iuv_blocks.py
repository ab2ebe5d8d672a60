"""Many imports that number their dues at once, on DynamoDB Local."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.base import aws
from chalicelib.payments import iuv, numbers
from chalicelib.payments.numbers import Block
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("F001-056")]
THREADS = 8
TIMES = 12
CREDITOR = "80012345678"


def take(number: int) -> list[Block]:
    """Blocks of many sizes, one after the other."""
    return [
        numbers.take("alfa", CREDITOR, "01", 1 + (number * 37 + turn * 101) % 10_000)
        for turn in range(TIMES)
    ]


def test_blocks_taken_at_once_never_share_a_number(cloud: Cloud) -> None:
    del cloud
    aws.client("dynamodb")  # made before the threads are: boto3 sessions are not made for that
    answers = at_once([partial(take, number) for number in range(THREADS)])
    assert bad(answers) == []
    blocks = sorted(
        (block for found in good(answers) for block in found), key=lambda block: block.first
    )
    assert len(blocks) == THREADS * TIMES
    # One behind the other, with nothing in between: so no two hold the same number.
    following = 1
    for block in blocks:
        assert block.first == following
        following += block.count
    assert numbers.take("alfa", CREDITOR, "01").first == following
    assert iuv.is_ours(blocks[-1][blocks[-1].count - 1])
