"""A settlement flow read and checked: what it claims against what is in it. Pure but for `main`.

    check = Check(classic.read(blocks), body="80012345678")
    for line in check.lines(): ...
    flow = check.flow()

`python -m chalicelib.accounting.flows [--json] FILE...` prints head, checks and anomalies of flows
in classic XML and in JSON of FdR-3.

The node passes flows whose totals lie, so everything is counted here, in cents. A flow that lies is
kept as anomalous; an outcome nobody knows costs nothing but a note at its line. Source: pagopa.md
sections 6 and 7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chalicelib.accounting.fdr.model import (
    KNOWN_OUTCOMES,
    NO_RPT,
    REVOKED,
    STAND_IN_NO_RPT,
    Header,
    Line,
    Stream,
    day_of,
    is_flow_id,
    parts_of,
)
from chalicelib.accounting.labels import FLOW
from chalicelib.base import limits

State = Literal["accepted", "anomalous"]
Owner = Literal["ours", "other_partner", "unknown"]


@dataclass(frozen=True)
class Anomaly:
    """A label of `labels`, and the line (from 1) it is about; 0: the flow."""

    label: str
    place: int = 0


@dataclass(frozen=True)
class Flow:
    """A flow that was gone through. `cents`: sum of the lines as written; `outcomes` and `labels`:
    how many lines have each; `anomalies`: FLOW_ANOMALIES of them with their place."""

    header: Header
    count: int
    cents: int
    outcomes: Mapping[str, int]
    labels: Mapping[str, int]
    anomalies: tuple[Anomaly, ...]

    @property
    def state(self) -> State:
        """Anomalous flows are kept, and posted by nobody but an operator."""
        return "anomalous" if any(label in FLOW for label in self.labels) else "accepted"


class Check:
    """Counts a flow while its lines pass by; holds nothing of a line but a number."""

    def __init__(self, stream: Stream, *, body: str = "") -> None:
        """`body`: the fiscal code of the creditor institution; "": any."""
        self._stream = stream
        self._body = body
        self._count = 0
        self._cents = 0
        self._revoked_cents = 0
        self._outcomes: Counter[str] = Counter()
        self._labels: Counter[str] = Counter()
        self._anomalies: list[Anomaly] = []
        self._done = False

    def lines(self) -> Iterator[Line]:
        """The lines, once. Raises as the stream does."""
        seen: set[int] = set()
        days: set[str] = set()
        outcomes = self._outcomes
        count = cents = 0
        for line in self._stream.lines:
            count += 1
            amount = line.cents
            if amount is not None:
                cents += amount
            outcome = line.outcome
            outcomes[outcome] += 1
            # 64 bits of each line instead of its text: half a million take 40 MB.
            mark = hash((line.iuv, line.iur, line.transfer))
            if (
                mark in seen
                or amount is None
                or amount <= 0
                or (outcome != "0" and outcome != "4")
                or not line.iuv
                or not line.iur
                or (line.day not in days and not self._is_new_day(days, line.day))
            ):
                self._note(line, mark in seen)
            seen.add(mark)
            yield line
        self._count, self._cents, self._done = count, cents, True

    def flow(self) -> Flow:
        """What was found, when the lines have passed."""
        assert self._done, "the lines have not been gone through"
        header = self._stream.header()
        for label in self._of_flow(header):
            self._add(label, 0)
        return Flow(
            header,
            self._count,
            self._cents,
            dict(self._outcomes),
            dict(self._labels),
            tuple(sorted(self._anomalies, key=lambda one: one.place)),
        )

    @staticmethod
    def _is_new_day(days: set[str], day: str) -> bool:
        if day_of(day) is None:
            return False
        if len(days) < 1_000:
            days.add(day)
        return True

    def _note(self, line: Line, seen: bool) -> None:
        labels = []
        if seen:
            labels.append("duplicate")
        if line.cents is None:
            labels.append("amount_malformed")
        elif line.outcome == REVOKED:
            self._revoked_cents += line.cents
        elif line.cents <= 0:
            labels.append("amount_not_positive")
        if line.outcome == REVOKED:
            labels.append("revoked")
        elif line.outcome in (NO_RPT, STAND_IN_NO_RPT):
            labels.append("without_receipt")
        elif line.outcome not in KNOWN_OUTCOMES:
            labels.append("unknown_outcome")
        if not (line.iuv and line.iur):
            labels.append("reference_missing")
        if day_of(line.day) is None:
            labels.append("day_malformed")
        for label in labels:
            self._add(label, line.place)

    def _add(self, label: str, place: int) -> None:
        self._labels[label] += 1
        if not place or len(self._anomalies) < limits.FLOW_ANOMALIES:
            self._anomalies.append(Anomaly(label, place))

    def _of_flow(self, header: Header) -> Iterator[str]:
        day, psp = parts_of(header.flow_id)
        if not is_flow_id(header.flow_id):
            yield "flow_id_malformed"
        if header.created is None:
            yield "flow_date_malformed"
        if header.settled is None:
            yield "settled_malformed"
        elif day and day != header.settled.isoformat():
            yield "day_differs"
        if psp and header.psp and psp.upper() != header.psp.upper():
            yield "psp_differs"
        if self._body and header.receiver != self._body:
            yield "receiver_differs"
        if not self._count:
            yield "no_lines"
        if header.said_count is None:
            yield "count_malformed"
        elif header.said_count != self._count:
            yield "count_differs"
        if header.said_cents is None:
            yield "sum_malformed"
        elif header.said_cents not in self._sums():
            yield "sum_differs"

    def _sums(self) -> set[int]:
        """SACI writes revoked ones as negative, the schema forbids that, some leave them out: all
        three sums are right."""
        plain, revoked = self._cents, self._revoked_cents
        return {plain, plain - revoked, plain - 2 * revoked}


def owner_of(iuv: str, ours: Set[str], others: Set[str] = frozenset()) -> Owner:
    """Whose a line is by its segregation code: a body with two partners gets the lines of both.

    `ours`, `others`: codes of two digits. An IUV without any (15 digits, RF) is looked up instead.
    """
    if len(iuv) != 17 or not iuv.isdecimal():
        return "unknown"
    code = iuv[:2]
    if code in ours:
        return "ours"
    # Without a list of the others whatever is not ours is theirs.
    return "other_partner" if code in others or not others else "unknown"


# --- whose flow -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Origin:
    """What tells flows of one id apart: ids are unique for a PSP and a year only. `psp`: as the
    channel or the id says, in capitals, "" where neither does (classic XML of an id that does not
    begin with day and PSP); `sender`: kind and code of who sent it; `trn` and `settled`: its
    transfer."""

    psp: str
    sender: str
    trn: str
    settled: date
    year: int

    def is_of(self, other: Origin) -> bool:
        """Whether two flows of one id are one. PSPs that are both known decide; else who sent them,
        and failing that the transfer, by its reference and its day."""
        if self.psp and other.psp:
            return (self.psp, self.year) == (other.psp, other.year)
        if self.sender and self.sender[:1] == other.sender[:1]:  # codes of one kind
            return (self.sender, self.year) == (other.sender, other.year)
        return bool(self.trn) and (self.trn, self.settled) == (other.trn, other.settled)


def origin_of(header: Header, settled: date, year: int) -> Origin:
    """Whose flow a head is of."""
    psp = header.psp or parts_of(header.flow_id)[1]
    sender = f"{header.sender_kind}:{header.sender}".upper() if header.sender else ""
    return Origin(psp.upper(), sender, header.trn, settled, year)


def name_of_psp(header: Header) -> str:
    """The PSP of a flow, in capitals; where nobody tells it what its sender may be called: an ABI
    code as the node writes it, a BIC or fiscal code as it is. So two senders are never one."""
    known = header.psp or parts_of(header.flow_id)[1]
    if known or not header.sender:
        return known.upper()
    return (f"ABI{header.sender}" if header.sender_kind == "A" else header.sender).upper()


# --- versions -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Version:
    """One version of a flow. `created`, then `revision`, tell which is newer; `count` and `cents`
    whether two of the same are the same."""

    psp: str
    flow_id: str
    created: datetime
    revision: int
    count: int
    cents: int

    @property
    def key(self) -> tuple[str, str, int]:
        """(PSP, flow, year): ids come again in other years. Case tells nothing: banks change it."""
        day, psp = parts_of(self.flow_id)
        year = int(day[:4]) if day else self.created.year
        return (self.psp or psp).upper(), self.flow_id.upper(), year

    @property
    def age(self) -> tuple[datetime, int]:
        """Greater is newer. XML has no revision, so the flow's own date and time comes first."""
        return self.created, self.revision


Arrival = Literal["first", "same", "older", "newer", "after_posting", "conflict"]


def arrive(kept: Version | None, incoming: Version, *, posted: bool = False) -> Arrival:
    """What a version is to the one that counts now, of the same key.

    first and newer count from now on; same and older change nothing. after_posting: newer than one
    that is posted, both are kept for the operator; conflict: the same version, other contents.
    """
    if kept is None:
        return "first"
    assert kept.key == incoming.key
    if incoming.age == kept.age or _same_by_other_way(kept, incoming):
        same = (incoming.count, incoming.cents) == (kept.count, kept.cents)
        return "same" if same else "conflict"
    if incoming.age < kept.age:
        return "older"
    return "after_posting" if posted else "newer"


def _same_by_other_way(one: Version, other: Version) -> bool:
    """The same flow as XML and as JSON."""
    return one.created == other.created and 0 in (one.revision, other.revision)


# --- the door -------------------------------------------------------------------------------------
if __name__ == "__main__":
    from chalicelib.accounting import flow_door

    flow_door.run()
