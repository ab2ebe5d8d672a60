"""Instalments whose money was taken back leave their position for another one. Pure.

Lines stand one behind the other as instalments lie over them (`pagopa.shares`), so an instalment
takes with it what lies under it, to the cent, and what is left lies under the others as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected
from chalicelib.payments.positions import model, states
from chalicelib.payments.positions.flows import default_end
from chalicelib.payments.positions.model import Anew, Line, Payment, Position


@dataclass(frozen=True)
class Parting:
    """`over`: the old position as it is then; `new`: the one that asks anew, its payments without
    numbers of their own; `numbers` of the old one's payments that it asks for."""

    over: Position
    new: Position
    numbers: tuple[int, ...]


def wanted(position: Position, revoked: Set[int]) -> tuple[Payment, ...]:
    """Which of its payments are asked for anew, of those whose money was `revoked`: the whole, else
    instalments, REOPENED_AT_ONCE at most.

    Rejected `position_state` (nothing came for them), `reopen_others_paid` (the debt is paid the
    other way: the whole beside its instalments).
    """
    paid = [one for one in position.payments if one.state == "paid"]
    mine = [one for one in paid if one.number in revoked]
    if not mine:
        raise Rejected(
            "position_state", "That cannot be done now.", status=409, state=position.state
        )
    if paid[0].number == 0 and mine != paid:
        raise Rejected("reopen_others_paid", "Other payments of it are there.", status=409)
    return tuple(mine[: limits.REOPENED_AT_ONCE])


def part(
    position: Position, mine: Iterable[Payment], name: str, first: states.State, now: datetime
) -> Parting:
    """Ask anew for these payments of a position, under the id `name`, in the state `first`.

    What was paid as a whole, or the whole plan at once, is asked for as it was; single instalments
    by themselves, each with its own notice where there are several, and never changed by rules.
    What then has nothing left that was paid or may be paid is over. Rejected `position_state`.
    """
    numbers = tuple(one.number for one in mine)
    if 0 in numbers or numbers == tuple(one.number for one in position.payments if one.number):
        return Parting(_over(position), _as_it_was(position, name, first, now), numbers)
    left = [one for one in position.instalments if one.number not in numbers]
    taken = lines_of(position, numbers)
    cents = sum(line.cents for line in taken)
    gone = [one for one in position.instalments if one.number in numbers]
    asked = tuple(
        Payment(place if len(gone) > 1 else 0, "", one.cents, one.due)
        for place, one in enumerate(gone, 1)
    )
    new = replace(
        _as_it_was(position, name, first, now), cents=cents, lines=taken, payments=asked, rules=()
    )
    if not any(one.state in ("paid", "unpaid") for one in left):
        return Parting(_over(position), new, numbers)
    return Parting(_without(position, numbers, name), new, numbers)


def lines_of(position: Position, numbers: Iterable[int]) -> tuple[Line, ...]:
    """What of its lines lies under these instalments."""
    mine = frozenset(numbers)
    found: list[Line] = []
    start = 0
    for line in model.in_order(position.lines):
        end, before, cents = start + line.cents, 0, 0
        for one in position.instalments:
            after = before + one.cents
            if one.number in mine:
                cents += max(0, min(end, after) - max(start, before))
            before = after
        if cents:
            found.append(replace(line, cents=cents))
        start = end
    return tuple(found)


def _without(position: Position, numbers: tuple[int, ...], name: str) -> Position:
    """What is left of it: what was paid, reported and posted stays so."""
    kept = [one.number for one in position.instalments if one.number not in numbers]
    lines = lines_of(position, kept)
    cents = sum(line.cents for line in lines)

    def left(one: Payment) -> Payment:
        if one.number in numbers:
            anew = Anew(name, lines_of(position, [one.number]))
            return replace(_emptied(one), anew=anew)
        return replace(one, cents=cents) if one.number == 0 else one

    payments = tuple(map(left, position.payments))
    state = states.after(position.state, "reopen_part")
    if state == "paid" and model.is_settled(payments, reported=True):
        state = states.after(state, "report")
    return replace(
        position, state=state, cents=cents, lines=lines, payments=payments,
        version=position.version + 1,
    )  # fmt: skip


def _over(position: Position) -> Position:
    """Nothing is asked by it, and nothing came for it; its timeline says what had happened."""
    return replace(
        position, state=states.after(position.state, "reopen"), version=position.version + 1,
        payments=tuple(map(_emptied, position.payments)),
    )  # fmt: skip


def _emptied(one: Payment) -> Payment:
    return replace(one, state="closed", paid_on=None, paid_cents=0, reported=False, stood_in=None)


def _as_it_was(position: Position, name: str, first: states.State, now: datetime) -> Position:
    return replace(
        position, id=name, state=first, created_at=clock.stamp(now), version=1,
        ends=max(position.ends, default_end(now)),
        payments=tuple(
            Payment(one.number, "", one.cents, one.due)
            for one in position.payments if not one.anew
        ),
    )  # fmt: skip
