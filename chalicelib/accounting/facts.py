"""What is known of payments, as it comes, and what it means together. Pure values.

Receipt, FlowVersion, Booked and Cancelled are facts: stored once, never changed. Payment, FlowMatch
and BankMatch are what `matching.match` makes of them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, NamedTuple

from chalicelib.accounting.remittance import Confidence


# --- facts ----------------------------------------------------------------------------------------
class Receipt(NamedTuple):
    """A transfer of a receipt to this body. `stamp`: a digital stamp, which no flow has."""

    iuv: str
    iur: str
    transfer: int
    cents: int
    day: date
    stamp: bool = False


class FlowVersion(NamedTuple):
    """A version of a flow, with its lines. `psp`, `flow_id` and `year` name it; `created` and
    `revision` tell the newer. `cents`: sum of its lines; `good`: its own totals are right."""

    psp: str
    flow_id: str
    year: int
    created: datetime
    revision: int
    settled: date
    cents: int
    good: bool
    lines: tuple[Reported, ...]


class Reported(NamedTuple):
    """A line of a flow; `transfer` None where it is not told, `cents` as written."""

    place: int
    iuv: str
    iur: str
    transfer: int | None
    cents: int
    outcome: str


class Booked(NamedTuple):
    """A bank movement that speaks of pagoPA: `flow_id` or `iuv`, as it was identified or as an
    operator linked it (`exact`). A movement that the bank took back comes as another, negative.
    `further`: its text says that it is one of several transfers of its flow."""

    identity: str
    day: date
    cents: int
    confidence: Confidence
    flow_id: str = ""
    iuv: str = ""
    further: bool = False


class Cancelled(NamedTuple):
    """The body has cancelled the position of an IUV."""

    iuv: str


Fact = Receipt | FlowVersion | Booked | Cancelled


# --- what they mean -------------------------------------------------------------------------------
PaymentState = Literal["paid", "reported", "cashed", "reported_only", "revoked", "elsewhere"]
FlowState = Literal["waiting", "cashed", "differs", "anomalous"]
BankState = Literal["matched", "proposed", "anomalous", "ignored"]


class Payment(NamedTuple):
    """A transfer of a payment. `flow_id`, `place`: the line that reports it, "" and 0 without.

    State: paid (receipt only), reported (flow too), cashed (bank too), reported_only (no receipt of
    ours), revoked, elsewhere (of another partner of the body). `overdue`: waits longer than usual.
    """

    iuv: str
    iur: str
    transfer: int
    cents: int
    state: PaymentState
    labels: tuple[str, ...]
    flow_id: str = ""
    place: int = 0
    overdue: bool = False


class FlowMatch(NamedTuple):
    """A flow, in the version that counts. `banked_cents`: what its movements bring together.

    The four shares are all of `cents`: matched with receipts, of other partners, reported without a
    receipt, and anomalous. `postable`: it may be posted without anybody looking.
    """

    psp: str
    flow_id: str
    year: int
    state: FlowState
    labels: tuple[str, ...]
    cents: int
    banked_cents: int
    matched_cents: int
    elsewhere_cents: int
    unreceipted_cents: int
    anomalous_cents: int
    day: date | None
    overdue: bool
    postable: bool


class BankMatch(NamedTuple):
    """A movement: what became of its money."""

    identity: str
    cents: int
    state: BankState
    labels: tuple[str, ...]
    flow_id: str
    iuv: str
