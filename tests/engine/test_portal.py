"""A hundred at once: of those that guess, only the allowed ones are looked at."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.base import aws, dynamo, limits
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.payments.citizen import finding, tries
from chalicelib.payments.citizen.finding import Sought
from infra.local.cloud import Cloud
from tests.engine.conftest import START, at_once, good

THREADS, TIMES = 20, 5
WOMAN = "RSSMRA80A41H501Y"


@pytest.mark.feature("F001-096", "F001-153")
def test_a_hundred_guesses_at_one_notice_at_once_are_ten(cloud: Cloud) -> None:
    sought = Sought("01000000000004285", WOMAN, "")

    def guess(number: int) -> list[Exception]:
        found: list[Exception] = []
        for turn in range(TIMES):
            try:
                finding.find(sought, f"203.0.{turn}.{number}", START)
            except (NotFound, Rejected) as refused:
                found.append(refused)
        return found

    aws.client("dynamodb")  # made before the threads are: boto3 sessions are not made for that
    done = at_once([partial(guess, number) for number in range(THREADS)])
    answers = [one for found in good(done) for one in found]
    looked_at = [one for one in answers if isinstance(one, NotFound)]
    waits = [one for one in answers if isinstance(one, Rejected)]
    assert len(looked_at) == limits.PORTAL_NOTICE_TRIES
    assert {one.code for one in looked_at} == {"portal_not_found"}
    assert {one.code for one in waits} == {"too_many_tries"}
    assert len(looked_at) + len(waits) == THREADS * TIMES == 100


def test_what_is_given_back_leaves_what_others_took(cloud: Cloud) -> None:
    def take() -> object:
        return tries.by_source("203.0.113.9", "make", 5, START)

    taken = good(at_once([take for _ in range(20)]))
    assert len(taken) == 5
    key = tries.by_source("203.0.113.9", "search", 5, START)
    at_once([lambda: tries.give_back([key]) for _ in range(8)])
    item = dynamo.get(key)
    assert item is not None
    assert item["fails"] == 0  # never below nothing, whoever gives back
