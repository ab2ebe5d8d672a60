"""What people look at: all collections, reported and not (F001-101 … 108).

Every list is read page by page in the order of its days; a filter that an index cannot answer is
applied to what is read, FILTER_READ_ITEMS at most for one page, and the cursor goes on behind them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.accounting import groups, pieces, settled, store
from chalicelib.accounting.facts import Payment
from chalicelib.accounting.groups import Part
from chalicelib.accounting.settled import Settled
from chalicelib.accounting.store import Stored
from chalicelib.base import cursors, dynamo, ids, limits
from chalicelib.payments.dues import store as due_store
from chalicelib.payments.receipts import store as receipt_store
from chalicelib.payments.receipts.model import Receipt


@dataclass(frozen=True)
class Row:
    """A payment of the list, with what is known of who paid it and of its money."""

    payment: Payment
    flow: Settled | None
    name: str
    tax_code: str
    paid_day: date | None
    fee_cents: int | None
    channel: str
    method: str
    psp: str
    position: str
    origin: str
    # The day on which its money was there: of its flow, or of a transfer of its own.
    bank_day: date | None
    # The position that asks anew for a payment which was revoked, "" for none.
    reopened: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which payments: paid, and collected (credited), in a period with both its days; of a person
    (tax code), an IUV, a flow (name or id), with a label. "" and None do not count."""

    paid_from: date | None = None
    paid_until: date | None = None
    banked_from: date | None = None
    banked_until: date | None = None
    tax_code: str = ""
    iuv: str = ""
    flow: str = ""
    label: str = ""

    def takes(self, row: Row) -> bool:
        """Whether a payment is one of them."""
        return (
            within(row.paid_day, self.paid_from, self.paid_until)
            and within(row.bank_day, self.banked_from, self.banked_until)
            and self.iuv in ("", row.payment.iuv)
            and (not self.label or self.label in row.payment.labels)
        )


def within(day: date | None, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    return day is not None and (first or date.min) <= day <= (last or date.max)


def list_payments(
    tenant: str, wanted: Wanted, cursor: str, limit: int, today: date
) -> tuple[list[Row], str]:
    """A page, latest paid first (of a flow in its order), and the next cursor ("" at the end).
    Rejected `cursor_invalid`."""
    asked = ids.derive("collections", tenant, repr(wanted))
    after = cursors.read(cursor, asked)
    found: list[Row] = []
    for place, rows in _batches(tenant, wanted, after, today):
        found += [row for row in rows if wanted.takes(row)]
        if len(found) >= limit:
            return found, cursors.write(place, asked)
    return found, ""


def _batches(
    tenant: str, wanted: Wanted, after: str, today: date
) -> Iterator[tuple[str, list[Row]]]:
    """Rows group by group, each time with the place behind which to go on."""
    if wanted.iuv:
        stored = store.get_groups(tenant, [wanted.iuv])[wanted.iuv]
        yield "0#end", rows_of(tenant, [stored], today)
        return
    if wanted.flow:
        yield from _of_flow(tenant, wanted.flow, after, today)
        return
    person = due_store.person_id(tenant, wanted.tax_code) if wanted.tax_code else ""
    first = wanted.paid_from.isoformat() if wanted.paid_from else "0"
    last = after or (f"{wanted.paid_until.isoformat()}~" if wanted.paid_until else "~")
    listed = store.list_groups(
        tenant, person=person, first=first, last=last, page=limits.PAGE_ITEMS
    )
    place, waiting = "", list[Stored]()
    for place, stored in listed:
        waiting.append(stored)
        if len(waiting) == _BATCH:
            yield place, rows_of(tenant, waiting, today)
            waiting = []
    if waiting:
        yield place, rows_of(tenant, waiting, today)


_BATCH: Final = 25


def _of_flow(tenant: str, name: str, after: str, today: date) -> Iterator[tuple[str, list[Row]]]:
    start = int(after.rpartition("#")[2]) if after else 0
    for flow in find_flows(tenant, name):
        lines = pieces.lines(tenant, flow, flow.counting, start)
        at = start
        waiting: list[str] = []
        for line in lines:
            waiting.append(line.line.iuv)
            at += 1
            if len(waiting) == _BATCH:
                yield f"0#{at}", _reported(tenant, waiting, flow, today)
                waiting = []
        if waiting:
            yield f"0#{at}", _reported(tenant, waiting, flow, today)


def _reported(tenant: str, iuvs: Sequence[str], flow: Settled, today: date) -> list[Row]:
    there = store.get_groups(tenant, dict.fromkeys(iuvs))
    rows = rows_of(tenant, list(there.values()), today)
    return [row for row in rows if row.flow is not None and row.flow.name == flow.name]


def find_flows(tenant: str, name: str) -> list[Settled]:
    """Flows by their name or by their id (in any case)."""
    one = store.get_flow(tenant, name)
    if one is not None:
        return [one]
    hub = store.get_hub(tenant, name)
    return list(store.get_flows(tenant, [each.name for each in hub.flows]).values())


# ------------------------------------------------------------------ rows
def rows_of(tenant: str, found: Sequence[Stored], today: date) -> list[Row]:
    """The payments of groups, with their receipts, persons and flows."""
    flows = store.get_flows(tenant, {part.flow for one in found for part in one.parts} - {""})
    receipts = _receipts(tenant, found)
    unnamed = {str(one.facts.get("person", "")) for one in found if one.facts.get("position")} - {
        ""
    }
    persons = due_store.get_persons(tenant, unnamed) if unnamed else {}
    rows = []
    for one in found:
        for part in one.parts:
            receipt = receipts.get((one.iuv, part.iur))
            person = persons.get(str(one.facts.get("person", "")))
            name, code = (person.name, person.tax_code) if person else ("", "")
            if not name and receipt is not None and receipt.debtor is not None:
                name, code = receipt.debtor.name, receipt.debtor.code
            flow = flows.get(part.flow)
            paid = _paid(one, part)
            rows.append(
                Row(
                    payment=_shown(one, part, flow, today, paid), flow=flow, name=name,
                    tax_code=code, paid_day=paid or _day(store.paid_day(one.held)),
                    fee_cents=receipt.fee_cents if receipt else None,
                    channel=receipt.channel if receipt else "",
                    method=receipt.method if receipt else "",
                    psp=receipt.psp_name if receipt else (flow.psp if flow else ""),
                    position=str(one.facts.get("position", "")),
                    origin=str(one.facts.get("origin", "")),
                    bank_day=flow.bank.day if flow else _own_day(one, part),
                    reopened=str(one.facts.get("reopened", "")),
                )
            )  # fmt: skip
    return rows


def _shown(
    one: Stored, part: Part, flow: Settled | None, today: date, paid: date | None
) -> Payment:
    state = settled.standing(flow).state if flow else None
    found = groups.shown(one.iuv, part, state, today, paid)
    return found._replace(flow_id=flow.flow_id if flow else "")


def _paid(one: Stored, part: Part) -> date | None:
    return next(
        (
            each.day
            for each in one.held.receipts
            if (each.iur, each.transfer) == (part.iur, part.transfer)
        ),
        None,
    )


def _own_day(one: Stored, part: Part) -> date | None:
    days = [each.day for each in one.held.bank]
    return max(days) if days and "RT_TES" in part.labels else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _receipts(tenant: str, found: Iterable[Stored]) -> dict[tuple[str, str], Receipt]:
    wanted = {
        receipt_store.key_of(tenant, str(one.facts.get("creditor", "")), each.iur)
        for one in found
        for each in one.held.receipts
    }
    there = dynamo.batch_get(sorted(wanted))
    read = [receipt_store.read(tenant, item) for item in there.values()]
    return {(one.iuv, one.id): one for one in read}
