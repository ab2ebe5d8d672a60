"""How reconciliation stands as a whole: matched, posted, open, anomalous, to the cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.accounting import bank_store, groups, inbox, settled, store
from chalicelib.accounting.store import Stored
from chalicelib.base import dynamo


@dataclass(frozen=True)
class Money:
    """Where all money is that came for pagoPA, in cents. `came` = posted + open + anomalous.

    `open`: good and not posted yet. `anomalous`: of flows that are odd, of lines that are, of
    movements that nobody knows.
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


_QUIET: Final = {"RT_IUF", "RT_IUF_TES", "RT_TES", "STAMP", "ELSEWHERE"}


def summary(tenant: str, first: date, last: date, today: date) -> Summary:
    """The whole of a period. Reads its flows and what is odd, none of its good payments."""
    low, high = first.isoformat(), f"{last.isoformat()}~"
    flows = [flow for _, flow in store.list_flows(tenant, first=low, last=high)]
    labels: list[str] = []
    for flow in flows:
        if inbox.of_flow(flow, "", today) and settled.standing(flow).desk not in ("done", "ready"):
            labels += settled.standing(flow).labels
    for desk in ("odd", "waiting"):
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
    for _, flow in store.list_flows(tenant):
        # What is posted stays posted, also where its flow turned out to be odd afterwards.
        posted += flow.posted_cents
        if settled.standing(flow).state != "cashed":
            anomalous += flow.bank.cents - flow.posted_cents
            continue
        odd = settled.part(flow, "unreceipted")[0] + settled.part(flow, "anomalous")[0]
        # What is still on its way into the groups is good or odd in a moment: till then it is open.
        anomalous += odd
        open_cents += flow.bank.cents - flow.posted_cents - odd
    for desk in ("odd", "fine", "single"):
        for _, stored in store.list_groups(tenant, desk=desk):
            cents = sum(one.cents for one in stored.held.bank)
            if cents and not groups.is_alone(stored.held):
                anomalous += cents
            elif cents:
                mine = _posted_cents(tenant, stored)
                posted += mine
                open_cents += cents - mine
    for _, one in bank_store.list_movements(tenant, desk="open"):
        anomalous += one.cents
    return Money(posted + open_cents + anomalous, posted, open_cents, anomalous)


def _posted_cents(tenant: str, stored: Stored) -> int:
    pk, _ = store.group_key(tenant, stored.iuv)
    return sum(int(item["cents"]) for item in dynamo.query(pk, prefix="POSTED#"))
