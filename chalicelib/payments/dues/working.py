"""The dry run and the commit of an import in the background.

A dry run reads the file once, row by row, and keeps the good rows in sealed pieces; it leaves
nothing else, so a run that dies is simply done again. A commit makes dues of these pieces, so many
in each transaction, and the import itself says how far it came.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, Final

from chalicelib.base import clock, config, dynamo, fields, ids, limits, s3, sheets
from chalicelib.base.dynamo import ConditionFailed, Item, Op
from chalicelib.base.errors import Rejected
from chalicelib.base.s3 import Place, Ranged
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.body import Service
from chalicelib.payments.dues import imports, reading, store
from chalicelib.payments.dues.mapping import Mapping
from chalicelib.payments.dues.model import Counts, Due, Fault, Import, Person, Read

_TRIES: Final = 3


def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """One task, as far as the time goes; what is left waits for the next message."""
    tenant = job.tenant
    batch = store.get_import(tenant, job.item["batch"])
    assert batch is not None
    if job.item["task"] == "check":
        if batch.state == "checking" and batch.version == job.item["started"]:
            new = _checked(tenant, batch, now)
            dynamo.commit([store.put_import(tenant, new, batch.version), _end(job)])
        else:
            dynamo.commit([_end(job)])
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


# ------------------------------------------------------------------ the dry run
def _checked(tenant: str, batch: Import, now: datetime) -> Import:
    """The import as the dry run leaves it."""
    version = batch.version + 1
    try:
        mapping = imports.get_mapping(tenant, batch.mapping)
        services = {one.code: one for one in bodies.list_services(tenant) if one.active}
        place = replace(imports.place_of(tenant, batch.id), version=batch.object_version)
        there = s3.find(place)
        if there is None:
            raise Rejected("dues_not_uploaded", "The file is not there yet.")
        year = clock.rome_day(now).year
        prefix = _prefix(tenant, batch, mapping, services, year)
        table = sheets.read(Ranged(*there), sheet=mapping.sheet, delimiter=mapping.delimiter)
        sink = _Sink(tenant, batch.id, prefix)
        for found in reading.read(table, mapping, services, year):
            sink.take(found)
        sink.close()
    except Rejected as refused:
        words = refused.details.get("fields", ())
        code = ":".join([refused.code, ",".join(words)]) if words else refused.code
        return replace(batch, state="failed", code=code, version=version)
    return replace(
        batch, state="checked", key=prefix, rows=sink.rows, good=sink.good,
        faulty=sink.rows - sink.good, cents=sink.cents, parts=sink.parts, version=version,
    )  # fmt: skip


def _prefix(
    tenant: str, batch: Import, mapping: Mapping, services: dict[str, Service], year: int
) -> str:
    """Under another name whenever the outcome could be another one: two runs never mix."""
    made_of = repr((batch.object_version, batch.version, mapping, sorted(services.items()), year))
    return f"{tenant}/dues/{batch.id}/{ids.derive('dues-run', made_of)}"


def _part_place(prefix: str, number: int) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{prefix}/part-{number:05d}")


class _Sink:
    """Takes rows in their order and keeps them: good ones in pieces, faults in one list."""

    def __init__(self, tenant: str, batch: str, prefix: str) -> None:
        self.tenant, self.batch, self.prefix = tenant, batch, prefix
        self.rows = self.good = self.cents = self.parts = 0
        self.faults: list[Fault] = []
        self.waiting: list[Item] = []

    def take(self, found: Read | list[Fault]) -> None:
        self.rows += 1
        if self.rows > limits.DUES_ROWS:
            raise Rejected("dues_too_many", "There are too many rows.", most=limits.DUES_ROWS)
        if isinstance(found, list):
            self.faults += found[: limits.DUES_FAULTS - len(self.faults)]
            return
        self.good += 1
        self.cents += found.cents
        self.waiting.append(_written(found))
        if len(self.waiting) == limits.DUES_PART_ROWS:
            self._flush()

    def _flush(self) -> None:
        text = json.dumps(self.waiting, ensure_ascii=False)
        name = f"{self.batch}.{self.parts}"
        sealed = fields.seal(self.tenant, "dues_part", name, "rows", text)
        s3.put(_part_place(self.prefix, self.parts), sealed, "application/octet-stream")
        self.waiting = []
        self.parts += 1

    def close(self) -> None:
        if self.waiting:
            self._flush()
        data = json.dumps([asdict(one) for one in self.faults]).encode()
        s3.put(imports.faults_place(self.tenant, self.prefix), data, "application/json")


def _written(found: Read) -> Item:
    return asdict(found) | {"due": found.due.isoformat() if found.due else None}


def _read(item: Item) -> Read:
    due = item["due"]
    return Read(
        **item
        | {"person": Person(**item["person"]), "due": date.fromisoformat(due) if due else None}
    )


# ------------------------------------------------------------------ the commit
def _import_some(tenant: str, batch: Import, job: Work, now: datetime) -> Import:
    """The next rows of the import, in one transaction; gives the import as it is then."""
    part, skipped = divmod(batch.done, limits.DUES_PART_ROWS)
    sealed = s3.get(_part_place(batch.key, part))
    text = fields.unseal(tenant, "dues_part", f"{batch.id}.{part}", "rows", sealed)
    rows = [_read(item) for item in json.loads(text)[skipped:]]
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
    }
    if old is not None:
        return replace(old, **said)
    return Due(id=name, batch=batch, created_at=at, **said)
