"""The operations of one commit that posts, notices or takes back; nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from chalicelib.accounting.posting import ledger, numbering, source, store
from chalicelib.accounting.posting.ledger import Entry, Leg
from chalicelib.accounting.posting.model import Order, Payment, Setting
from chalicelib.accounting.posting.numbering import Head
from chalicelib.accounting.posting.planning import Bundle
from chalicelib.accounting.posting.store import Collected, Held, Kept
from chalicelib.base import clock
from chalicelib.base.dynamo import Op


@dataclass
class Books:
    """A commit as it grows: the head as it will be, operations, legs."""

    tenant: str
    head: Head
    by: str
    now: datetime
    ops: list[Op] = field(default_factory=list)
    legs: list[Leg] = field(default_factory=list)
    posted: dict[Payment, str] = field(default_factory=dict)

    @property
    def at(self) -> str:
        return clock.stamp(self.now)

    @property
    def today(self) -> date:
        return clock.rome_day(self.now)

    def enter(
        self, seq: int, kind: ledger.Kind, day: date, legs: Sequence[Leg], **more: str
    ) -> None:
        """One more entry."""
        entry = Entry(seq, kind, day, tuple(legs), self.at, self.by, **more)
        self.ops.append(store.put_entry(self.tenant, entry))
        self.legs += legs

    def next(self) -> int:
        """The place of another entry in the journal."""
        self.head = replace(self.head, seq=self.head.seq + 1)
        return self.head.seq

    def closed(self) -> list[Op]:
        """All of it, with the head and the sums."""
        sums = ledger.total(self.legs)
        return [
            store.put_head(self.tenant, self.head),
            *self.ops,
            *(source.mark(self.tenant, self.posted, self.now) if self.posted else ()),
            *(store.add_to_sum(self.tenant, account, cents) for account, cents in sums.items()),
        ]


def notice(books: Books, held: Held, payment: Payment | None) -> Held:
    """What the match says of a payment, into the books; `held` as it is then."""
    cents = payment.cents if payment else None
    state, legs = ledger.noticed(held.state, held.cents, cents)
    if not legs:
        return held
    came = held.cents if cents is None else cents
    kind: ledger.Kind = "arrived" if state == "open" else "questioned"
    books.enter(books.next(), kind, books.today, legs, payment=held.key)
    return replace(held, state=state, cents=came)


def post(books: Books, bundle: Bundle, held: dict[str, Held], setting: Setting) -> list[Order]:
    """The orders of a bundle with their numbers, entries and places under the assessments.

    Rejected as `numbering.allowed`; then nothing of the bundle is in the books.
    """
    before = books.head
    head, numbered = numbering.number(before, bundle.drafts, setting.late)
    for payment in bundle.payments:
        now = notice(books, held[payment.key], payment)
        held[payment.key] = now
    # Entries of what came are before those of what it is for.
    came = books.head.seq - before.seq
    books.head = replace(head, seq=head.seq + came, version=before.version)
    first = books.head.seq - len(numbered)
    orders = [
        Order(draft.day.year, number, draft, first + place, books.by, books.at)
        for place, (number, draft) in enumerate(numbered, 1)
    ]
    together = [order.id for order in orders]
    for order in orders:
        _enter_order(books, order, together)
    places: dict[tuple[str, str], None] = {}
    for payment in bundle.payments:
        mine = tuple(
            order.id for order in orders
            if any(line.payment == payment.key for line in order.draft.lines)
        )  # fmt: skip
        posted = replace(held[payment.key], state="posted", orders=mine)
        books.ops.append(store.put_held(books.tenant, posted))
        if payment.position:
            places |= dict.fromkeys((payment.position, order) for order in mine)
        books.posted[payment] = mine[0]
    # Several instalments of one position, or transfers of one payment, may be in one order.
    books.ops += [store.put_order_of(books.tenant, *place) for place in places]
    return orders


def _enter_order(books: Books, order: Order, together: Sequence[str]) -> None:
    draft = order.draft
    books.ops.append(store.put_order(books.tenant, order, together))
    legs = ledger.post(draft.year, draft.chapter, draft.cents)
    books.enter(order.seq, "posted", draft.day, legs, order=order.id)
    for line in draft.lines:
        place = Collected(line.assessment, order.id, line.payment, line.cents, draft.day, order.seq)
        books.ops.append(store.put_collected(books.tenant, place))
        if line.made:
            books.ops.append(store.put_assessment(books.tenant, order, line, books.at))


def take_back(
    books: Books, found: Sequence[Kept], held: dict[str, Held], day: date, note: str
) -> list[Order]:
    """Orders that were posted together, taken back together; their payments wait again."""
    orders = []
    for kept in found:
        draft, seq = kept.order.draft, books.next()
        order = replace(
            kept.order, state="reversed", reversed_by=seq, version=kept.order.version + 1
        )
        books.ops.append(store.put_order(books.tenant, order, kept.together))
        legs = ledger.reverse(draft.year, draft.chapter, draft.cents)
        books.enter(seq, "reversed", day, legs, order=order.id, note=note)
        books.ops += [
            store.put_collected(
                books.tenant,
                Collected(line.assessment, order.id, line.payment, -line.cents, day, seq),
                back=True,
            )
            for line in draft.lines
        ]
        orders.append(order)
    waiting = [replace(one, state="open", orders=()) for one in held.values()]
    books.ops += [store.put_held(books.tenant, one) for one in waiting]
    marks: dict[str, list[str]] = {}
    for one in held.values():
        # A payment is marked by the first order that it went to.
        marks.setdefault(one.orders[0], []).append(one.key)
    books.ops += source.release(books.tenant, marks, books.now)
    return orders
