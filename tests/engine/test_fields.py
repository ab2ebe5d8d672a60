"""The first use of a tenant's key by many at once, on the real engine: one key wins."""

from __future__ import annotations

from functools import partial

import pytest

from chalicelib.base import aws, dynamo, fields
from chalicelib.base.errors import Conflict, Rejected
from infra.local.cloud import Cloud
from tests.engine.conftest import at_once, bad, good

pytestmark = [pytest.mark.feature("F000-048")]
THREADS = 16
PLACE = ("alfa", "person", "p1", "note")


@pytest.fixture(autouse=True)
def _clients(cloud: Cloud) -> None:
    for service in ("dynamodb", "kms"):
        aws.client(service)


def cold(number: int) -> bytes:
    """As a process of its own, which has no key open."""
    fields.forget()
    return fields.seal(*PLACE, f"text {number}")


def wrapped() -> list[bytes]:
    item = dynamo.get(fields.key_of("alfa"))
    assert item is not None
    found: list[bytes] = item["wrapped"]
    return found


def test_who_comes_second_uses_the_key_of_the_first(cloud: Cloud) -> None:
    for _ in range(3):
        answers = at_once([partial(cold, number) for number in range(THREADS)])
        assert bad(answers) == []
        assert len(wrapped()) == 1
        fields.forget()
        assert [fields.unseal(*PLACE, one) for one in good(answers)] == [
            f"text {number}" for number in range(THREADS)
        ]
        table = cloud.environment["TABLE"]
        pk, sk = fields.key_of("alfa")
        cloud.client("dynamodb").delete_item(
            TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )


def test_of_those_who_rotate_at_once_one_does(cloud: Cloud) -> None:
    sealed = fields.seal(*PLACE, "old")
    answers = at_once([partial(fields.rotate_key, "alfa") for _ in range(THREADS)])
    assert good(answers)
    assert all(isinstance(error, Conflict) for error in bad(answers)), bad(answers)
    assert len(wrapped()) == 1 + len(good(answers))
    fields.forget()
    assert fields.unseal(*PLACE, sealed) == "old"


def test_what_is_sealed_while_the_key_is_deleted_cannot_be_read(cloud: Cloud) -> None:
    fields.seal(*PLACE, "old")
    jobs = [partial(cold, number) for number in range(THREADS - 1)]
    answers = at_once([*jobs, partial(fields.delete_key, "alfa")])
    assert all(isinstance(error, Rejected) for error in bad(answers)), bad(answers)
    fields.forget()
    for one in good(answers):
        if one is not None:
            with pytest.raises(Rejected) as found:
                fields.unseal(*PLACE, one)
            assert found.value.code == "data_key_deleted"
