"""What is known of one IUV, kept together, and what it means. Pure.

A group is what a new fact is matched within: the receipts of an IUV, the lines of flows that name
it, the transfers that a bank made for it alone. What `resolve` tells does not depend on whether a
flow's money has come, so that a bank movement changes one flow and not each of its payments;
`shown` adds that, and the day, for whoever looks. Both together are what `matching.match` says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import add
from typing import Final, Literal, NamedTuple

from chalicelib.accounting.facts import (
    FlowState,
    FlowVersion,
    Payment,
    PaymentState,
    Receipt,
    Reported,
)
from chalicelib.accounting.flows import owner_of
from chalicelib.accounting.payment_match import (
    ANOMALOUS,
    ELSEWHERE,
    MATCHED,
    UNRECEIPTED,
    FlowKey,
    FlowNow,
    Group,
    Late,
    Seen,
)
from chalicelib.base import ids

# Where an operator looks for it. odd: somebody should look; waiting: for its flow or its money.
Desk = Literal["odd", "waiting", "fine"]
PARTS: Final = ("matched", "elsewhere", "unreceipted", "anomalous")
assert (MATCHED, ELSEWHERE, UNRECEIPTED, ANOMALOUS) == (0, 1, 2, 3)
_FINE: Final = frozenset({"RT_IUF", "RT_TES", "STAMP", "ELSEWHERE"})
# Where transfers for one payment lie that may be posted; on the second they are also looked at.
SINGLES: Final = ("single", "single_odd")
# What is said of lines that nothing is posted of; a flow counts its own by these.
ODD: Final = (
    "AMOUNT_DIFFERS", "CANCELLED_PAID", "DOPPI", "DUPLICATE", "IUV_NO_RT", "NO_RECEIPT_YET",
    "REVOKED", "RT_NO_IUF",
)  # fmt: skip


class Kept(NamedTuple):
    """A line of a flow, in the version (its id) that brought it. `day`: of the payment, as it is
    written there; `before`: cents of the lines in front of it."""

    key: FlowKey
    version: str
    line: Reported
    day: str = ""
    before: int = 0


class Single(NamedTuple):
    """A movement that names this payment. `by_hand`: an operator linked it; `told`: the cents that
    its text tells, None where it tells none."""

    identity: str
    day: date
    cents: int
    by_hand: bool
    told: int | None = None


@dataclass(frozen=True)
class Held:
    """The facts of an IUV; their order tells nothing."""

    iuv: str
    receipts: tuple[Receipt, ...] = ()
    lines: tuple[Kept, ...] = ()
    bank: tuple[Single, ...] = ()
    cancelled: bool = False


class Part(NamedTuple):
    """A payment as far as its own facts tell. `flow`: name of the flow that reports it, "" without;
    `share`: the part of that flow's money that its line belongs to, of `line_cents`."""

    iur: str
    transfer: int
    cents: int
    state: PaymentState
    labels: tuple[str, ...]
    flow: str
    place: int
    share: int
    line_cents: int


@lru_cache(maxsize=4_096)
def flow_name(key: FlowKey) -> str:
    """The name of a flow as it may stand in an address."""
    return ids.derive("settlement", key[0], key[1], str(key[2]))


@lru_cache(maxsize=1_024)
def _unbanked(key: FlowKey) -> FlowNow:
    """A flow of which nothing is said but that it is there."""
    version = FlowVersion(
        key[0], key[1], key[2], datetime.min.replace(tzinfo=UTC), 0, date.min, 0, True, ()
    )
    return FlowNow(version, "waiting", (), 0, None)


class _Never(Late):
    """What waits is told when it is shown: it is another thing every day."""

    def __call__(self, day: date) -> bool:
        return False


_NEVER: Final = _Never(date.max)


def resolve(held: Held, segregations: Set[str]) -> tuple[Part, ...]:
    """Its payments, and to which part of which flow each line belongs."""
    lines = [Seen(one.line, one.key) for one in held.lines]
    group = Group(held.iuv, held.receipts, lines, held.cancelled)
    ours = (
        not segregations
        or bool(held.receipts)
        or owner_of(held.iuv, segregations) != "other_partner"
    )
    states = {one.key: _unbanked(one.key) for one in held.lines}
    found = [
        Part(
            told.payment.iur,
            told.payment.transfer,
            told.payment.cents,
            told.payment.state,
            told.payment.labels,
            flow_name(told.key) if told.key else "",
            told.payment.place,
            told.share,
            told.line_cents,
        )
        for told in group.payments(states, ours=ours, alone=is_alone(held), late=_NEVER)
    ]
    return tuple(sorted(found))


def is_alone(held: Held) -> bool:
    """Whether its own transfers pay for it, and no flow speaks of it."""
    lines = [Seen(one.line, one.key) for one in held.lines]
    money = sum(one.cents for one in held.bank)
    return bool(held.bank) and Group(held.iuv, held.receipts, lines, False).is_alone(money)


def is_exact(held: Held) -> bool:
    """Whether each of its transfers is to the cent what its text says and what a receipt, or one
    transfer of a receipt, says: a sum that only happens to be right is not."""
    by_receipt: dict[str, int] = defaultdict(int)
    for one in held.receipts:
        if not one.stamp:
            by_receipt[one.iur] += one.cents
    came = sorted(one.cents for one in held.bank)
    asked = (
        sorted(by_receipt.values()),
        sorted(one.cents for one in held.receipts if not one.stamp),
    )
    return came in asked and all(one.told in (None, one.cents) for one in held.bank)


def is_single(held: Held, parts: Sequence[Part]) -> bool:
    """Whether what its own transfers pay for may be posted: they are exact, or an operator has
    linked one and so looked at it.

    That its position had been cancelled is shown, and keeps it from nothing: money that came is the
    body's, and by a flow it is posted likewise (pagopa.md sections 4 and 7).
    """
    if not is_alone(held):
        return False
    labels = {label for one in parts for label in one.labels}
    sure = is_exact(held) and labels <= {"RT_TES", "STAMP", "CANCELLED_PAID"}
    return sure or any(one.by_hand for one in held.bank)


def shown(iuv: str, part: Part, flow: FlowState | None, today: date, paid: date | None) -> Payment:
    """A part as people see it: `flow` how its flow stands, `paid` the day of its receipt."""
    state, labels, overdue = part.state, part.labels, False
    if part.share == MATCHED and part.flow and flow == "cashed" and state == "reported":
        state = "cashed"
        labels = tuple("RT_IUF_TES" if one == "RT_IUF" else one for one in labels)
    if "RT_NO_IUF" in labels and not part.flow and paid is not None:
        overdue = Late(today)(paid)
    return Payment(
        iuv, part.iur, part.transfer, part.cents, state, labels, part.flow, part.place, overdue
    )


def desk(held: Held, parts: Sequence[Part]) -> Desk:
    """Where an operator finds it."""
    labels = {label for one in parts for label in one.labels}
    if held.bank and not is_single(held, parts):
        return "odd"
    if labels <= _FINE:
        return "fine"
    return "waiting" if labels <= _FINE | {"RT_NO_IUF"} else "odd"


def lies_on(held: Held, parts: Sequence[Part]) -> str:
    """The list where it is found: of its desk, or of SINGLES."""
    # Single transfers that may be posted have no flow to be found by: they are looked for there.
    if not is_single(held, parts):
        return desk(held, parts)
    odd = any("CANCELLED_PAID" in one.labels for one in parts)
    return SINGLES[odd and not any(one.by_hand for one in held.bank)]


def is_reported(held: Held, parts: Iterable[Part]) -> bool:
    """Whether flows have all transfers of a payment of this IUV. A second payment takes nothing
    away, and a digital stamp is in no flow."""
    asked: dict[str, set[int]] = defaultdict(set)
    for one in held.receipts:
        if not one.stamp:
            asked[one.iur].add(one.transfer)
    there: dict[str, set[int]] = defaultdict(set)
    for part in parts:
        if part.flow and part.share == MATCHED:
            there[part.iur].add(part.transfer)
    return any(transfers <= there[iur] for iur, transfers in asked.items())


class Sums(NamedTuple):
    """Cents and lines of the four parts of a flow's money, in the order of PARTS; `odd`: of how
    many of its lines that are not posted each label of ODD is said."""

    cents: tuple[int, int, int, int] = (0, 0, 0, 0)
    lines: tuple[int, int, int, int] = (0, 0, 0, 0)
    odd: tuple[int, ...] = (0,) * len(ODD)

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        mine = (tuple(map(add, one, more)) for one, more in zip(self, other, strict=True))
        return Sums(*mine)


def moved(before: Iterable[Part], after: Iterable[Part]) -> dict[str, Sums]:
    """By how much the sums of flows change when `after` takes the place of `before`."""
    found: dict[str, Sums] = defaultdict(Sums)
    for sign, parts in ((-1, before), (1, after)):
        for one in parts:
            if one.flow:
                found[one.flow] = found[one.flow].plus(_of(one, sign))
    return {flow: sums for flow, sums in found.items() if sums != Sums()}


def _of(part: Part, sign: int) -> Sums:
    """What a part adds to its flow (1), or takes from it (-1)."""
    cents, lines = [0, 0, 0, 0], [0, 0, 0, 0]
    cents[part.share], lines[part.share] = sign * part.line_cents, sign
    odd = part.share in (UNRECEIPTED, ANOMALOUS)
    labels = tuple(sign if odd and one in part.labels else 0 for one in ODD)
    return Sums(tuple(cents), tuple(lines), labels)  # type: ignore[arg-type]


# ------------------------------------------------------------------ facts that join and leave
def with_receipts(held: Held, receipts: Iterable[Receipt]) -> Held:
    """The same with receipts that came; one that is there already changes nothing.

    A payment token names one payment: where a flow stood for its receipt, the receipt that comes
    after all takes its place.
    """
    there = {(one.iur, one.transfer): one for one in held.receipts}
    there |= {(one.iur, one.transfer): one for one in receipts}
    found = tuple(sorted(there.values()))
    return Held(held.iuv, found, held.lines, held.bank, held.cancelled)


def with_lines(held: Held, version: str, lines: Sequence[Kept], key: FlowKey) -> Held:
    """The same with the lines of that version of a flow, and with none of its other versions."""
    there = {(one.key, one.version, one.line.place): one for one in held.lines}
    found = {place: one for place, one in there.items() if one.key != key or one.version == version}
    found |= {(one.key, one.version, one.line.place): one for one in lines}
    ordered = tuple(found[place] for place in sorted(found))
    return Held(held.iuv, held.receipts, ordered, held.bank, held.cancelled)


def with_bank(held: Held, identity: str, single: Single | None) -> Held:
    """The same with a movement as it names this payment now, or without it."""
    found = [one for one in held.bank if one.identity != identity]
    if single is not None:
        found.append(single)
    return Held(held.iuv, held.receipts, held.lines, tuple(sorted(found)), held.cancelled)


def as_cancelled(held: Held) -> Held:
    """The same, its position cancelled."""
    return Held(held.iuv, held.receipts, held.lines, held.bank, True)
