"""Money that came in several movements, divided among the payments that it is for. Pure.

A settlement flow may reach the bank in more than one movement, each under the treasurer's own
provisional number (sospeso). Its lines are laid over its movements one behind the other, in the
order of both: so what a payment takes of each does not depend on which payments are posted when,
and all that is taken of a movement sums to it, to the cent, once the whole flow is posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple


class Came(NamedTuple):
    """A movement; `provisional` "" where the bank's file has none."""

    day: date
    identity: str
    cents: int
    provisional: str


class Slice(NamedTuple):
    """Money under one provisional number, and the movements that brought it."""

    provisional: str
    cents: int
    movements: tuple[str, ...]


def sources(came: Iterable[Came]) -> list[Slice]:
    """What came, by provisional number, in the order of its days; what was taken back under its
    number again is not there. A movement without a number stands alone."""
    found: dict[tuple[str, str], Slice] = {}
    for one in sorted(came):
        key = one.provisional, "" if one.provisional else one.identity
        old = found.get(key, Slice(one.provisional, 0, ()))
        found[key] = Slice(one.provisional, old.cents + one.cents, (*old.movements, one.identity))
    return [one for one in found.values() if one.cents > 0]


def divide(came: Sequence[Slice], before: int, cents: int) -> list[Slice]:
    """What of it is for `cents` with `before` cents of others in front. What is beyond all that
    came is the last one's: an operator linked it so."""
    found: list[Slice] = []
    start, low, high = 0, before, before + cents
    for place, one in enumerate(came):
        end = start + one.cents if place < len(came) - 1 else max(start + one.cents, high)
        taken = min(end, high) - max(start, low)
        if taken > 0:
            found.append(one._replace(cents=taken))
        start = end
    return found


def parted(
    sospesi: Sequence[tuple[str, int]], before: int, cents: int
) -> tuple[tuple[str, int], ...]:
    """The same of a payment's own sospesi, (number, cents), for a part of it; one row a number."""
    found: dict[str, int] = {}
    for one in divide([Slice(number, part, ()) for number, part in sospesi], before, cents):
        found[one.provisional] = found.get(one.provisional, 0) + one.cents
    return tuple(found.items())
