"""Orders and the journal as people look for them: by filters, in pages.

What is filtered out is read all the same, so a page ends after BROWSED items, however few of them
it shows; its cursor goes on from there. Programs read `service.feed`, which leaves nothing out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chalicelib.accounting.posting import store
from chalicelib.accounting.posting.ledger import Entry, Kind
from chalicelib.accounting.posting.model import Order, OrderState
from chalicelib.accounting.posting.store import Kept
from chalicelib.base import cursors, ids, limits
from chalicelib.payments.positions import positions


@dataclass(frozen=True)
class OrderFilter:
    """Orders of a financial year; accounting days, both included. What is left out does not
    count. `flow`: the settlement flow that brought the money, `iuv`: of a payment in the order."""

    year: int
    flow: str = ""
    first: date | None = None
    last: date | None = None
    state: OrderState | None = None
    chapter: str = ""
    iuv: str = ""

    def takes(self, order: Order) -> bool:
        draft = order.draft
        return (
            (self.first is None or draft.day >= self.first)
            and (self.last is None or draft.day <= self.last)
            and self.state in (None, order.state)
            and self.chapter in ("", draft.chapter)
            and (not self.iuv or any(line.iuv == self.iuv for line in draft.lines))
        )


def list_orders(
    tenant: str, wanted: OrderFilter, cursor: str, limit: int
) -> tuple[list[Order], str]:
    """A page by number, and the next cursor ("" at the end)."""
    asked = ids.derive("orders", tenant, repr(wanted))
    after = cursors.read(cursor, asked).rpartition("#")[2]
    first = f"{after}~" if after else f"{wanted.year}-"
    found: list[Order] = []
    listed = store.list_orders(tenant, first, f"{wanted.year}-~", wanted.flow, limit)
    for place, kept in enumerate(listed, 1):
        order = kept.order
        # Numbers ascend with the days: behind the last day nothing more comes.
        if wanted.last is not None and order.draft.day > wanted.last:
            break
        if wanted.takes(order):
            found.append(order)
        if len(found) == limit or place == limits.BROWSED:
            return found, cursors.write(f"0#{order.id}", asked)
    return found, ""


def orders_of(tenant: str, position: str) -> list[tuple[Order, int]]:
    """The orders that posted payments of a position, by number, those that were taken back too;
    with the cents of each that are its own. NotFound."""
    positions.get(tenant, position)
    there = store.get_orders(tenant, store.orders_of_position(tenant, position))
    return [
        (kept.order, sum(one.cents for one in kept.order.draft.lines if one.position == position))
        for _, kept in sorted(there.items())
    ]


@dataclass(frozen=True)
class EntryFilter:
    """Entries of the journal; accounting days, both included."""

    kind: Kind | None = None
    first: date | None = None
    last: date | None = None

    def takes(self, entry: Entry) -> bool:
        return (
            self.kind in (None, entry.kind)
            and (self.first is None or entry.day >= self.first)
            and (self.last is None or entry.day <= self.last)
        )


@dataclass(frozen=True)
class Page:
    """Entries with their orders as they are now, the newest first; `before`: where the next page
    begins, 0 when this is the last."""

    entries: tuple[tuple[Entry, Kept | None], ...]
    before: int


def list_entries(tenant: str, wanted: EntryFilter, before: int, limit: int) -> Page:
    """Entries in front of the one numbered `before` (0: from the newest)."""
    found: list[Entry] = []
    ended = 0
    for place, entry in enumerate(store.latest(tenant, before, limit), 1):
        if wanted.takes(entry):
            found.append(entry)
        if len(found) == limit or place == limits.BROWSED:
            ended = entry.seq if entry.seq > 1 else 0
            break
    orders = store.get_orders(tenant, {one.order for one in found if one.order})
    return Page(tuple((one, orders.get(one.order)) for one in found), ended)
