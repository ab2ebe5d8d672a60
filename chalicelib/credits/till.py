"""The till of one run: draws a credit for each document that is accepted, or says why it waits.

    drawn = till.draw(payer, products, asking, now, by)
    …commit the document with drawn.ops; on ConditionFailed: if till.missed(failed): draw again
    till.look_again(now)      after documents that wait were committed
    till.close(now)           at the end of the run

A run over a few documents draws each credit from the pool itself. A longer one sets credits aside
in a purse (purse.py), so that workers that run at once meet a few times and not at each document.
What the till has read it remembers for the run; each draw is decided by conditions, never by what
is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.base import clock, ids, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, Transient
from chalicelib.base.work import Wakes
from chalicelib.credits import agenda, hold, holding, levels, lots, policy, purse, store
from chalicelib.credits.hold import Hold, Payer
from chalicelib.credits.holding import Purse, Waiting
from chalicelib.credits.levels import Level
from chalicelib.credits.lots import Bag
from chalicelib.credits.policy import Reason, Source
from chalicelib.credits.store import Own, Pool

_TRIES = 5


@dataclass(frozen=True)
class Asking:
    """The document that wants credits."""

    tenant: str
    document: str
    received_at: str


@dataclass(frozen=True)
class Drawn:
    """It may go: what it holds, and the operations for its transaction (at most 6 a product)."""

    holds: tuple[Hold, ...]
    ops: list[Op]


@dataclass(frozen=True)
class Refused:
    """It waits: why, for which product, and the operations for its transaction (at most 4)."""

    reason: Reason
    product: str
    ops: list[Op]


def long_run(name: str, members: int) -> str:
    """The name under which a run of so many documents sets credits aside; "" for a short one.
    `members` counts those that are done too, so that a repeat finds what was set aside."""
    return name if members >= limits.PURSE_FROM_MEMBERS else ""


class Till:
    """`run` names a longer run (`long_run`), the same when it is repeated; `expected` is how many
    documents it still has."""

    def __init__(self, wakes: Wakes, *, run: str = "", expected: int = 1) -> None:
        self._wakes = wakes
        self._run = run
        self._expected = max(1, expected)
        self._own: dict[Payer, Own] = {}
        self._pools: dict[tuple[str, str], Pool] = {}
        # None: it was opened, but what it holds by now is not known.
        self._purses: dict[tuple[str, str], Purse | None] = {}
        self._looked: set[tuple[str, str]] = set()
        self._waits: dict[tuple[Payer, str], Asking] = {}
        self._served: set[Payer] = set()

    # --- drawing ------------------------------------------------------------------------------
    def draw(
        self, payer: Payer, products: Sequence[str], asking: Asking, now: datetime, by: str
    ) -> Drawn | Refused:
        """One credit of each product for a document, or the reason why it has to wait.

        Conflict when others keep changing the same lots.
        """
        own = self._standing(payer)
        if not own.policy.is_open:
            return self._refused(payer, products[0], "not_enabled", asking, now)
        holds: list[Hold] = []
        ops: list[Op] = []
        for product in products:
            found = self._draw(payer, product, asking, now, by)
            if found is None:
                return self._refused(payer, product, "no_credit", asking, now)
            holds.append(found[0])
            ops += found[1]
        self.served()
        self._served.add(payer)
        return Drawn(tuple(holds), ops)

    def served(self) -> None:
        """One document less to come (also: an earlier run drew for it)."""
        self._expected = max(1, self._expected - 1)

    def _draw(
        self, payer: Payer, product: str, asking: Asking, now: datetime, by: str
    ) -> tuple[Hold, list[Op]] | None:
        # What was read before in this run must not be the reason for a no; but one look does for
        # all that wait until `look_again`.
        looks = 2 if self._remembers(payer, product) else 1
        for look in range(looks):
            if look:
                self._forget(payer, product)
            for source in policy.sources(self._standing(payer).policy, product):
                found = self._from(payer, product, source, asking, now, by)
                if found is not None:
                    return found
        return None

    def _remembers(self, payer: Payer, product: str) -> bool:
        if (payer, product) in self._waits:
            return False
        return payer in self._served or (payer.tenant, product) in self._pools

    def _from(
        self, payer: Payer, product: str, source: Source, asking: Asking, now: datetime, by: str
    ) -> tuple[Hold, list[Op]] | None:
        if self._run:
            filled = self._filled(payer, product, source, now)
            if filled is None:
                return None
            key = payer.tenant, filled.name
            self._purses[key] = replace(filled, left=filled.left - 1)
            made = Hold(payer.tenant, payer.customer, product, filled.lot, source)
            return made, hold.from_purse(made, filled, asking.document, now, by)
        today = clock.rome_day(now)
        lot = self._first(payer, product, source, today)
        if lot is None:
            return None
        made = Hold(payer.tenant, payer.customer, product, lot, source)
        ops = hold.from_source(made, asking.document, now, by)
        ops += self._taken(payer, product, source, lot, 1, now)
        return made, ops

    # --- where credits are --------------------------------------------------------------------
    def _standing(self, payer: Payer) -> Own:
        if payer not in self._own:
            self._own[payer] = store.get_own(payer.tenant, payer.customer)
        return self._own[payer]

    def _pool(self, tenant: str, product: str, today: date) -> Pool:
        key = tenant, product
        if key not in self._pools:
            self._pools[key] = store.get_pool(tenant, product, today)
        return self._pools[key]

    def _bags(self, payer: Payer, product: str, source: Source, today: date) -> list[Bag]:
        if source == "own":
            return self._standing(payer).of(product)
        pool = self._pool(payer.tenant, product, today)
        if source == "pool":
            return list(pool.bags)
        beyond = limits.CREDIT_OVERDRAFT if source == "overdraft" else 0
        return [Bag(lots.OVERDRAFT, pool.overdraft + beyond)]

    def _first(self, payer: Payer, product: str, source: Source, today: date) -> str | None:
        parts = lots.drawn(self._bags(payer, product, source, today), 1, today)
        return parts[0].lot if parts else None

    def _taken(
        self,
        payer: Payer,
        product: str,
        source: Source,
        lot: str,
        quantity: int,
        now: datetime,
    ) -> list[Op]:
        """Remember that it was taken; the operations that tell of a low pool."""
        if source == "own":
            own = self._own[payer]
            bags = tuple(
                replace(bag, left=bag.left - quantity)
                if (bag.product, bag.lot) == (product, lot)
                else bag
                for bag in own.bags
            )
            self._own[payer] = replace(own, bags=bags)
            return []
        key = payer.tenant, product
        pool = self._pools[key]
        if source == "pool":
            bags_left = tuple(
                replace(bag, left=bag.left - quantity) if bag.lot == lot else bag
                for bag in pool.bags
            )
            self._pools[key] = replace(pool, bags=bags_left)
        else:
            self._pools[key] = replace(pool, overdraft=pool.overdraft - quantity)
        return self._low(payer.tenant, product, now)

    def _low(self, tenant: str, product: str, now: datetime) -> list[Op]:
        pool = self._pools[tenant, product]
        found = low(tenant, pool, now)
        if found:
            self._pools[tenant, product] = replace(pool, level=_lowered(pool))
        return found

    # --- the purse ----------------------------------------------------------------------------
    def _filled(self, payer: Payer, product: str, source: Source, now: datetime) -> Purse | None:
        """The run's purse with a credit in it; None when this source has none."""
        today = clock.rome_day(now)
        name = purse.name_of(self._run, product, source, payer.customer)
        key = payer.tenant, name
        for _ in range(_TRIES):
            known = self._purses.get(key)
            if known is None and key in self._purses:
                known = holding.get_purse(payer.tenant, name)
                if known is None:
                    del self._purses[key]
            known = known or purse.empty(name, product, source, payer.customer)
            if known.left and lots.is_usable(known.lot, today):
                self._purses[key] = known
                return known
            if known.left:  # its lot ended at midnight
                purse.close(payer.tenant, name, known, now, self._wakes)
                self._purses.pop(key)
                continue
            parts = lots.drawn(
                self._bags(payer, product, source, today),
                purse.wanted(known, self._expected),
                today,
            )
            if not parts:
                if key in self._looked:
                    return None
                # An earlier run under this name may have set the last ones aside, and died.
                self._looked.add(key)
                self._purses[key] = None
                continue
            filled, ops = purse.fill(payer.tenant, known, parts[0], now)
            ops += self._taken(payer, product, source, parts[0].lot, parts[0].quantity, now)
            try:
                self._wakes.commit(ops)
            except ConditionFailed as failed:
                self._forget(payer, product)
                # Somebody else runs under the same name, or did before he died.
                self._purses[key] = None
                if not any(label.startswith("credit:") for label in failed.found):
                    raise
                continue
            self._purses[key] = filled
            return filled
        raise Conflict()

    # --- what happened ------------------------------------------------------------------------
    def missed(self, failed: ConditionFailed) -> bool:
        """Whether a transaction failed for its credits: then what was remembered is forgotten, and
        drawing again may succeed."""
        found = any(label.startswith("credit:") for label in failed.found)
        if found:
            self.forget()
        return found

    def forget(self) -> None:
        """What was drawn or refused last was not committed: read again."""
        self._own.clear()
        self._pools.clear()
        self._purses = dict.fromkeys(self._purses)

    def _forget(self, payer: Payer, product: str) -> None:
        self._own.pop(payer, None)
        self._pools.pop((payer.tenant, product), None)

    def _refused(
        self, payer: Payer, product: str, reason: Reason, asking: Asking, now: datetime
    ) -> Refused:
        one = Waiting(product, asking.received_at, asking.document, asking.tenant, payer.customer)
        ops: list[Op] = [holding.put_waiting(payer.tenant, one)]
        rules = self._standing(payer).policy
        if reason == "no_credit":
            if rules.closes_at_zero:
                ops.append(store.close_policy(payer.tenant, payer.customer))
                self._own.pop(payer, None)
            if "pool" in policy.sources(rules, product):
                self._pool(payer.tenant, product, clock.rome_day(now))
                ops += self._low(payer.tenant, product, now)
        self.waits(payer, product, asking)
        return Refused(reason, product, ops)

    def waits(self, payer: Payer, product: str, asking: Asking) -> None:
        """This document waits for credit (also: an earlier run left it waiting)."""
        self._waits[payer, product] = asking

    def look_again(self, now: datetime) -> None:
        """After the commit of documents that wait: credit may have come between our reading and
        our commit, and its work may have seen nobody waiting. Then there is work again."""
        waiting, self._waits = self._waits, {}
        for (payer, product), asking in waiting.items():
            self._forget(payer, product)
            if has_credit(self._standing(payer), payer, product, now):
                cause = ids.derive("again", asking.document, clock.stamp(now))
                self._wakes.commit(
                    [hold.release(payer.tenant, product, cause, now, payer.customer)]
                )

    def close(self, now: datetime) -> None:
        """Give back what was set aside and is left; what cannot be given back now is by its row."""
        for (tenant, name), known in self._purses.items():
            with suppress(Conflict, Transient):
                purse.close(tenant, name, known, now, self._wakes)
        self._purses.clear()


def has_credit(own: Own, payer: Payer, product: str, now: datetime) -> bool:
    """Whether a document of this customer could draw now."""
    if not own.policy.is_open:
        return False
    today = clock.rome_day(now)
    wanted = policy.sources(own.policy, product)
    if "own" in wanted and lots.drawn(own.of(product), 1, today):
        return True
    if "pool" not in wanted:
        return False
    pool = store.get_pool(payer.tenant, product, today)
    if pool.left > 0:
        return True
    return "overdraft" in wanted and -pool.overdraft < limits.CREDIT_OVERDRAFT


def _lowered(pool: Pool) -> Level:
    """The level once the threshold that the pool is at or below is told."""
    old = pool.level or Level(0)
    share = levels.crossed(pool.level, pool.left)
    assert share is not None
    return Level(old.full, share, old.crossings + 1)


def low(tenant: str, pool: Pool, now: datetime) -> list[Op]:
    """The operations that tell the reseller of a low pool, when there is something new to tell.
    Fails on `credit:level:…` when somebody else told it."""
    share = levels.crossed(pool.level, pool.left)
    if share is None:
        return []
    level = _lowered(pool)
    return [
        store.put_level(tenant, pool.product, level, pool.level),
        agenda.task(
            tenant,
            f"low-{pool.product}-{level.crossings}",
            now,
            start_at=now + timedelta(seconds=limits.CREDIT_LOW_WAIT_S),
            task="low",
            product=pool.product,
            share=share,
            before=pool.level.told if pool.level else levels.UNTOLD,
            crossing=level.crossings,
        ),
    ]
