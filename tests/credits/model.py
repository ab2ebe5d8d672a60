"""The ledger as a person with a pencil would keep it: plain numbers, one thing after the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from dateutil.relativedelta import relativedelta


def last_day(ordered_on: date) -> date:
    """Reading D16; the end of time where there is none."""
    if ordered_on < date(2017, 1, 1):
        return date.max
    return ordered_on + relativedelta(months=24)


@dataclass
class Lot:
    """A lot by its own numbers. `pool` counts what runs have set aside too."""

    id: str
    product: str
    last: date
    rank: tuple[date, date, str]
    quantity: int
    pool: int
    held: int = 0
    consumed: int = 0
    expired: int = 0
    refunded: int = 0
    settled: int = 0
    own: Counter[str] = field(default_factory=Counter)


@dataclass
class Rules:
    modes: dict[str, str] = field(default_factory=dict)
    at_zero: str = "stop"
    enablement: str = "automatic"
    enabled: bool = True


@dataclass
class Document:
    name: str
    customer: str
    product: str
    number: int
    state: str = "waiting"
    lot: str = ""
    source: str = ""


class Model:
    """Every operation in its simplest words."""

    def __init__(self, overdraft_limit: int) -> None:
        self.lots: dict[tuple[str, str], Lot] = {}
        self.rules: dict[str, Rules] = {}
        self.documents: dict[str, Document] = {}
        self.limit = overdraft_limit
        self.over: dict[str, Counter[str]] = {}

    def overdraft(self, product: str) -> Counter[str]:
        return self.over.setdefault(product, Counter())

    def ruled(self, customer: str) -> Rules:
        return self.rules.setdefault(customer, Rules())

    def drawable(self, product: str, today: date) -> list[Lot]:
        found = [lot for lot in self.lots.values() if lot.product == product and today <= lot.last]
        return sorted(found, key=lambda lot: lot.rank)

    def buy(
        self, id: str, product: str, order: str, day: date, quantity: int, today: date, aside: int
    ) -> None:
        last = last_day(day)
        drawn = self.overdraft(product)["drawn"]
        if aside:
            drawn += aside
        paid = max(0, min(quantity, drawn)) if today <= last else 0
        self.lots[product, id] = Lot(
            id, product, last, (last, day, order), quantity, quantity - paid, settled=paid
        )
        self.overdraft(product)["drawn"] -= paid
        self.overdraft(product)["settled"] -= paid

    def pick(
        self, customer: str, product: str, today: date, aside: Counter[tuple[str, str, str]]
    ) -> tuple[str, str] | None:
        """(source, lot) of the next credit; `aside` is what runs have set aside by source."""
        rules = self.ruled(customer)
        mode = rules.modes.get(product, "metered")
        goes_on = rules.at_zero == "continue"
        if mode == "assigned":
            for lot in self.drawable(product, today):
                if lot.own[customer] - aside[product, lot.id, customer] > 0:
                    return "own", lot.id
            if not goes_on:
                return None
        for lot in self.drawable(product, today):
            if lot.pool - aside[product, lot.id, ""] > 0:
                return "pool", lot.id
        drawn = self.overdraft(product)["drawn"] + aside[product, "overdraft", ""]
        if goes_on or mode == "unlimited":
            return ("overdraft", "overdraft") if drawn < self.limit else None
        # Given back after a lot had paid it.
        return ("surplus", "overdraft") if drawn < 0 else None

    def hold(self, document: Document, source: str, lot: str) -> None:
        document.state, document.source, document.lot = "held", source, lot
        if source in ("overdraft", "surplus"):
            over = self.overdraft(document.product)
            over["drawn"] += 1
            over["held"] += 1
            return
        found = self.lots[document.product, lot]
        if source == "own":
            assert found.own[document.customer] > 0
            found.own[document.customer] -= 1
        else:
            assert found.pool > 0
            found.pool -= 1
        found.held += 1

    def capture(self, document: Document) -> None:
        document.state = "consumed"
        if document.lot == "overdraft":
            over = self.overdraft(document.product)
            over["held"] -= 1
            over["consumed"] += 1
        else:
            lot = self.lots[document.product, document.lot]
            lot.held -= 1
            lot.consumed += 1

    def void(self, document: Document, today: date) -> None:
        document.state = "void"
        if document.lot == "overdraft":
            over = self.overdraft(document.product)
            over["held"] -= 1
            over["drawn"] -= 1
            return
        lot = self.lots[document.product, document.lot]
        lot.held -= 1
        if today > lot.last:
            lot.expired += 1
        elif document.source == "own":
            lot.own[document.customer] += 1
        else:
            lot.pool += 1

    def assign(
        self,
        customer: str,
        product: str,
        quantity: int,
        today: date,
        aside: Counter[tuple[str, str, str]],
    ) -> bool:
        found = self.drawable(product, today)
        if quantity > 0:
            left = {lot.id: lot.pool - aside[product, lot.id, ""] for lot in found}
        else:
            found.reverse()
            left = {lot.id: lot.own[customer] - aside[product, lot.id, customer] for lot in found}
        if sum(left.values()) < abs(quantity):
            return False
        rest = abs(quantity)
        sign = 1 if quantity > 0 else -1
        for lot in found:
            moved = min(left[lot.id], rest)
            lot.pool -= sign * moved
            lot.own[customer] += sign * moved
            rest -= moved
        return True

    def expire(self, today: date, aside: Counter[tuple[str, str, str]]) -> None:
        for lot in self.lots.values():
            if today <= lot.last:
                continue
            for customer in [*lot.own]:
                kept = aside[lot.product, lot.id, customer]
                lot.expired += lot.own[customer] - kept
                lot.own[customer] = kept
            kept = aside[lot.product, lot.id, ""]
            lot.expired += lot.pool - kept
            lot.pool = kept

    def come_back(self, product: str, lot: str, customer: str, quantity: int, today: date) -> None:
        """A run gives back what it had set aside: of a lot that is over, it is expired."""
        if lot == "overdraft" or today <= self.lots[product, lot].last:
            return
        found = self.lots[product, lot]
        if customer:
            found.own[customer] -= quantity
        else:
            found.pool -= quantity
        found.expired += quantity
