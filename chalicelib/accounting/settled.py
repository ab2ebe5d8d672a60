"""A settlement flow with its versions and its money: which version counts, how it stands. Pure.

Flows of one id (of several PSPs or years) and the movements that name that id are decided together,
for a movement belongs to the one that it means for sure, or to none (`namesakes`).
Source: pagopa.md sections 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, NamedTuple

from chalicelib.accounting import calendar
from chalicelib.accounting.facts import FlowState
from chalicelib.accounting.flows import Origin
from chalicelib.accounting.groups import ODD, PARTS, Sums
from chalicelib.accounting.matching import FLOW_DAYS
from chalicelib.accounting.namesakes import Namesake, meant
from chalicelib.accounting.payment_match import ANOMALOUS, UNRECEIPTED, FlowKey

# open: its money or its lines are on the way; odd: somebody should look; ready: may be posted.
FlowDesk = Literal["open", "odd", "ready", "done"]


class Version(NamedTuple):
    """A version of a flow as it came; `id` names its contents, `digest` orders equal ones.

    `crowded`: some IUV is in it so often that its lines are not looked at one by one.
    """

    id: str
    created: datetime
    revision: int
    settled: date
    cents: int
    lines: int
    good: bool
    digest: str
    crowded: bool = False


class Named(NamedTuple):
    """A flow of an id: its name, the day and the cents of its transfer, in the version that
    counts."""

    name: str
    key: FlowKey
    settled: date
    cents: int | None = None


class Credit(NamedTuple):
    """A movement that names the id for sure. `pinned`: the flow that an operator linked it to;
    `further`: it says that it is one of several transfers of its flow."""

    identity: str
    day: date
    cents: int
    pinned: str = ""
    further: bool = False


@dataclass(frozen=True)
class Bank:
    """What the bank says of a flow. `day`: of its last movement; `by_hand`: one was linked."""

    cents: int = 0
    day: date | None = None
    movements: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True)
class Standing:
    """How a flow stands: `labels` of `labels.MATCH` and `labels.FLOW`."""

    state: FlowState
    labels: tuple[str, ...]
    desk: FlowDesk
    postable: bool


def newest(versions: Sequence[Version]) -> tuple[Version, bool]:
    """The version that counts, and whether another of the same age says something else."""
    best = max(versions, key=_age)
    rivals = [
        one
        for one in versions
        if one.created == best.created
        and (one.revision == best.revision or 0 in (one.revision, best.revision))
    ]
    return best, len({(one.cents, one.lines) for one in rivals}) > 1


def _age(one: Version) -> tuple[object, ...]:
    return one.created, one.revision, one.cents, one.good, one.settled, one.digest


def owners(flows: Sequence[Named], credits: Iterable[Credit]) -> dict[str, Bank]:
    """What each flow of an id gets of its movements, by the flow's name. A movement that may be of
    several is of none: its text is looked at again when its flow's row is done, and proposes it."""
    mine: dict[str, list[Credit]] = {one.name: [] for one in flows}
    same = [Namesake(one.settled, one.cents) for one in flows]
    for credit in credits:
        if credit.pinned in mine:
            mine[credit.pinned].append(credit)
            continue
        at = meant(same, credit.cents, credit.day, further=credit.further)
        if at is not None:
            mine[flows[at].name].append(credit)
    return {name: _bank(found) for name, found in mine.items()}


def _bank(found: Sequence[Credit]) -> Bank:
    cents = sum(one.cents for one in found)
    return Bank(
        cents,
        # All of its movements may have been taken back.
        max((one.day for one in found), default=None) if cents else None,
        tuple(sorted(one.identity for one in found)),
        any(one.pinned for one in found),
    )


@dataclass(frozen=True)
class Settled:
    """A flow as it is stored. `counting`: the version that counts, `applied`: the one whose lines
    are in the groups, all of them; `held`: versions that came after it was posted.

    `touched`: versions of which lines may be in groups; `cursor`: which one is on its way there,
    and how many lines are done; `lump`: cents and lines of a crowded one, which go there whole.
    `told`: what posting was told of it last: postable, matched lines, version. `facts`: by version,
    where it came from and what is in its head.

    `revising`: the held version that an operator accepted, while orders are taken back for it;
    `refused`: versions that never count; `repost`: who wants its payments posted anew as soon as
    they may be, "" for nobody.
    """

    key: FlowKey
    name: str
    flow_id: str
    versions: tuple[Version, ...]
    counting: str
    conflict: bool = False
    applied: str = ""
    held: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    cursor: tuple[str, int] = ("", 0)
    lump: tuple[int, int] = (0, 0)
    sums: Sums = field(default_factory=Sums)
    bank: Bank = field(default_factory=Bank)
    posted_lines: int = 0
    posted_cents: int = 0
    postable: bool = False
    told: tuple[bool, int, int] = (False, 0, 0)
    changes: int = 0
    version: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    revising: str = ""
    refused: tuple[str, ...] = ()
    repost: str = ""

    @property
    def counts(self) -> Version:
        """The version that counts."""
        return next(one for one in self.versions if one.id == self.counting)

    @property
    def psp(self) -> str:
        """Its PSP: as some version tells it, else as it is named by."""
        told = (str(one.get("psp", "")) for one in self.facts.values())
        return next((one for one in told if one), self.key[0])


def origins(flow: Settled) -> list[Origin]:
    """Whose flow its versions say that it is."""
    return [_origin(flow, one) for one in flow.versions]


def _origin(flow: Settled, version: Version) -> Origin:
    facts = flow.facts.get(version.id, {})
    return Origin(
        facts.get("psp", flow.key[0]), facts.get("sender_code", ""), facts.get("trn", ""),
        version.settled, flow.key[2],
    )  # fmt: skip


REVISED: Final = "revised_after_posting"


def standing(flow: Settled) -> Standing:
    """How it stands, by its versions, its shares and its money."""
    version, bank = flow.counts, flow.bank
    labels = []
    if not version.good:
        labels.append("FLOW_ANOMALOUS")
    if flow.conflict:
        labels.append("VERSION_CONFLICT")
    state: FlowState = "anomalous" if labels else "cashed"
    if not bank.cents:
        labels.append("IUF_NO_TES")
        state = state if state == "anomalous" else "waiting"
    elif bank.cents != version.cents:
        labels.append("IUF_TES_DIV_IMP")
        state = state if state == "anomalous" else "differs"
    if flow.held:
        labels.append(REVISED)
    whole = flow.applied == flow.counting
    clean = not (flow.sums.lines[UNRECEIPTED] or flow.sums.lines[ANOMALOUS])
    # Whoever linked its money by hand has looked at it; its good lines may be posted then.
    postable = state == "cashed" and whole and not flow.held and (clean or bank.by_hand)
    return Standing(state, tuple(labels), _desk(flow, state, postable, whole, clean), postable)


def _desk(flow: Settled, state: FlowState, postable: bool, whole: bool, clean: bool) -> FlowDesk:
    if flow.held or state in ("anomalous", "differs"):
        return "odd"
    if postable:
        return "done" if flow.posted_lines >= flow.sums.lines[0] else "ready"
    if state == "waiting" or not whole:
        return "open"
    return "open" if clean else "odd"


def odd(flow: Settled) -> tuple[str, ...]:
    """What is said of those of its lines of which nothing is posted, each label once."""
    return tuple(label for label, lines in zip(ODD, flow.sums.odd, strict=True) if lines)


def is_late(flow: Settled, today: date) -> bool:
    """Whether its money should be there."""
    waits = calendar.working_between(flow.counts.settled, today)
    return not flow.bank.cents and waits > FLOW_DAYS


def part(flow: Settled, name: str) -> tuple[int, int]:
    """Cents and lines of one of PARTS."""
    at = PARTS.index(name)
    return flow.sums.cents[at], flow.sums.lines[at]
