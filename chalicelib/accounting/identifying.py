"""Which flow a movement is of, looked up among the flows that its text or amount may mean.

`remittance.identify` decides among all flows of a body; only those that begin like the text, or are
of the same amount around that day, can make a difference, and only these are read. An id of fewer
than ten signs is found by nobody but an operator: no real one is so short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from chalicelib.accounting import (
    bank_store,
    namesakes,
    regrouping,
    remittance,
    store,
    wording,
)
from chalicelib.accounting.bank_store import Banked
from chalicelib.accounting.remittance import Flows, Found, Known
from chalicelib.base import dynamo
from chalicelib.base.dynamo import ConditionFailed, Item
from chalicelib.base.errors import Conflict
from chalicelib.base.work import Wakes

NEAR: Final = namesakes.NEAR
_TRIES: Final = 5
_TOGETHER: Final = 12  # movements of different flows in one commit: 5 operations each


@dataclass
class Rows:
    """Flows that were read already in this run, by how their ids begin and by amount."""

    tenant: str
    heads: dict[str, list[Item]] = field(default_factory=dict)
    amounts: dict[tuple[int, date], list[Item]] = field(default_factory=dict)

    def look_up(self, text: str, cents: int, day: date) -> Found:
        """What a description names among the flows that are known by now."""
        said = wording.read(text)
        rows: list[Item] = []
        for head in {store.head_of(run.signs) for run in said.runs}:
            if head not in self.heads:
                self.heads[head] = store.known_by_head(self.tenant, head)
            rows += self.heads[head]
        found = remittance.identify(text, _flows(rows), cents=cents, day=day)
        if found.confidence in ("exact", "prefix", "single") or not said.keyword:
            return found  # what begins otherwise cannot change that
        if (cents, day) not in self.amounts:
            self.amounts[cents, day] = store.known_by_cents(
                self.tenant, cents, day - NEAR, day + NEAR
            )
        rows = rows + self.amounts[cents, day]
        return remittance.identify(text, _flows(rows), cents=cents, day=day)


def _flows(rows: Iterable[Item]) -> Flows:
    by_name = {row["name"]: row for row in rows}
    return Flows(
        Known(row["flow_id"], row["cents"], date.fromisoformat(row["day"]))
        for row in by_name.values()
    )


def again(
    tenant: str, identities: Iterable[str], codes: Set[str], now: datetime, wakes: Wakes
) -> int:
    """Look movements up anew, whose flow may have come; gives how many are found to be something
    else. Conflict when others keep changing one."""
    known = Rows(tenant)
    moved: list[tuple[Banked, Banked]] = []
    for old in bank_store.get_many(tenant, identities).values():
        found = known.look_up(old.text, old.cents, old.day)
        if found != old.found:
            moved.append((old, replace(old, found=found)))
    for part in _apart(moved):
        if len(part) == 1 or not _together(tenant, part, codes, now, wakes):
            for old, _ in part:
                _alone(tenant, old, codes, now, wakes)
    return len(moved)


def _apart(moved: Sequence[tuple[Banked, Banked]]) -> list[list[tuple[Banked, Banked]]]:
    """In parts that fit into one commit: no two of one part touch the same flow or payment."""
    parts: list[list[tuple[Banked, Banked]]] = []
    taken: set[str] = set()
    for old, new in moved:
        touched = {old.target[1], new.target[1]} - {""}
        if not parts or len(parts[-1]) == _TOGETHER or touched & taken:
            parts.append([])
            taken = set()
        parts[-1].append((old, new))
        taken |= touched
    return parts


def _together(
    tenant: str, part: Sequence[tuple[Banked, Banked]], codes: Set[str], now: datetime,
    wakes: Wakes,
) -> bool:  # fmt: skip
    """Whether all of them went in one commit."""
    ids = {
        name for pair in part for kind, name, _ in (pair[0].target, pair[1].target)
        if kind == "flow"
    }  # fmt: skip
    items = dynamo.batch_get(store.hub_key(tenant, one) for one in sorted(ids))
    hubs = {item["flow_id"]: store.read_hub(item) for item in items.values()}
    ops = [
        op for old, new in part for op in regrouping.of_movement(tenant, old, new, codes, now, hubs)
    ]
    try:
        wakes.commit(regrouping.merged(ops))
    except ConditionFailed:
        return False
    return True


def _alone(tenant: str, there: Banked, codes: Set[str], now: datetime, wakes: Wakes) -> None:
    old: Banked | None = there
    for _ in range(_TRIES):
        if old is None:
            return
        # What others changed may be a flow: nothing that was read before counts.
        found = Rows(tenant).look_up(old.text, old.cents, old.day)
        if found == old.found:
            return
        ops = regrouping.of_movement(tenant, old, replace(old, found=found), codes, now)
        try:
            wakes.commit(regrouping.merged(ops))
        except ConditionFailed:
            old = bank_store.get(tenant, old.identity)
            continue
        return
    raise Conflict()
