"""Exports of the archive in the background: exactly what the same filters list, as a file.

T#<tenant>#EXPORT#<id>   EXPORT   an export; in the list of all

    waiting ──> writing ──> written
                   └──> failed (too many rows)

Pieces of rows are kept first, and the export says behind which place it is, so a worker that dies
is followed by another one that goes on. What was made after the export was asked for is not in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from chalicelib.base import clock, config, dynamo, ids, keys, limits, s3, work
from chalicelib.base.dynamo import ConditionFailed, Delete, Item, Op, Put
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.base.work import Wakes, Work
from chalicelib.payments import bodies
from chalicelib.payments.positions import archive, table
from chalicelib.payments.positions.archive import Wanted
from chalicelib.payments.positions.table import Cell, Format

QUEUE: Final = "dues"
TASK: Final = "export"
State = Literal["waiting", "writing", "written", "failed"]
_DAYS: Final = frozenset(
    one.name for one in fields(Wanted) if one.name.endswith(("_from", "_until"))
)
_KEYS: Final = ("pk", "sk", "list_pk", "list_sk")


@dataclass(frozen=True)
class Export:
    """`rows` are in its `pieces` so far, `place`: where the next one goes on. `key` of the file,
    once it is there; `code`: why there is none."""

    id: str
    state: State
    format: Format
    wanted: Wanted
    created_at: str
    rows: int = 0
    pieces: int = 0
    place: str = ""
    key: str = ""
    code: str = ""
    version: int = 1


# ------------------------------------------------------------------ in the table
def _partition(tenant: str, name: str) -> str:
    return keys.pk(tenant, "EXPORT", name)


def _put(tenant: str, export: Export, old_version: int) -> Put:
    said = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(export.wanted).items()
    }
    item = asdict(export) | {
        "wanted": said,
        "pk": _partition(tenant, export.id),
        "sk": keys.sk("EXPORT"),
        "list_pk": keys.pk(tenant, "EXPORTS"),
        "list_sk": keys.sk(export.created_at, export.id),
    }
    when: dynamo.Condition = ({"version": old_version},) if old_version else dynamo.NEW
    return Put(item, when=when, label="export")


def _read(item: Item) -> Export:
    said: dict[str, Any] = dict(item["wanted"])
    for name in _DAYS:
        said[name] = date.fromisoformat(said[name]) if said[name] else None
    if said["persons"] is not None:
        said["persons"] = tuple(said["persons"])
    found = {name: value for name, value in item.items() if name not in _KEYS}
    return Export(**found | {"wanted": Wanted(**said)})


# ------------------------------------------------------------------ asked for
def begin(
    tenant: str, wanted: Wanted, form: Format, now: datetime, key: str, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Export:  # fmt: skip
    """A new export on its way; the same `key` is the same export. `also` joins the commit."""
    bodies.get(tenant)
    export = Export(ids.derive("export", tenant, key), "waiting", form, wanted, clock.stamp(now))
    row = work.row(QUEUE, _partition(tenant, export.id), TASK, now, task=TASK, export=export.id)
    try:
        wakes.commit([_put(tenant, export, 0), row, *also])
    except ConditionFailed as failed:
        if "export" not in failed.found:
            raise
        return get(tenant, export.id)
    return export


def get(tenant: str, name: str) -> Export:
    item = dynamo.get((_partition(tenant, name), keys.sk("EXPORT")))
    if item is None:
        raise NotFound("export")
    return _read(item)


def list_exports(tenant: str) -> list[Export]:
    """The newest first."""
    found = dynamo.query(
        keys.pk(tenant, "EXPORTS"), index="list", descending=True, limit=limits.PAGE_ITEMS
    )
    return [_read(item) for item in found]


def link(tenant: str, name: str) -> tuple[str, str]:
    """A link to the file, and its name. Rejected `export_state` (409) while there is none."""
    export = get(tenant, name)
    if export.state != "written":
        raise Rejected("export_state", "The file is not there.", status=409, state=export.state)
    place = Place(config.get("DOCUMENTS_BUCKET"), export.key)
    day = clock.rome_day(clock.parse(export.created_at))
    file_name = f"posizioni-{day}.{export.format}"
    return s3.download_link(place, file_name, limits.DOWNLOAD_LINK_S), file_name


# ------------------------------------------------------------------ done
def do(job: Work, wakes: Wakes, now: datetime, remaining_ms: Callable[[], int]) -> None:
    """Write an export as far as the time goes; what is left waits for the next message."""
    tenant = job.tenant
    export = get(tenant, job.item["export"])
    while export.state in ("waiting", "writing"):
        if remaining_ms() < limits.REMAINING_MS:
            wakes.add(job.queue, job.key)
            return
        new = _next(tenant, export, clock.rome_day(now))
        dynamo.commit([_put(tenant, new, export.version)])
        export = new
    dynamo.commit([Delete(job.key, when=dynamo.ANY, label="work")])


def _next(tenant: str, export: Export, today: date) -> Export:
    """One piece further, of positions as they are today. Its object is there before the export says
    so, named by its number."""
    version = export.version + 1
    after = export.place or export.created_at + "~"
    found, place = archive.read(tenant, export.wanted, today, after, limits.EXPORT_PIECE_ROWS)
    rows = [table.row(one) for one in archive.shown(tenant, found)]
    count = export.rows + len(rows)
    if count > limits.EXPORT_POSITIONS:
        return replace(export, state="failed", code="export_rows", version=version)
    if place:
        _keep(tenant, export, export.pieces, rows)
        return replace(
            export, state="writing", rows=count, pieces=export.pieces + 1, place=place,
            version=version,
        )  # fmt: skip
    data = table.WRITERS[export.format](_all(tenant, export, rows))
    key = f"{tenant}/exports/{export.id}/{ids.sha256(data)[:16]}.{export.format}"
    s3.put(Place(config.get("DOCUMENTS_BUCKET"), key), data, table.TYPES[export.format])
    return replace(export, state="written", rows=count, key=key, place="", version=version)


def _piece(tenant: str, export: Export, number: int) -> Place:
    key = f"{tenant}/exports/{export.id}/{number:05d}.json"
    return Place(config.get("DOCUMENTS_BUCKET"), key)


def _keep(tenant: str, export: Export, number: int, rows: Sequence[Sequence[Cell]]) -> None:
    s3.put(_piece(tenant, export, number), json.dumps(rows).encode(), "application/json")


def _all(
    tenant: str, export: Export, last: Sequence[Sequence[Cell]]
) -> Iterator[Sequence[Cell]]:  # fmt: skip
    for number in range(export.pieces):
        yield from json.loads(s3.get(_piece(tenant, export, number)))
    yield from last
