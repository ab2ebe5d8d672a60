"""Flows of one id: which of them a movement that names it is of. Pure.

Ids are unique for a PSP and a year only, and not every PSP begins them with the day and its name.
A movement tells the id, its day and its amount; where these fit several flows it is of none by
itself.
Source: pagopa.md sections 2 and 6.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

# Five working days are at most so many, whatever holidays are between them.
NEAR: Final = timedelta(days=15)


class Namesake(NamedTuple):
    """A flow of an id: the day and the cents of its transfer, None where not known."""

    day: date | None
    cents: int | None


def meant(
    flows: Sequence[Namesake], cents: int | None, day: date | None, *, further: bool
) -> int | None:
    """The place in `flows` of the one that a movement is of, None where it may be another's.

    One flow needs no more than its id. Of several, those whose transfer is around the day count,
    all of them where none is. A single one of these is it, unless only a more distant one has the
    amount; of more it is the only one that has it to the cent. `further`: the movement is one of
    several of its flow, so its amount names none. What the bank takes back has the amount that it
    brought.
    """
    if len(flows) <= 1:
        return 0 if flows else None
    places = range(len(flows))
    near = [at for at in places if _is_near(flows[at].day, day)] or list(places)
    equal = [] if further or cents is None else [at for at in places if _is(flows[at], cents)]
    if len(near) == 1:
        return near[0] if near[0] in equal or not equal else None
    agreeing = [at for at in near if at in equal]
    return agreeing[0] if len(agreeing) == 1 else None


def _is_near(settled: date | None, day: date | None) -> bool:
    return settled is None or day is None or abs(settled - day) <= NEAR


def _is(flow: Namesake, cents: int) -> bool:
    return flow.cents is not None and abs(flow.cents) == abs(cents)
