"""Receipts and lines of flows of one IUV: which belongs to which. Pure; `matching` calls it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from chalicelib.accounting import calendar
from chalicelib.accounting.facts import (
    FlowState,
    FlowVersion,
    Payment,
    PaymentState,
    Receipt,
    Reported,
)
from chalicelib.accounting.fdr.model import REVOKED, WITHOUT_RECEIPT

RECEIPT_DAYS: Final = 3  # working days a receipt may wait for its flow

FlowKey = tuple[str, str, int]  # PSP and flow id in capitals, year
# To which part of a flow's money a line belongs.
MATCHED, ELSEWHERE, UNRECEIPTED, ANOMALOUS = range(4)


class FlowNow(NamedTuple):
    """The version of a flow that counts, and what the bank says of it."""

    version: FlowVersion
    state: FlowState
    labels: tuple[str, ...]
    banked_cents: int
    day: date | None


class Seen(NamedTuple):
    """A line with its flow."""

    line: Reported
    key: FlowKey


class Told(NamedTuple):
    """A payment, and to which share of which flow its line goes."""

    payment: Payment
    key: FlowKey | None
    share: int
    line_cents: int


class Late:
    """Whether receipts wait too long; a day is counted once."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._known: dict[date, bool] = {}

    def __call__(self, day: date) -> bool:
        if day not in self._known:
            waits = calendar.working_between(day, self._today)
            self._known[day] = waits > RECEIPT_DAYS
        return self._known[day]


class Group:
    """All that is known of one IUV. Small, whatever the number of facts."""

    def __init__(
        self, iuv: str, receipts: Sequence[Receipt], lines: Sequence[Seen], cancelled: bool
    ) -> None:
        self.iuv = iuv
        # A fact that was stored twice is one fact.
        self.receipts = list(receipts) if len(receipts) == 1 else sorted(set(receipts))
        ordered = list(lines) if len(lines) == 1 else sorted(lines, key=_line_order)
        self.executed = [one for one in ordered if one.line.outcome != REVOKED]
        self.revoked = [one for one in ordered if one.line.outcome == REVOKED]
        self.cancelled = cancelled

    def is_alone(self, cents: int) -> bool:
        """Whether that money pays for all receipts, and no flow speaks of them."""
        mine = [one.cents for one in self.receipts if not one.stamp]
        return bool(mine) and not self.executed and sum(mine) == cents

    @property
    def is_unreported(self) -> bool:
        """Whether there are receipts that ask for money, and no flow speaks of them."""
        asked = any(not one.stamp for one in self.receipts)
        return asked and not (self.executed or self.revoked)

    def payments(
        self, states: dict[FlowKey, FlowNow], *, ours: bool, alone: bool, late: Late
    ) -> Iterable[Told]:
        """A row for each receipt and for each line without one; each line counts once."""
        pairs, left = self._paired()
        taken_back = {(one.line.iur, one.line.transfer or 1) for one in self.revoked}
        for receipt in self.receipts:
            seen = pairs.get(receipt)
            labels = ["CANCELLED_PAID"] if self.cancelled else []
            if (receipt.iur, receipt.transfer) in taken_back:
                labels.append("REVOKED")
            if seen is None:
                yield self._unreported(receipt, labels, alone=alone, late=late)
            else:
                yield self._reported(receipt, seen, states[seen.key], labels)
        for one in left:
            yield self._without_receipt(one, states[one.key], ours=ours)
        for one in self.revoked:
            yield self._of_line(one, states[one.key], "revoked", ("REVOKED",), ANOMALOUS)

    def _paired(self) -> tuple[dict[Receipt, Seen], list[Seen]]:
        """Receipts with their lines, and the lines that are left: by IUR first, then by IUV."""
        free = [one for one in self.receipts if not one.stamp]
        pairs: dict[Receipt, Seen] = {}
        left = self.executed
        for same_iur in (True, False):
            for told in (True, False):
                waiting = []
                for one in left:
                    found = _partner(one.line, free, same_iur=same_iur, told=told)
                    if found is None:
                        waiting.append(one)
                    else:
                        free.remove(found)
                        pairs[found] = one
                left = waiting
                if not left:
                    return pairs, left
        return pairs, left

    def _unreported(self, receipt: Receipt, labels: list[str], *, alone: bool, late: Late) -> Told:
        state: PaymentState = "paid"
        overdue = False
        if receipt.stamp:
            labels.append("STAMP")
        elif alone:
            state = "cashed"
            labels.append("RT_TES")
        else:
            labels.append("RT_NO_IUF")
            overdue = late(receipt.day)
        payment = Payment(
            self.iuv, receipt.iur, receipt.transfer, receipt.cents, state, tuple(labels), "", 0,
            overdue,
        )  # fmt: skip
        return Told(payment, None, 0, 0)

    def _reported(self, receipt: Receipt, seen: Seen, flow: FlowNow, labels: list[str]) -> Told:
        line = seen.line
        state: PaymentState = "paid"
        share = ANOMALOUS
        if line.cents != receipt.cents:
            labels += ["RT_NO_IUF", "AMOUNT_DIFFERS"]
        else:
            share = MATCHED
            is_cashed = flow.state == "cashed"
            state = "cashed" if is_cashed else "reported"
            labels.append("RT_IUF_TES" if is_cashed else "RT_IUF")
        payment = Payment(
            self.iuv, receipt.iur, receipt.transfer, receipt.cents, state, tuple(labels),
            flow.version.flow_id, line.place,
        )  # fmt: skip
        return Told(payment, seen.key, share, line.cents)

    def _without_receipt(self, one: Seen, flow: FlowNow, *, ours: bool) -> Told:
        line = one.line
        if not ours:
            return self._of_line(one, flow, "elsewhere", ("ELSEWHERE",), ELSEWHERE)
        iurs = {seen.line.iur for seen in self.executed if _same_transfer(seen.line, line)}
        iurs |= {each.iur for each in self.receipts if line.transfer in (None, each.transfer)}
        if len(iurs) > 1:
            return self._of_line(one, flow, "reported_only", ("DOPPI",), ANOMALOUS)
        first = next(
            seen
            for seen in self.executed
            if seen.line.iur == line.iur and _same_transfer(seen.line, line)
        )
        if first is not one or any(
            each.iur == line.iur and line.transfer in (None, each.transfer)
            for each in self.receipts
        ):
            return self._of_line(one, flow, "reported_only", ("DUPLICATE",), ANOMALOUS)
        if line.outcome in WITHOUT_RECEIPT:
            labels: tuple[str, ...] = ("IUV_NO_RT", "NO_RECEIPT_YET")
        else:
            labels = ("IUV_NO_RT",)
        return self._of_line(one, flow, "reported_only", labels, UNRECEIPTED)

    def _of_line(
        self, one: Seen, flow: FlowNow, state: PaymentState, labels: tuple[str, ...], share: int
    ) -> Told:
        line = one.line
        payment = Payment(
            self.iuv, line.iur, line.transfer or 1, line.cents, state, labels,
            flow.version.flow_id, line.place,
        )  # fmt: skip
        return Told(payment, one.key, share, line.cents)


def _line_order(one: Seen) -> tuple[str, int, FlowKey, int]:
    return one.line.iur, one.line.transfer or 0, one.key, one.line.place


def _same_transfer(one: Reported, other: Reported) -> bool:
    return one.transfer is None or other.transfer is None or one.transfer == other.transfer


def _partner(
    line: Reported, free: Sequence[Receipt], *, same_iur: bool, told: bool
) -> Receipt | None:
    """The receipt that a line reports; where the transfer is not told the only one, or the first of
    the same amount."""
    if told != (line.transfer is not None):
        return None
    fitting = [one for one in free if not same_iur or one.iur == line.iur]
    if told:
        return next((one for one in fitting if one.transfer == line.transfer), None)
    if len(fitting) == 1:
        return fitting[0]
    return next((one for one in fitting if one.cents == line.cents), None)
