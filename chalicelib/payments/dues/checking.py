"""The dry run of an import: the file is read row by row, good rows are kept in sealed pieces.

Every DUES_CHECKED_ROWS rows the import says how far it is, and what a piece has no room for yet is
kept beside it; where the time ends, the next run reads past what was checked (a spreadsheet cannot
be opened in its middle), takes the rows that were good from the pieces, and goes on. All that is
kept is under one name for one outcome: a run that comes twice writes the same again, and where
services, layout or year changed meanwhile the dry run begins anew under another name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date, datetime

from chalicelib.base import clock, config, dynamo, fields, ids, limits, s3, sheets
from chalicelib.base.dynamo import Item
from chalicelib.base.errors import Rejected
from chalicelib.base.s3 import Place, Ranged
from chalicelib.payments import bodies
from chalicelib.payments.body import Service
from chalicelib.payments.dues import imports, reading, store
from chalicelib.payments.dues.mapping import Mapping
from chalicelib.payments.dues.model import Fault, Import, Person, Read
from chalicelib.payments.stamps import Stamp


def check(
    tenant: str, batch: Import, end: dynamo.Delete, now: datetime, remaining_ms: Callable[[], int]
) -> bool:
    """Go on with the dry run; whether it is over, and then `end` is done with it."""
    try:
        mapping = imports.get_mapping(tenant, batch.mapping)
        services = {one.code: one for one in bodies.list_services(tenant) if one.active}
        place = replace(imports.place_of(tenant, batch.id), version=batch.object_version)
        there = s3.find(place)
        if there is None:
            raise Rejected("dues_not_uploaded", "The file is not there yet.")
        year = clock.rome_day(now).year
        key = _key(tenant, batch, mapping, services, year)
        if batch.key != key:
            batch = replace(_blank(batch), key=key)
        table = sheets.read(Ranged(*there), sheet=mapping.sheet, delimiter=mapping.delimiter)
        sink = _Sink(tenant, batch)
        for found in reading.read(table, mapping, services, year, batch.done, sink.known()):
            sink.take(found)
            if sink.rows % limits.DUES_CHECKED_ROWS == 0:
                sink.keep()
                new = sink.counted(batch, done=sink.rows)
                dynamo.commit([store.put_import(tenant, new, batch.version)])
                batch = new
                if remaining_ms() < limits.REMAINING_MS:
                    return False
        sink.close()
        new = replace(sink.counted(batch, done=0), state="checked")
    except Rejected as refused:
        words = refused.details.get("fields", ())
        code = ":".join([refused.code, ",".join(words)]) if words else refused.code
        new = replace(_blank(batch), state="failed", code=code, version=batch.version + 1)
    dynamo.commit([store.put_import(tenant, new, batch.version), end])
    return True


def _blank(batch: Import) -> Import:
    """As if no row had been read."""
    return replace(batch, key="", rows=0, good=0, faulty=0, cents=0, parts=0, done=0)


def _key(
    tenant: str, batch: Import, mapping: Mapping, services: dict[str, Service], year: int
) -> str:
    """Under another name whenever the outcome could be another one: two runs never mix."""
    made_of = repr((batch.object_version, batch.started, mapping, sorted(services.items()), year))
    return f"{tenant}/dues/{batch.id}/{ids.derive('dues-run', made_of)}"


# ------------------------------------------------------------------ what is kept
def _place(key: str, name: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{key}/{name}")


def _part(number: int) -> str:
    return f"part-{number:05d}"


def read_part(tenant: str, batch: Import, number: int) -> list[Read]:
    """The good rows of one piece, in their order."""
    return _opened(tenant, batch, _part(number), f"{batch.id}.{number}")


def _opened(tenant: str, batch: Import, object_name: str, name: str) -> list[Read]:
    sealed = s3.get(_place(batch.key, object_name))
    text = fields.unseal(tenant, "dues_part", name, "rows", sealed)
    return [_read(item) for item in json.loads(text)]


def _written(found: Read) -> Item:
    return asdict(found) | {"due": found.due.isoformat() if found.due else None}


def _read(item: Item) -> Read:
    due, stamp = item["due"], item.get("stamp")
    return Read(
        **item
        | {
            "person": Person(**item["person"]),
            "due": date.fromisoformat(due) if due else None,
            "stamp": Stamp(**stamp) if stamp else None,
        }
    )


class _Sink:
    """Takes rows in their order, from where the import is: good ones in pieces, faults in one list.

    What is kept by `keep` has the number of rows in its name: a run that is late never writes over
    what a faster one made of more rows.
    """

    def __init__(self, tenant: str, batch: Import) -> None:
        self.tenant, self.batch = tenant, batch
        self.rows, self.good, self.cents, self.parts = (
            batch.done, batch.good, batch.cents, batch.parts,
        )  # fmt: skip
        self.faults: list[Fault] = []
        self.waiting: list[Item] = []
        if batch.faulty:
            data = s3.get(_place(batch.key, self._faults()))
            self.faults = [Fault(**one) for one in json.loads(data)]
        if self.good > self.parts * limits.DUES_PART_ROWS:
            rest = _opened(tenant, batch, self._rest(), self._rest_name())
            self.waiting = [_written(one) for one in rest]

    def known(self) -> Iterator[Read]:
        """The good rows that were taken before."""
        for number in range(self.batch.parts):
            yield from read_part(self.tenant, self.batch, number)
        yield from [_read(one) for one in self.waiting]

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

    def counted(self, batch: Import, done: int) -> Import:
        """The import after what was taken, in its next version."""
        return replace(
            batch, rows=self.rows, good=self.good, faulty=self.rows - self.good, cents=self.cents,
            parts=self.parts, done=done, version=batch.version + 1,
        )  # fmt: skip

    def keep(self) -> None:
        """What whoever goes on from here must know."""
        if self.waiting:
            self._seal(self._rest(), self._rest_name())
        if self.faults:
            self._tell(_place(self.batch.key, self._faults()))

    def close(self) -> None:
        if self.waiting:
            self._flush()
        self._tell(imports.faults_place(self.tenant, self.batch.key))

    def _flush(self) -> None:
        self._seal(_part(self.parts), f"{self.batch.id}.{self.parts}")
        self.waiting = []
        self.parts += 1

    def _seal(self, object_name: str, name: str) -> None:
        text = json.dumps(self.waiting, ensure_ascii=False)
        sealed = fields.seal(self.tenant, "dues_part", name, "rows", text)
        s3.put(_place(self.batch.key, object_name), sealed, "application/octet-stream")

    def _tell(self, place: Place) -> None:
        data = json.dumps([asdict(one) for one in self.faults]).encode()
        s3.put(place, data, "application/json")

    def _rest(self) -> str:
        return f"rest-{self.rows:06d}"

    def _rest_name(self) -> str:
        return f"{self.batch.id}.rest.{self.rows}"

    def _faults(self) -> str:
        return f"faults-{self.rows:06d}.json"
