"""What may be posted: the door through which posting looks at the match, and leaves its mark.

    found = list_postable(tenant, flow=name)
    dynamo.commit(merged([*posted(tenant, found, order), *the order's own]))

A payment may be posted when its receipt, its flow's line and the bank agree, of a flow in which
nothing is odd, or whose money an operator linked by hand; and where a single transfer (RFB, RFS)
is the receipt's to the cent, or an operator linked it (`groups.is_single`). The mark is part of
posting's own commit: it fails where the flow is another by then.

T#<tenant>#IUV#<iuv>   POSTED#<iur>#<transfer>   the order, the flow, the cents
T#<tenant>#PAYMENTS    SINGLES                   what is posted that came by no flow
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Protocol

from chalicelib.accounting import bank_store, dividing, groups, pieces, regrouping, settled, store
from chalicelib.accounting.bank_store import Banked
from chalicelib.accounting.dividing import Came, Slice
from chalicelib.accounting.groups import Part
from chalicelib.accounting.payment_match import MATCHED
from chalicelib.accounting.settled import Settled
from chalicelib.accounting.shares import lines_of
from chalicelib.accounting.store import Stored
from chalicelib.base import clock, dynamo, keys, limits
from chalicelib.base.dynamo import ConditionFailed, Delete, Key, Op, Put, Update
from chalicelib.payments.positions import store as position_store

# (due id, service, reason, chapter, provenance, year, cents)
Line = tuple[str, str, str, str, str, int, int]


@dataclass(frozen=True)
class Postable:
    """A payment that may be posted. `key`: its stable name; `bank`: the movements that brought it,
    `bank_day` the day on which all of its flow was there, `provisional` their provvisorio, ""
    without; `sospesi`: (number, cents) of each where it came under several. `position` "": none
    of ours; `lines` are what of it the payment paid, and sum to `cents`. `person`: blind index.
    `version`: of its flow, or of its group where it came by a transfer of its own."""

    key: str
    iuv: str
    iur: str
    transfer: int
    cents: int
    paid_day: date
    flow_id: str
    psp: str
    bank: str
    bank_day: date | None
    provisional: str
    position: str
    lines: tuple[Line, ...]
    person: str
    origin: str
    version: int
    flow: str = ""
    sospesi: tuple[tuple[str, int], ...] = ()


class Named(Protocol):
    """What is marked: any value that names a payment in a version."""

    @property
    def key(self) -> str: ...

    @property
    def version(self) -> int: ...


def parts_of(key: str) -> tuple[str, str, int]:
    """(IUV, IUR, transfer) of the name of a payment; ("", "", 0) of what is no such name."""
    iuv, _, rest = key.partition("#")
    iur, _, transfer = rest.rpartition("#")
    return (iuv, iur, int(transfer)) if transfer.isdecimal() else ("", "", 0)


def _mark_key(tenant: str, key: str) -> Key:
    iuv, iur, transfer = parts_of(key)
    return store.group_key(tenant, iuv)[0], keys.sk("POSTED", iur, str(transfer))


# ------------------------------------------------------------------ looked up
def list_postable(
    tenant: str, *, flow: str = "", statement: str = "", until: date | None = None
) -> list[Postable]:
    """What may be posted and is not, in the order of its accounting days: of a flow (its name),
    of the movements of a statement, with money that came until a day."""
    found = list(_listed(tenant, flow, statement))
    if until is not None:
        found = [one for one in found if one.bank_day is not None and one.bank_day <= until]
    return sorted(found, key=lambda one: (one.bank_day or date.max, one.key))


def _listed(tenant: str, flow: str, statement: str) -> Iterator[Postable]:
    if flow:
        one = store.get_flow(tenant, flow)
        yield from _of_flow(tenant, one) if one else ()
        return
    if statement:
        movements = [one for _, one in bank_store.list_movements(tenant, statement=statement)]
        wanted = {one.identity for one in movements}
        iuvs = {one.target[1] for one in movements if one.target[0] == "iuv"}
        for settled_flow in _of_hubs(tenant, movements):
            if wanted & set(settled_flow.bank.movements):
                yield from _of_flow(tenant, settled_flow)
        yield from _singles(tenant, store.get_groups(tenant, sorted(iuvs)).values())
        return
    for _, settled_flow in store.list_flows(tenant, desk="ready", descending=False):
        there = store.get_flow(tenant, settled_flow.name)
        yield from _of_flow(tenant, there) if there else ()
    listed = [
        stored.iuv for desk in groups.SINGLES for _, stored in store.list_groups(tenant, desk=desk)
    ]
    for start in range(0, len(listed), 100):
        yield from _singles(tenant, store.get_groups(tenant, listed[start : start + 100]).values())


def _of_hubs(tenant: str, movements: Iterable[Banked]) -> Iterator[Settled]:
    ids = {one.target[1] for one in movements if one.target[0] == "flow"}
    hubs = dynamo.batch_get(store.hub_key(tenant, one) for one in sorted(ids))
    names = {one.name for item in hubs.values() for one in store.read_hub(item).flows}
    yield from store.get_flows(tenant, sorted(names)).values()


def _of_flow(tenant: str, flow: Settled) -> Iterator[Postable]:
    if not settled.standing(flow).postable or flow.counts.crowded:
        return
    seen: set[str] = set()
    lines = pieces.lines(tenant, flow, flow.counting)
    while chunk := list(islice(lines, 100)):
        iuvs = [one for one in dict.fromkeys(one.line.iuv for one in chunk) if one not in seen]
        seen.update(iuvs)
        found = [
            (stored, part)
            for stored in store.get_groups(tenant, iuvs).values()
            for part in stored.parts
            if part.flow == flow.name and part.share == MATCHED
        ]
        yield from _made(tenant, found, {flow.name: flow})


def _singles(tenant: str, found: Iterable[Stored]) -> Iterator[Postable]:
    linked = [
        (stored, part)
        for stored in found
        if groups.is_single(stored.held, stored.parts)
        for part in stored.parts
        if "RT_TES" in part.labels
    ]
    yield from _made(tenant, linked, {})


def get_postable(tenant: str, key: str) -> Postable | None:
    """One payment, None where it may not be posted, or was."""
    return get_many(tenant, [key]).get(key)


def get_many(tenant: str, names: Iterable[str]) -> dict[str, Postable]:
    """Those of these that may be posted and are not, by key."""
    wanted = {key: parts_of(key) for key in names}
    there = store.get_groups(tenant, dict.fromkeys(iuv for iuv, _, _ in wanted.values() if iuv))
    found = [
        (stored, part)
        for stored in there.values()
        for part in stored.parts
        if regrouping.key_of(stored.iuv, part) in wanted
    ]
    flows = store.get_flows(tenant, {part.flow for _, part in found if part.flow})
    good = {
        name: one
        for name, one in flows.items()
        if settled.standing(one).postable and not one.counts.crowded
    }
    reported = [
        (stored, part) for stored, part in found if part.flow in good and part.share == MATCHED
    ]
    alone = {stored.iuv: stored for stored, part in found if not part.flow}
    made = [*_made(tenant, reported, good), *_singles(tenant, alone.values())]
    return {one.key: one for one in made if one.key in wanted}


def _made(
    tenant: str, found: Sequence[tuple[Stored, Part]], flows: Mapping[str, Settled]
) -> Iterator[Postable]:
    """What is not posted of these, with what is known of their positions and movements."""
    if not found:
        return
    named = {regrouping.key_of(stored.iuv, part): (stored, part) for stored, part in found}
    marks = dynamo.batch_get(_mark_key(tenant, one) for one in named)
    left = {key: one for key, one in named.items() if _mark_key(tenant, key) not in marks}
    places = {str(stored.facts.get("position", "")) for stored, _ in left.values()} - {""}
    positions = position_store.get_positions((tenant, one) for one in sorted(places))
    wanted = {one for flow in flows.values() for one in flow.bank.movements}
    wanted |= {one.identity for stored, _ in left.values() for one in stored.held.bank}
    movements = bank_store.get_many(tenant, sorted(wanted))
    for key, (stored, part) in left.items():
        flow = flows.get(part.flow)
        mine = flow.bank.movements if flow else [one.identity for one in stored.held.bank]
        days = [movements[one].day for one in mine if one in movements]
        money = dividing.sources(
            Came(movements[one].day, one, movements[one].cents, movements[one].provisional)
            for one in mine if one in movements
        )  # fmt: skip
        taken = dividing.divide(money, _before(stored, part), part.cents)
        if len(money) > 1:
            mine = [name for one in taken for name in one.movements]
        receipt = next(
            one for one in stored.held.receipts
            if (one.iur, one.transfer) == (part.iur, part.transfer)
        )  # fmt: skip
        facts = stored.facts
        position = positions.get((tenant, str(facts.get("position", ""))))
        number = int(facts.get("number", 0))
        yield Postable(
            key=key, iuv=stored.iuv, iur=part.iur, transfer=part.transfer, cents=part.cents,
            paid_day=receipt.day, flow_id=flow.flow_id if flow else "",
            psp=flow.psp if flow else "", bank=",".join(mine),
            bank_day=flow.bank.day if flow else max(days, default=None),
            provisional=_provisional(taken), position=position.id if position else "",
            lines=lines_of(position, number, part.transfer, part.cents) if position else (),
            person=str(facts.get("person", "")), origin=position.origin if position else "",
            version=flow.version if flow else stored.version, flow=part.flow,
            sospesi=tuple((one.provisional, one.cents) for one in taken) if len(taken) > 1 else (),
        )  # fmt: skip


def _before(stored: Stored, part: Part) -> int:
    """Cents in front of it in what brought it: of its flow's lines, or of its IUV's payments."""
    if not part.flow:
        return sum(one.cents for one in stored.parts if one < part)
    return next(
        one.before for one in stored.held.lines
        if (groups.flow_name(one.key), one.line.place) == (part.flow, part.place)
    )  # fmt: skip


def _provisional(taken: Sequence[Slice]) -> str:
    return ",".join(dict.fromkeys(one.provisional for one in taken if one.provisional))


# ------------------------------------------------------------------ marked
def posted(
    tenant: str, payments: Sequence[Named], order: str, now: datetime | None = None
) -> list[Op]:
    """The operations that mark payments as posted by an order: each once, and only while it is
    postable in the version that was read. Those of several calls meet in one commit by `merged`.

    ConditionFailed at once where it is not so any more.
    """
    at = now or clock.now()
    found = get_many(tenant, [one.key for one in payments])
    for one in payments:
        if one.key not in found or found[one.key].version != one.version:
            raise ConditionFailed({f"posted:{one.key}": None})
    ops: list[Op] = [
        Put(
            {
                "pk": _mark_key(tenant, key)[0], "sk": _mark_key(tenant, key)[1], "order": order,
                "cents": one.cents, "flow": one.flow,
            },
            label=f"posted:{key}",
        )
        for key, one in found.items()
    ]  # fmt: skip
    flows = store.get_flows(tenant, {one.flow for one in found.values() if one.flow})
    for name, flow in sorted(flows.items()):
        mine = [one for one in found.values() if one.flow == name]
        ops += _counted(tenant, flow, len(mine), sum(one.cents for one in mine), at)
    singles = [one for one in found.values() if not one.flow]
    if singles:
        ops.append(_singles_added(tenant, sum(one.cents for one in singles)))
    for iuv, version in sorted({(one.iuv, one.version) for one in singles}):
        ops.append(dynamo.Check(store.group_key(tenant, iuv), store.same(version), f"group:{iuv}"))
    return ops


def _counted(tenant: str, flow: Settled, lines: int, cents: int, now: datetime) -> list[Op]:
    """A flow with so many more of its lines posted. What is read of it must hold: its shares may
    change without its version."""
    when = {"changes": flow.changes, "version": flow.version}
    own = Update(
        store.flow_key(tenant, flow.name),
        add={"posted_lines": lines, "posted_cents": cents, "changes": 1},
        when=(when,), label=f"flow:{flow.name}",
    )  # fmt: skip
    return [own, regrouping.judge_row(tenant, flow.name, now)]


def released(
    tenant: str, names: Sequence[str], order: str, now: datetime | None = None
) -> list[Op]:
    """The operations that take an order's marks away again; its payments are looked at anew."""
    at = now or clock.now()
    marks = dynamo.batch_get(_mark_key(tenant, one) for one in names)
    mine = {key: item for key, item in marks.items() if item["order"] == order}
    ops: list[Op] = [
        Delete(key, when=({"order": order},), label=f"posted:{key[1]}") for key in mine
    ]
    flows = store.get_flows(tenant, {item["flow"] for item in mine.values() if item["flow"]})
    for name, flow in sorted(flows.items()):
        cents = [item["cents"] for item in mine.values() if item["flow"] == name]
        ops += _counted(tenant, flow, -len(cents), -sum(cents), at)
    singles = [item["cents"] for item in mine.values() if not item["flow"]]
    if singles:
        ops.append(_singles_added(tenant, -sum(singles)))
    return ops


def _singles_key(tenant: str) -> Key:
    return keys.pk(tenant, "PAYMENTS"), keys.sk("SINGLES")


def _singles_added(tenant: str, cents: int) -> Op:
    """So much more is posted of transfers for one payment alone, which no flow counts."""
    return Update(
        _singles_key(tenant), add={"posted_cents": cents, "changes": 1}, when=dynamo.ANY,
        label="singles",
    )  # fmt: skip


def singles_posted(tenant: str) -> int:
    """Cents of them that orders stand for."""
    item = dynamo.get(_singles_key(tenant))
    return int(item["posted_cents"]) if item else 0


def merged(ops: Iterable[Op]) -> list[Op]:
    """Operations of several calls as one commit takes them: those on one flow are added up."""
    found: dict[Key, Op] = {}
    for op in ops:
        known = found.get(op.key)
        if known is None:
            found[op.key] = op
        elif isinstance(op, Update) and isinstance(known, Update):
            assert (op.when, op.put, op.remove) == (known.when, known.put, known.remove), op.key
            sums = {
                name: known.add.get(name, 0) + op.add.get(name, 0)
                for name in {**known.add, **op.add}
            }
            found[op.key] = replace(known, add=sums | {"changes": 1})
        else:
            # The same look, or another row that asks for the same work.
            assert known == op or (isinstance(op, Put) and "queue" in op.item), op.key
    return list(found.values())


assert limits.POSTABLE_KEYS <= 100
