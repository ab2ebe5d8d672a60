"""A purse: credits that one run sets aside for its many documents, so that they do not all write
the one item that the pool is.

It counts as held. Documents draw from it in their own transactions, the rest goes back when the run
ends; for a run that died, a row of work gives it back after PURSE_LEASE_S. Its name comes out of
the run's, so a run that goes on after a crash finds its purse again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.base import dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Delete, Op
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes
from chalicelib.credits import agenda, hold, holding, ledger
from chalicelib.credits.holding import Purse
from chalicelib.credits.lots import Part
from chalicelib.credits.policy import Source

_TRIES = 5
BY = "run"


def name_of(run: str, product: str, source: Source, customer: str) -> str:
    """One purse for each run and source."""
    return ids.derive("purse", run, product, source, customer if source == "own" else "")


def empty(name: str, product: str, source: Source, customer: str) -> Purse:
    """A purse before its first filling."""
    own = customer if source == "own" else ""
    return Purse(name, product, source, own, lot="", left=0, taken=0, version=0)


def wanted(purse: Purse, expected: int) -> int:
    """How many credits to set aside for `expected` documents: few at first, since not all of them
    may want this product, and as many again each time."""
    return max(1, min(expected, max(limits.PURSE_CREDITS, purse.taken)))


def fill(tenant: str, purse: Purse, part: Part, now: datetime) -> tuple[Purse, list[Op]]:
    """Fill an empty purse out of one lot: 5 operations. Fails on `credit:pool:…`, `credit:own:…`
    or `credit:purse:…`."""
    assert not purse.left, purse
    filled = replace(
        purse,
        lot=part.lot,
        left=part.quantity,
        taken=purse.taken + part.quantity,
        version=purse.version + 1,
    )
    ops = hold.take(
        tenant,
        purse.product,
        part.lot,
        purse.source,
        purse.customer,
        part.quantity,
        purse.name,
        now,
    )
    reference = f"{purse.name}-{filled.version}"
    ops += [
        hold.entry(
            tenant, "set aside", purse.product, part.lot,
            hold.giver(purse.source, purse.customer), ledger.purse(purse.name), now, BY, reference,
            quantity=part.quantity, customer=purse.customer,
        ),
        holding.put_purse(tenant, filled),
        agenda.task(
            tenant, f"purse-{purse.name}", now, task="purse", purse=purse.name,
            start_at=now + timedelta(seconds=limits.PURSE_LEASE_S),
        ),
    ]  # fmt: skip
    return filled, ops


def closing(tenant: str, purse: Purse, now: datetime) -> list[Op]:
    """End a purse and give back what is left: 2 to 6 operations. Fails on `purse` when documents
    drew from it meanwhile."""
    ops: list[Op] = [
        holding.end_purse(tenant, purse),
        Delete(holding.purse_task_key(tenant, purse.name), when=dynamo.ANY, label="lease"),
    ]
    if purse.left:
        reference = f"{purse.name}-{purse.version}"
        ops += hold.give_back(
            tenant, purse.product, purse.lot, purse.source, purse.customer, purse.left,
            ledger.purse(purse.name), now, BY, reference, counted="",
        )  # fmt: skip
        ops.append(hold.release(tenant, purse.product, reference, now))
    return ops


def close(tenant: str, name: str, known: Purse | None, now: datetime, wakes: Wakes) -> bool:
    """End a purse, whatever it holds by now; False when there is none. `known` is what it was
    when last seen. Conflict when it never comes to rest."""
    purse = known or holding.get_purse(tenant, name)
    for _ in range(_TRIES):
        if purse is None:
            return False
        try:
            wakes.commit(closing(tenant, purse, now))
        except ConditionFailed as failed:
            there = failed.found.get("purse")
            if "purse" not in failed.found:
                raise
            purse = holding.read_purse(there) if there else None
            continue
        return True
    raise Conflict()
