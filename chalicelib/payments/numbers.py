"""IUVs in blocks: the next ones of a creditor institution, unique for ever.

The counter belongs to a fiscal code and a segregation code, because that pair is where an IUV must
never come twice (pagopa.md section 1.1). One call of `ADD` takes a whole block; what is taken and
then not used is a gap, which does no harm. It is never set back: not by a cancelled position, not
by a failed import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.base import dynamo, keys, limits
from chalicelib.base.dynamo import Key
from chalicelib.base.errors import Rejected
from chalicelib.payments import iuv


@dataclass(frozen=True)
class Block:
    """`count` numbers from `first` on, under one segregation code."""

    segregation: str
    first: int
    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> str:
        """The n-th IUV (17 digits), so that a row that is done again gets the one it had."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        return iuv.make(self.segregation, self.first + index)

    def __iter__(self) -> Iterator[str]:
        return (iuv.make(self.segregation, self.first + index) for index in range(self.count))


def key_of(tenant: str, creditor: str, segregation: str) -> Key:
    """Where the counter of a fiscal code and a segregation code is."""
    return keys.pk(tenant, "IUV", creditor), keys.sk("N", segregation)


def take(tenant: str, creditor: str, segregation: str, count: int = 1) -> Block:
    """The next `count` IUVs (1 to IUV_BLOCK) of a creditor institution, in one call of DynamoDB.

    Raises Rejected `iuv_block_size`, `segregation_code_malformed`, `iuv_exhausted`.
    """
    if not 1 <= count <= limits.IUV_BLOCK:
        raise Rejected(
            "iuv_block_size", "So many IUVs cannot be taken at once.", most=limits.IUV_BLOCK
        )
    iuv.make(segregation, 0)  # a malformed code must not open a counter
    first = dynamo.take_number(key_of(tenant, creditor, segregation), count)
    iuv.make(segregation, first + count - 1)
    return Block(segregation, first, count)
