"""The tasks of an import in the background: its dry run, and its commit.

A commit makes dues of the pieces that the dry run kept, so many in each transaction. The import
itself says how far either came; what dies is gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chalicelib.base import clock, dynamo, fields, limits
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.work import Wakes, Work
from chalicelib.payments.dues import checking, reading, store
from chalicelib.payments.dues.model import Counts, Due, Import, Read

_TRIES: Final = 3


def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One task, as far as the time goes; what is left waits for the next message."""
    tenant = job.tenant
    batch = store.get_import(tenant, job.item["batch"])
    assert batch is not None
    if job.item["task"] == "check":
        if batch.state != "checking" or batch.started != job.item["started"]:
            dynamo.commit([_end(job)])
        elif not checking.check(tenant, batch, _end(job), now, remaining_ms):
            wakes.add(job.queue, job.key)
        return
    while batch.state == "importing":
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return
        batch = _import_some(tenant, batch, job, now)
    dynamo.commit([_end(job)])


def _end(job: Work) -> dynamo.Delete:
    """Ends the row, whether or not another worker did."""
    return dynamo.Delete(job.key, when=dynamo.ANY, label="work")


# ------------------------------------------------------------------ the commit
def _import_some(tenant: str, batch: Import, job: Work, now: datetime) -> Import:
    """The next rows of the import, in one transaction; gives the import as it is then."""
    part, skipped = divmod(batch.done, limits.DUES_PART_ROWS)
    rows = checking.read_part(tenant, batch, part)[skipped:]
    for start in range(0, len(rows), limits.DUES_AT_ONCE):
        batch = _import_slice(tenant, batch, rows[start : start + limits.DUES_AT_ONCE], job, now)
        if batch.state != "importing":
            break
    return batch


def _import_slice(
    tenant: str, batch: Import, rows: Sequence[Read], job: Work, now: datetime
) -> Import:
    for attempt in range(_TRIES):
        ops, counts = _decide(tenant, batch, rows, now)
        done = batch.done + len(rows)
        last = done == batch.good
        new = replace(
            batch,
            done=done,
            counts=batch.counts.plus(counts),
            state="imported" if last else "importing",
            version=batch.version + 1,
        )
        ops = [store.put_import(tenant, new, batch.version), *ops]
        if last:
            ops.append(_end(job))
        try:
            dynamo.commit(ops)
        except ConditionFailed as failed:
            # Another worker went on with this import: it is his. A due that changed is read again.
            if "import" in failed.found or attempt + 1 == _TRIES:
                raise
            continue
        return new
    raise AssertionError("the loop returns or raises")


def due_id(tenant: str, found: Read) -> str:
    """The same for the same due in any file; of a tax code nothing can be read back from it."""
    return fields.blind(tenant, "due", "\x1f".join(reading.identity(found)))


def _decide(
    tenant: str, batch: Import, rows: Iterable[Read], now: datetime
) -> tuple[list[Op], Counts]:
    wanted = [
        (due_id(tenant, row), store.person_id(tenant, row.person.tax_code), row) for row in rows
    ]
    there = store.get_dues(tenant, (one for one, _, _ in wanted))
    persons = dynamo.batch_get(store.person_key(tenant, person) for _, person, _ in wanted)
    ops: list[Op] = []
    changed: dict[str, Op] = {}
    counts = Counts()
    for name, person, row in wanted:
        old = there.get(name)
        new = _due(name, person, row, old, batch.id, clock.stamp(now))
        if old is None:
            counts = counts.plus(Counts(new=1))
        elif new == old:
            counts = counts.plus(Counts(unchanged=1))
        elif old.state != "open":
            counts = counts.plus(Counts(locked=1))
        else:
            counts = counts.plus(Counts(updated=1))
        if old is None or (new != old and old.state == "open"):
            new = replace(new, version=old.version + 1 if old else 1)
            ops.append(store.put_due(tenant, new, old.version if old else 0))
            ops.append(store.put_assessment(tenant, new))
        item = persons.get(store.person_key(tenant, person))
        if item is None or store.open_person(tenant, person, item) != row.person:
            changed[person] = store.put_person(tenant, person, row.person, item)
    return [*ops, *changed.values()], counts


def _due(name: str, person: str, row: Read, old: Due | None, batch: str, at: str) -> Due:
    said: dict[str, Any] = {
        "person": person,
        "category": row.category,
        "service": row.service,
        "reason": row.reason,
        "year": row.year,
        "chapter": row.chapter,
        "provenance": row.provenance,
        "cents": row.cents,
        "due": row.due,
        "source": row.source,
        "stamp": row.stamp,
    }
    if old is not None:
        return replace(old, **said)
    return Due(id=name, batch=batch, created_at=at, **said)
