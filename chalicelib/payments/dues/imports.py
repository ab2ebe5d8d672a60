"""Importing dues: a place to upload to, a dry run, the commit; and what was imported.

awaited ──check──> checking ──> checked ──commit──> importing ──> imported
                      │            └──check (another file, services changed)
                      └──> failed (the file as a whole) ──check──>
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from chalicelib.base import clock, config, cursors, dynamo, ids, limits, s3, sheets, work
from chalicelib.base.dynamo import ConditionFailed, Op
from chalicelib.base.errors import Conflict, NotFound, Rejected
from chalicelib.base.s3 import Place, Ranged
from chalicelib.base.work import Wakes
from chalicelib.payments import bodies
from chalicelib.payments.dues import guessing, store, template
from chalicelib.payments.dues import mapping as mappings
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.guessing import Guess
from chalicelib.payments.dues.mapping import Mapping
from chalicelib.payments.dues.model import Due, DueState, Fault, Import, Person

QUEUE: Final = "dues"


@dataclass(frozen=True)
class Begun:
    """An import and the form of its upload."""

    batch: Import
    form: dict[str, Any]


def place_of(tenant: str, import_id: str) -> Place:
    """Where the file is uploaded to; nobody is notified of it."""
    return Place(config.get("INTAKE_BUCKET"), f"dues/{tenant}/{import_id}/file")


def faults_place(tenant: str, prefix: str) -> Place:
    return Place(config.get("DOCUMENTS_BUCKET"), f"{prefix}/faults.json")


# ------------------------------------------------------------------ layouts
def template_link(tenant: str) -> str:
    """A link to the standard layout, with the body's services in it."""
    data = template.make(bodies.list_services(tenant))
    name = f"{tenant}/dues/template-{ids.sha256(data)[:16]}.xlsx"
    place = Place(config.get("DOCUMENTS_BUCKET"), name)
    s3.put(place, data, template.CONTENT_TYPE)
    return s3.download_link(place, template.FILE_NAME, limits.DOWNLOAD_LINK_S)


def list_mappings(tenant: str) -> list[Mapping]:
    """The standard one, then the body's own."""
    return [mappings.standard(), *store.list_mappings(tenant)]


def get_mapping(tenant: str, name: str) -> Mapping:
    """NotFound for a name that nobody remembers."""
    found = mappings.standard() if name == mappings.STANDARD else store.get_mapping(tenant, name)
    if found is None:
        raise NotFound("mapping")
    return found


def save_mapping(tenant: str, mapping: Mapping, also: Sequence[Op] = ()) -> Mapping:
    """Remember a layout. Rejected `mapping_standard`, `mappings` (too many); Conflict."""
    bodies.get(tenant)
    if mapping.name == mappings.STANDARD:
        raise Rejected("mapping_standard", "The standard layout is as it is.")
    if not mapping.version and len(store.list_mappings(tenant)) >= limits.DUES_MAPPINGS:
        raise Rejected("mappings", "So many layouts cannot be kept.", most=limits.DUES_MAPPINGS)
    dynamo.commit([store.put_mapping(tenant, mapping), *also])
    return replace(mapping, version=mapping.version + 1)


# ------------------------------------------------------------------ one import
def begin(tenant: str, file_name: str, mapping: str, now: datetime, key: str) -> Begun:
    """A new import and where its file goes; the same `key` is the same import."""
    bodies.get(tenant)
    get_mapping(tenant, mapping)
    batch = Import(
        id=ids.derive("dues", tenant, key),
        state="awaited",
        file_name=file_name,
        mapping=mapping,
        created_at=clock.stamp(now),
    )
    try:
        dynamo.commit([store.put_import(tenant, batch, 0)])
    except ConditionFailed:
        batch = get(tenant, batch.id)
    place = place_of(tenant, batch.id)
    form = s3.upload_form(place, limits.SHEET_FILE_BYTES, limits.UPLOAD_LINK_S)
    return Begun(batch, form)


def hand_in(
    tenant: str, file_name: str, mapping: str, data: bytes, now: datetime, key: str, wakes: Wakes,
    also: Sequence[Op] = (),
) -> Import:  # fmt: skip
    """A small file at once, its dry run on the way; repeated, it is the import it was."""
    batch = begin(tenant, file_name, mapping, now, key).batch
    if batch.state != "awaited":
        return batch
    s3.put(place_of(tenant, batch.id), data, "application/octet-stream")
    return check(tenant, batch.id, now, wakes, also)


def get(tenant: str, import_id: str) -> Import:
    found = store.get_import(tenant, import_id)
    if found is None:
        raise NotFound("import")
    return found


def list_imports(tenant: str) -> list[Import]:
    return store.list_imports(tenant, limits.PAGE_ITEMS_MAX)


def columns(tenant: str, import_id: str, sheet: str = "", delimiter: str = "") -> Guess:
    """What the uploaded file has in its first rows, and what each column may be.

    Rejected `dues_not_uploaded`, `sheet_empty` where there is no text, and as `sheets.read`.
    """
    get(tenant, import_id)
    there = s3.find(place_of(tenant, import_id))
    if there is None:
        raise Rejected("dues_not_uploaded", "The file is not there yet.", status=409)
    table = sheets.read(Ranged(*there), sheet=sheet, delimiter=delimiter)
    found = guessing.guess(table.rows)
    if found is None:
        raise Rejected("sheet_empty", "There is no text in the file.")
    return found


def check(
    tenant: str, import_id: str, now: datetime, wakes: Wakes, also: Sequence[Op] = (),
    mapping: str = "",
) -> Import:  # fmt: skip
    """Start the dry run of what is uploaded now, by another layout where `mapping` names one.

    Rejected `dues_not_uploaded`, `import_state`; NotFound.
    """
    batch = get(tenant, import_id)
    if mapping:
        batch = replace(batch, mapping=get_mapping(tenant, mapping).name)
    if batch.state not in ("awaited", "checked", "failed"):
        raise _state(batch)
    there = s3.find(place_of(tenant, import_id))
    if there is None:
        raise Rejected("dues_not_uploaded", "The file is not there yet.", status=409)
    new = replace(
        batch,
        state="checking",
        object_version=there[0].version,
        rows=0, good=0, faulty=0, cents=0, parts=0, done=0, key="", code="",
        started=batch.version + 1, version=batch.version + 1,
    )  # fmt: skip
    _start(tenant, batch, new, "check", now, wakes, also)
    return new


def commit(
    tenant: str,
    import_id: str,
    skip_faulty: bool,
    now: datetime,
    wakes: Wakes,
    also: Sequence[Op] = (),
) -> Import:
    """Make dues of the rows that were read; asked for again, it is the same.

    Rejected `import_state`, `import_faulty` unless the faulty rows are to be left out,
    `import_empty`.
    """
    batch = get(tenant, import_id)
    if batch.state in ("importing", "imported"):
        return batch
    if batch.state != "checked":
        raise _state(batch)
    if batch.faulty and not skip_faulty:
        raise Rejected(
            "import_faulty", "Correct the rows, or leave them out.", status=409, faulty=batch.faulty
        )
    if not batch.good:
        raise Rejected("import_empty", "There is no row to import.", status=409)
    new = replace(batch, state="importing", version=batch.version + 1)
    _start(tenant, batch, new, "import", now, wakes, also)
    return new


def _start(
    tenant: str, old: Import, new: Import, task: str, now: datetime, wakes: Wakes,
    also: Sequence[Op],
) -> None:  # fmt: skip
    row = work.row(
        QUEUE, store.import_partition(tenant, new.id), f"{task}-{new.version}", now,
        task=task, batch=new.id, started=new.version,
    )  # fmt: skip
    try:
        wakes.commit([store.put_import(tenant, new, old.version), row, *also])
    except ConditionFailed as failed:
        raise Conflict() from failed


def _state(batch: Import) -> Rejected:
    return Rejected(
        "import_state", "The import is not there yet, or past it.", status=409, state=batch.state
    )


def faults(tenant: str, batch: Import) -> list[Fault]:
    """Of the last dry run, by row; DUES_FAULTS at most."""
    if not batch.faulty:
        return []
    data = s3.get(faults_place(tenant, batch.key))
    return [Fault(**one) for one in json.loads(data)]


# ------------------------------------------------------------------ what there is
@dataclass(frozen=True)
class Owed:
    """A due with who owes it."""

    due: Due
    person: Person


def list_dues(
    tenant: str, wanted: Filter, state: DueState | None, cursor: str, limit: int
) -> tuple[list[Owed], str]:
    """A page of dues, oldest first, and the next cursor ("" at the end)."""
    described = f"{state}:{sorted(dataclasses.asdict(wanted).items())!r}"
    asked = ids.derive("dues", tenant, described)
    after = cursors.read(cursor, asked)
    found: list[Due] = []
    following = ""
    listed = store.list_dues(tenant, state, after, limits.PAGE_ITEMS_MAX)
    for read, (place, due) in enumerate(listed, 1):
        if wanted.matches(due):
            found.append(due)
        if len(found) == limit or read == limits.FILTER_READ_ITEMS:
            following = cursors.write(place, asked)
            break
    return with_persons(tenant, found), following


def with_persons(tenant: str, dues: Sequence[Due]) -> list[Owed]:
    persons = store.get_persons(tenant, {due.person for due in dues})
    return [Owed(due, persons[due.person]) for due in dues]
