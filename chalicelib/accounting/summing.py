"""How reconciliation stands as a whole: matched, posted, open, anomalous, to the cent."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.accounting import bank_store, groups, inbox, postable, settled, store
from chalicelib.accounting.payment_match import ANOMALOUS, MATCHED, UNRECEIPTED
from chalicelib.accounting.store import Stored
from chalicelib.base import dynamo
from chalicelib.base.dynamo import Item


@dataclass(frozen=True)
class Money:
    """Where all money is that the bank brought for pagoPA, in cents. `came` = posted + open +
    anomalous.

    `open`: good and not posted yet, other partners' lines too. `anomalous`: of flows that are odd,
    of lines that are, of movements that nobody knows; below zero where orders stand for money that
    the bank has taken back.
    """

    came: int
    posted: int
    open: int
    anomalous: int


@dataclass(frozen=True)
class Summary:
    """Flows and payments of the days of settlement asked for: how many lines there are, how many of
    them are of other partners, matched and posted, how often each label stands somewhere; and all
    money."""

    flows: int
    settled_cents: int
    lines: int
    elsewhere: int
    matched: int
    matched_cents: int
    posted: int
    posted_cents: int
    anomalies: dict[str, int]
    money: Money


_ODD: Final = (UNRECEIPTED, ANOMALOUS)
_QUIET: Final = {"RT_IUF", "RT_IUF_TES", "RT_TES", "STAMP", "ELSEWHERE"}


def summary(tenant: str, first: date, last: date, today: date) -> Summary:
    """The whole of a period. Reads its flows and what is odd, none of its good payments."""
    low, high = first.isoformat(), f"{last.isoformat()}~"
    flows = [flow for _, flow in store.list_flows(tenant, first=low, last=high)]
    labels: list[str] = []
    for flow in flows:
        if inbox.of_flow(flow, "", today) and settled.standing(flow).desk not in ("done", "ready"):
            labels += settled.standing(flow).labels
    for desk in ("odd", "waiting", groups.SINGLES[1]):
        for _, stored in store.list_groups(tenant, desk=desk, first=low, last=high):
            for entry in inbox.of_group(tenant, stored, desk, today):
                labels += [one for one in entry.labels if one not in _QUIET]
    for _, one in bank_store.list_movements(tenant, desk="open", first=low, last=high):
        labels += one.labels
    return Summary(
        flows=len(flows),
        settled_cents=sum(flow.counts.cents for flow in flows),
        lines=sum(flow.counts.lines for flow in flows),
        elsewhere=sum(settled.part(flow, "elsewhere")[1] for flow in flows),
        matched=sum(settled.part(flow, "matched")[1] for flow in flows),
        matched_cents=sum(settled.part(flow, "matched")[0] for flow in flows),
        posted=sum(flow.posted_lines for flow in flows),
        posted_cents=sum(flow.posted_cents for flow in flows),
        anomalies={name: labels.count(name) for name in sorted(set(labels))},
        money=money(tenant),
    )


def money(tenant: str) -> Money:
    """Where all money is, flow by flow; single transfers and unknown ones beside."""
    posted = open_cents = anomalous = 0
    mixed = set[str]()
    for _, flow in store.list_flows(tenant):
        # What is posted stays posted, also where its flow turned out to be odd afterwards.
        posted += flow.posted_cents
        if settled.standing(flow).state != "cashed":
            anomalous += flow.bank.cents - flow.posted_cents
            continue
        odd = settled.part(flow, "unreceipted")[0] + settled.part(flow, "anomalous")[0]
        # What is still on its way into the groups is good or odd in a moment: till then it is open.
        anomalous += odd
        if odd and flow.posted_cents:
            mixed.add(flow.name)
        open_cents += flow.bank.cents - flow.posted_cents - odd
    loose = singles_posted = postable.singles_posted(tenant)
    # Transfers for one payment alone lie on these desks only, whatever is thought of them.
    for desk in ("odd", *groups.SINGLES):
        for _, stored in store.list_groups(tenant, desk=desk):
            marks = _marks(tenant, stored) if _may_be_posted(stored, mixed) else []
            mine = sum(int(one["cents"]) for one in marks if not one["flow"])
            loose -= mine
            rest = sum(one.cents for one in stored.held.bank) - mine
            if groups.is_single(stored.held, stored.parts):
                open_cents += rest
            else:
                anomalous += rest
            twice = _odd_and_posted(stored, marks, mixed)
            anomalous -= twice
            open_cents += twice
    for _, one in bank_store.list_movements(tenant, desk="open"):
        anomalous += one.cents
    # An order whose transfer an operator took away: its money is missing.
    posted += singles_posted
    anomalous -= loose
    return Money(posted + open_cents + anomalous, posted, open_cents, anomalous)


def _may_be_posted(stored: Stored, mixed: Set[str]) -> bool:
    odd = any(one.flow in mixed and one.share in _ODD for one in stored.parts)
    return bool(stored.held.bank) or odd


def _marks(tenant: str, stored: Stored) -> list[Item]:
    """By which orders payments of the group were posted."""
    return list(dynamo.query(store.group_key(tenant, stored.iuv)[0], prefix="POSTED#"))


def _odd_and_posted(stored: Stored, marks: Sequence[Item], mixed: Set[str]) -> int:
    """Cents of lines that turned out to be odd after they were posted: they stay posted, and are no
    anomalous money beside."""
    good = {(one.flow, one.iur, one.transfer) for one in stored.parts if one.share == MATCHED}
    names = ((one, str(one["sk"]).rsplit("#", 2)) for one in marks if one["flow"] in mixed)
    return sum(
        int(one["cents"])
        for one, (_, iur, transfer) in names
        if (one["flow"], iur, int(transfer)) not in good
    )
