"""Positions learn that settlement flows have their money, and that they have it no more.

    ops = reported.ops(tenant, turned, now)      # joins the commit that changes the groups

The word is pagoPA's: a position is "reported" once flows have what settles it, the whole or every
instalment. It is decided where a payment's line is matched or leaves, in the same commit, so it is
never ahead of the facts nor behind them. Nobody tells pagoPA: it reads the same flows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from chalicelib.base import clock
from chalicelib.base.dynamo import Op
from chalicelib.payments.positions import counts, states
from chalicelib.payments.positions import store as position_store
from chalicelib.payments.positions.model import Position, is_settled


class Turned(NamedTuple):
    """A payment of a position of which flows have the money now, or not any more."""

    position: str
    number: int
    reported: bool


def ops(tenant: str, turned: Iterable[Turned], now: datetime) -> list[Op]:
    """The operations that say so, on the positions as they are read here: two for each position,
    and one for the body's sums. A position that knows it already is left alone."""
    mine: dict[str, dict[int, bool]] = defaultdict(dict)
    for one in turned:
        mine[one.position][one.number] = one.reported
    there = position_store.get_positions((tenant, name) for name in sorted(mine))
    found: list[Op] = []
    changes: list[tuple[Position | None, Position]] = []
    for (_, name), old in sorted(there.items()):
        new = marked(old, mine[name])
        if new is old:
            continue
        changes.append((old, new))
        event = "report" if all(mine[name].values()) else "unreport"
        found += position_store.changed(
            tenant, new, event, clock.stamp(now), "settlement", numbers=sorted(mine[name])
        )
    if changes:
        found += counts.ops(tenant, changes, changes[0][1].id)
    return found


def marked(position: Position, numbers: dict[int, bool]) -> Position:
    """The position with what flows have of its payments; the same one where nothing changes.
    Pure."""
    payments = tuple(
        replace(one, reported=numbers[one.number])
        if one.number in numbers and not one.anew
        else one
        for one in position.payments
    )
    if payments == position.payments:
        return position
    state = position.state
    if state in ("paid", "reported"):
        whole = is_settled(payments, reported=True)
        state = states.after(state, "report") if whole else _unreported(state)
    return replace(position, payments=payments, state=state, version=position.version + 1)


def _unreported(state: states.State) -> states.State:
    return states.after(state, "unreport") if state == "reported" else state
