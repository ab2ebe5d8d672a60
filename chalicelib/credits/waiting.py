"""Letting documents go that waited for credit: in order of arrival, each in its own transaction.

The rows of what waits are here, the documents are the neighbour's: he says what each one wants and
which operations let it go (`Documents`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from chalicelib.base import dynamo, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes, Work
from chalicelib.credits import hold, holding
from chalicelib.credits.hold import Hold, Payer
from chalicelib.credits.holding import Waiting
from chalicelib.credits.till import Asking, Refused, Till, long_run

BY = "credits"
_TRIES = 5


class Documents(Protocol):
    """What the domain of the documents knows about them."""

    def load(self, found: Sequence[Waiting]) -> None:
        """These will be asked for: read them together."""

    def wanted(self, one: Waiting) -> tuple[str, ...] | None:
        """The products that it needs (none: it may go for nothing); None when it does not wait any
        more."""

    def going(self, one: Waiting, holds: tuple[Hold, ...]) -> list[Op]:
        """The operations that let it go with these holds."""


def release(
    job: Work,
    documents: Documents,
    wakes: Wakes,
    now: datetime,
    remaining_ms: Callable[[], int],
) -> None:
    """One row of work: those that wait for a product, as far as credit and time go. What is left
    goes on in a row of its own, from where this one stopped."""
    tenant, product = job.tenant, job.item["product"]
    customer, after = job.item["customer"], job.item.get("after", "")
    every = (
        one
        for one in holding.list_waiting(tenant, product, after)
        if customer in ("", one.customer)
    )
    found = list(itertools.islice(every, limits.CREDIT_RELEASED_AT_ONCE))
    documents.load(found)
    run = long_run(ids.derive(*job.key), len(found))
    till = Till(wakes, run=run, expected=len(found))
    dry: set[str] = set()
    done = 0
    for one in found:
        if remaining_ms() < limits.REMAINING_MS:
            break
        if one.customer not in dry and not _let_go(tenant, one, documents, till, wakes, now):
            dry.add(one.customer)
        done += 1
    till.close(now)
    ops: list[Op] = [job.done()]
    if found[:done] and (done < len(found) or len(found) == limits.CREDIT_RELEASED_AT_ONCE):
        last = found[done - 1]
        position = f"{last.received_at}#{last.document}"
        ops.append(hold.release(tenant, product, position, now, customer, after=position))
    elif found and not done:
        wakes.add(job.queue, job.key)
        return
    wakes.commit(ops)


def _let_go(
    tenant: str, one: Waiting, documents: Documents, till: Till, wakes: Wakes, now: datetime
) -> bool:
    """False when there is no credit for it."""
    end = holding.end_waiting(tenant, one.product, one.received_at, one.document)
    wanted = documents.wanted(one)
    if wanted is None:
        dynamo.commit([end])
        return True
    if not wanted:
        wakes.commit([*documents.going(one, ()), end])
        return True
    asking = Asking(one.tenant, one.document, one.received_at)
    for _ in range(_TRIES):
        drawn = till.draw(Payer(tenant, one.customer), wanted, asking, now, BY)
        if isinstance(drawn, Refused):
            till.forget()  # it waits already: nothing is written about it
            return False
        try:
            wakes.commit([*documents.going(one, drawn.holds), *drawn.ops, end])
        except ConditionFailed as failed:
            if till.missed(failed):
                continue
            return True  # somebody decided about the document meanwhile
        return True
    raise Conflict()
