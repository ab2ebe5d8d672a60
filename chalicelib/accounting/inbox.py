"""The inbox: movements, flows and payments that somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from chalicelib.accounting import bank_store, groups, settled, store
from chalicelib.accounting.bank_store import Banked
from chalicelib.accounting.reports import Row, Wanted, rows_of, within
from chalicelib.accounting.settled import Settled
from chalicelib.accounting.store import Stored
from chalicelib.base import cursors, ids, limits

Kind = Literal["payment", "flow", "movement"]
_ORDER: Final[tuple[tuple[Kind, str], ...]] = (
    ("movement", "open"), ("flow", "odd"), ("flow", "open"), ("payment", "odd"),
    ("payment", "waiting"), ("payment", groups.SINGLES[1]),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """Something that somebody should look at: a movement, a flow, or a payment. `overdue`: it waits
    longer than usual; what only waits and is not overdue is in no inbox."""

    kind: Kind
    id: str
    day: date
    cents: int
    labels: tuple[str, ...]
    overdue: bool
    movement: Banked | None = None
    flow: Settled | None = None
    row: Row | None = None


def look_through(
    tenant: str, wanted: Wanted, kind: Kind | None, cursor: str, limit: int, today: date
) -> tuple[list[Entry], str]:
    """A page: movements, then flows, then payments, each the latest first; and the next cursor.

    Rejected `cursor_invalid`.
    """
    asked = ids.derive("inbox", tenant, repr(wanted), str(kind))
    after = cursors.read(cursor, asked)
    leg, place = _leg(after)
    found: list[Entry] = []
    read = 0
    for number, (mine, desk) in enumerate(_ORDER):
        if number < leg or (kind not in (None, mine) and (kind, mine) != ("movement", "payment")):
            continue  # transfers for one payment lie with their payment
        start = place if number == leg and place else "~"
        for here, entries in _entries(tenant, mine, desk, start, today):
            found += [
                one for one in entries if kind in (None, one.kind) and _takes(tenant, wanted, one)
            ]
            read += 1
            if len(found) >= limit or read >= limits.FILTER_READ_ITEMS:
                day, _, name = here.partition("#")
                return found, cursors.write(f"{day}#{number}{name}", asked)
    return found, ""


def _leg(after: str) -> tuple[int, str]:
    """Which list a cursor is in, and where."""
    if not after:
        return 0, ""
    day, _, name = after.partition("#")
    return int(name[0]), f"{day}#{name[1:]}"


def _entries(
    tenant: str, kind: Kind, desk: str, last: str, today: date
) -> Iterator[tuple[str, list[Entry]]]:
    page = limits.PAGE_ITEMS
    if kind == "movement":
        for place, one in bank_store.list_movements(tenant, desk=desk, last=last, page=page):
            yield place, [Entry(kind, one.identity, one.day, one.cents, one.labels, False, one)]
    elif kind == "flow":
        for place, flow in store.list_flows(tenant, desk=desk, last=last, page=page):
            yield place, of_flow(flow, desk, today)
    else:
        for place, stored in store.list_groups(tenant, desk=desk, last=last, page=page):
            yield place, of_group(tenant, stored, desk, today)


def of_flow(flow: Settled, desk: str, today: date) -> list[Entry]:
    """What is to be said of a flow on that desk; nothing while it only waits."""
    late = settled.is_late(flow, today)
    if desk == "open" and not late:
        return []
    # One that is cashed lies there for what is said of its lines.
    labels = settled.standing(flow).labels or settled.odd(flow)
    day = flow.counts.settled
    return [Entry("flow", flow.name, day, flow.counts.cents, labels, late, flow=flow)]


def of_group(tenant: str, stored: Stored, desk: str, today: date) -> list[Entry]:
    """What is to be said of the payments of an IUV, and of transfers for it alone."""
    found = []
    for row in rows_of(tenant, [stored], today):
        one = row.payment
        odd = set(one.labels) - {"RT_IUF", "RT_IUF_TES", "RT_TES", "STAMP", "ELSEWHERE"}
        if row.reopened and "REVOKED" in odd:
            continue  # an operator has asked for it anew
        if not odd or (odd == {"RT_NO_IUF"} and not one.overdue):
            continue
        day = row.paid_day or today
        found.append(Entry("payment", stored.iuv, day, one.cents, one.labels, one.overdue, row=row))
    if label := _of_singles(stored):
        money = stored.held.bank[0]
        cents = sum(one.cents for one in stored.held.bank)
        movement = bank_store.get(tenant, money.identity)
        found.append(Entry("movement", money.identity, money.day, cents, (label,), False, movement))
    return found


def _of_singles(stored: Stored) -> str:
    """What is to be said of transfers for one payment alone, "" where they are right."""
    held = stored.held
    if not held.bank or groups.is_single(held, stored.parts):
        return ""
    if held.lines or all(one.stamp for one in held.receipts):
        return "" if groups.is_alone(held) else "TES_NO_IUF_OR_IUV"
    return "" if groups.is_alone(held) and groups.is_exact(held) else "RT_TES_DIV_IMP"


def _takes(tenant: str, wanted: Wanted, entry: Entry) -> bool:
    if wanted.label and wanted.label not in entry.labels:
        return False
    if entry.row is not None:
        person = wanted.tax_code.upper() in ("", entry.row.tax_code.upper())
        return person and _names(wanted, entry.row.flow) and wanted.takes(entry.row)
    if wanted.tax_code or wanted.paid_from or wanted.paid_until:
        return False  # neither a flow nor a movement has a payer
    iuv = entry.movement.target[1] if entry.movement else ""
    day = entry.flow.bank.day if entry.flow else entry.day
    in_period = within(day, wanted.banked_from, wanted.banked_until)
    named = _names(wanted, entry.flow, entry.movement)
    return in_period and named and wanted.iuv in ("", iuv)


def _names(wanted: Wanted, flow: Settled | None, movement: Banked | None = None) -> bool:
    if not wanted.flow:
        return True
    said: set[str] = set()
    if flow is not None:
        said |= {flow.name, flow.key[1]}
    if movement is not None:
        said |= {movement.found.flow_id.upper(), movement.found.read_id.upper()}
    return wanted.flow in said or wanted.flow.upper() in said
