"""The three-way match: receipts, lines of settlement flows, bank movements. Pure.

    found = match(facts, today=day, segregations={"01"})

Facts are stored as they come and are never changed; what they mean together is worked out anew
whenever one comes. So their order tells nothing: only what is in the set does. Nothing is tolerated
between two amounts, not a cent; a difference stays open under a label of `labels.MATCH`.

Keys: a receipt and a flow's line meet by IUR and transfer, else by IUV and transfer; a flow and the
bank by the flow's id, all movements of a flow summed. Source: pagopa.md section 7.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib.accounting import calendar
from chalicelib.accounting.facts import (
    BankMatch,
    BankState,
    Booked,
    Fact,
    FlowMatch,
    FlowState,
    FlowVersion,
    Payment,
    Receipt,
)
from chalicelib.accounting.flows import owner_of
from chalicelib.accounting.namesakes import Namesake, meant
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
from chalicelib.accounting.remittance import Flows, identify
from chalicelib.accounting.statements import Movement

FLOW_DAYS: Final = 2  # working days a flow may wait for its money


@dataclass(frozen=True)
class Match:
    """All of it, each part in the order of its keys."""

    payments: tuple[Payment, ...]
    flows: tuple[FlowMatch, ...]
    bank: tuple[BankMatch, ...]


def of_movement(movement: Movement, flows: Flows) -> Booked:
    """A movement as it is identified now; whoever matches again identifies again."""
    found = identify(movement.text, flows, cents=movement.cents, day=movement.day)
    flow_id = found.flow_id or found.read_id
    return Booked(
        movement.identity, movement.day, movement.cents, found.confidence, flow_id, found.iuv,
        bool(found.supplement),
    )  # fmt: skip


class Matching:
    """The match of one set of facts, told piece by piece: a year of a large body is not held.

    First `payments` to its end, then `flows`; `bank` when that is done.
    """

    def __init__(
        self, facts: Iterable[Fact], *, today: date, segregations: Set[str] = frozenset()
    ) -> None:
        self._today = today
        self._segregations = segregations
        self._receipts: list[Receipt] = []
        last, in_order = "", True
        self._cancelled: set[str] = set()
        self._booked: dict[str, Booked] = {}
        versions: dict[FlowKey, list[FlowVersion]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact, Receipt):
                self._receipts.append(fact)
                in_order = in_order and last <= fact.iuv
                last = fact.iuv
            elif isinstance(fact, FlowVersion):
                versions[fact.psp.upper(), fact.flow_id.upper(), fact.year].append(fact)
            elif isinstance(fact, Booked):
                self._booked[fact.identity] = fact
            else:
                self._cancelled.add(fact.iuv)
        if not in_order:
            self._receipts.sort(key=_iuv_of_receipt)
        counting = {key: _newest(found) for key, found in versions.items()}
        self._owners, self._contested = _owners(counting, self._booked.values())
        self._states = _flow_states(counting, self._booked, self._owners)
        self._shares = {key: Shares() for key in counting}
        self._alone: set[str] = set()
        self._short: set[str] = set()

    def payments(self) -> Iterator[Payment]:
        """Every payment, by IUV, IUR and transfer."""
        singles = _singles(self._booked.values(), self._owners)
        late = Late(self._today)
        for iuv, receipts, lines in _by_iuv(self._receipts, self._lines()):
            group = Group(iuv, receipts, lines, iuv in self._cancelled)
            by_itself = iuv in singles and group.is_alone(singles[iuv])
            if by_itself:
                self._alone.add(iuv)
            elif iuv in singles and group.is_unreported:
                self._short.add(iuv)
            told = list(
                group.payments(
                    self._states, ours=self._is_ours(iuv, receipts), alone=by_itself, late=late
                )
            )
            for one in told:
                if one.key is not None:
                    self._shares[one.key].add(one.share, one.line_cents)
            if len(told) > 1:
                told.sort()
            for one in told:
                yield one.payment

    def flows(self) -> Iterator[FlowMatch]:
        """Every flow, by its key."""
        for key in sorted(self._states):
            yield _flow_match(key, self._states[key], self._shares[key], self._today)

    def bank(self) -> Iterator[BankMatch]:
        """Every movement, by its identity."""
        for name in sorted(self._booked):
            one = self._booked[name]
            if name in self._contested:
                one = one._replace(confidence="proposed")
            yield _bank_match(one, self._owners, self._states, self._alone, self._short)

    def _lines(self) -> list[Seen]:
        found = []
        last, in_order = "", True
        for key, flow in self._states.items():
            for line in flow.version.lines:
                found.append(Seen(line, key))
                in_order = in_order and last <= line.iuv
                last = line.iuv
        if not in_order:
            found.sort(key=_iuv_of_seen)
        return found

    def _is_ours(self, iuv: str, receipts: Sequence[Receipt]) -> bool:
        return (
            not self._segregations
            or bool(receipts)
            or owner_of(iuv, self._segregations) != "other_partner"
        )


def match(facts: Iterable[Fact], *, today: date, segregations: Set[str] = frozenset()) -> Match:
    """The state of every payment, flow and movement that the facts speak of.

    `segregations`: the codes of this body's IUVs with us; none: every line is ours.
    """
    found = Matching(facts, today=today, segregations=segregations)
    return Match(tuple(found.payments()), tuple(found.flows()), tuple(found.bank()))


def _by_iuv(
    receipts: list[Receipt], lines: list[Seen]
) -> Iterator[tuple[str, list[Receipt], list[Seen]]]:
    """Both merged, in order as they are: the store gives receipts by key, so that there is nothing
    to sort, and no table of all of them is needed, which falls out of the processor's cache."""
    at_receipt, at_line = 0, 0
    while at_receipt < len(receipts) or at_line < len(lines):
        if at_receipt == len(receipts):
            iuv = lines[at_line].line.iuv
        elif at_line == len(lines):
            iuv = receipts[at_receipt].iuv
        else:
            iuv = min(receipts[at_receipt].iuv, lines[at_line].line.iuv)
        first_receipt, first_line = at_receipt, at_line
        while at_receipt < len(receipts) and receipts[at_receipt].iuv == iuv:
            at_receipt += 1
        while at_line < len(lines) and lines[at_line].line.iuv == iuv:
            at_line += 1
        yield iuv, receipts[first_receipt:at_receipt], lines[first_line:at_line]


def _iuv_of_receipt(one: Receipt) -> str:
    return one.iuv


def _iuv_of_seen(one: Seen) -> str:
    return one.line.iuv


# --- flows and their money ------------------------------------------------------------------------
def _newest(versions: Sequence[FlowVersion]) -> tuple[FlowVersion, bool]:
    """The version that counts, and whether another of the same age says something else."""
    if len(versions) == 1:
        return versions[0], False
    newest = max(versions, key=_age)
    rivals = [
        one
        for one in versions
        if one.created == newest.created
        and (one.revision == newest.revision or 0 in (one.revision, newest.revision))
    ]
    return newest, len({(one.cents, len(one.lines)) for one in rivals}) > 1


def _age(one: FlowVersion) -> tuple[Any, ...]:
    """Greater is newer; the rest only makes the choice between two of one age always the same."""
    lines = [line._replace(transfer=line.transfer or -1) for line in one.lines]
    return one.created, one.revision, one.cents, one.good, one.flow_id, one.settled, lines


def _owners(
    counting: dict[FlowKey, tuple[FlowVersion, bool]], booked: Iterable[Booked]
) -> tuple[dict[str, FlowKey], set[str]]:
    """The flow of each movement that names one for sure, by the movement's identity; and those
    that may be of several flows of their id."""
    by_id: dict[str, list[FlowKey]] = defaultdict(list)
    for key in counting:
        by_id[key[1]].append(key)
    found, contested = {}, set()
    for one in booked:
        keys = by_id.get(one.flow_id.upper(), [])
        if keys and one.confidence in ("exact", "prefix"):
            same = [Namesake(counting[key][0].settled, counting[key][0].cents) for key in keys]
            at = meant(same, one.cents, one.day, further=one.further)
            if at is None:
                contested.add(one.identity)
            else:
                found[one.identity] = keys[at]
    return found, contested


def _flow_states(
    counting: dict[FlowKey, tuple[FlowVersion, bool]],
    booked: dict[str, Booked],
    owners: dict[str, FlowKey],
) -> dict[FlowKey, FlowNow]:
    sums: dict[FlowKey, int] = defaultdict(int)
    days: dict[FlowKey, date] = {}
    for identity, key in owners.items():
        one = booked[identity]
        sums[key] += one.cents
        days[key] = max(one.day, days.get(key, one.day))
    return {
        key: _flow_state(version, conflict, sums.get(key, 0), days.get(key))
        for key, (version, conflict) in counting.items()
    }


def _flow_state(
    version: FlowVersion, conflict: bool, banked_cents: int, day: date | None
) -> FlowNow:
    labels = []
    if not version.good:
        labels.append("FLOW_ANOMALOUS")
    if conflict:
        labels.append("VERSION_CONFLICT")
    state: FlowState = "anomalous" if labels else "cashed"
    # All of its movements may have been taken back.
    if not banked_cents:
        labels.append("IUF_NO_TES")
        state = state if state == "anomalous" else "waiting"
        day = None
    elif banked_cents != version.cents:
        labels.append("IUF_TES_DIV_IMP")
        state = state if state == "anomalous" else "differs"
    return FlowNow(version, state, tuple(labels), banked_cents, day)


class Shares:
    """How a flow's money is shared out: cents and lines of each part."""

    __slots__ = ("cents", "counts")

    def __init__(self) -> None:
        self.cents = [0, 0, 0, 0]
        self.counts = [0, 0, 0, 0]

    def add(self, share: int, cents: int) -> None:
        self.cents[share] += cents
        self.counts[share] += 1


def _flow_match(key: FlowKey, flow: FlowNow, shares: Shares, today: date) -> FlowMatch:
    version = flow.version
    assert sum(shares.cents) == version.cents, "a line was lost or counted twice"
    waits = calendar.working_between(version.settled, today) if not flow.banked_cents else 0
    return FlowMatch(
        key[0],
        version.flow_id,
        key[2],
        flow.state,
        flow.labels,
        version.cents,
        flow.banked_cents,
        shares.cents[MATCHED],
        shares.cents[ELSEWHERE],
        shares.cents[UNRECEIPTED],
        shares.cents[ANOMALOUS],
        flow.day,
        waits > FLOW_DAYS,
        flow.state == "cashed" and not (shares.counts[UNRECEIPTED] or shares.counts[ANOMALOUS]),
    )


# --- the bank -------------------------------------------------------------------------------------
def _singles(booked: Iterable[Booked], owners: dict[str, FlowKey]) -> dict[str, int]:
    """Money that came for one payment, by IUV."""
    found: dict[str, int] = defaultdict(int)
    for one in booked:
        if one.iuv and not one.flow_id and one.identity not in owners:
            found[one.iuv] += one.cents
    return found


def _bank_match(
    one: Booked, owners: dict[str, FlowKey], states: dict[FlowKey, FlowNow], alone: Set[str],
    short: Set[str],
) -> BankMatch:  # fmt: skip
    state, labels = _bank_state(one, owners, states, alone, short)
    return BankMatch(one.identity, one.cents, state, labels, one.flow_id, one.iuv)


def _bank_state(
    one: Booked, owners: dict[str, FlowKey], states: dict[FlowKey, FlowNow], alone: Set[str],
    short: Set[str],
) -> tuple[BankState, tuple[str, ...]]:  # fmt: skip
    if one.identity in owners:
        flow = states[owners[one.identity]]
        if flow.state == "cashed":
            return "matched", ("RT_IUF_TES",)
        if not flow.banked_cents:
            return "ignored", ("TES_CANCELLED",)
        return "anomalous", flow.labels
    if one.confidence == "proposed":
        return "proposed", ("TES_PROPOSED",)
    if one.iuv and not one.flow_id:
        if one.iuv in alone:
            return "matched", ("RT_TES",)
        if one.iuv in short:
            return "anomalous", ("RT_TES_DIV_IMP",)
        return "anomalous", ("TES_NO_IUF_OR_IUV",)
    if one.cents < 0:
        return "ignored", ()
    return "anomalous", ("TES_NO_IUF_OR_IUV" if one.flow_id else "TES_NO_MATCH",)
