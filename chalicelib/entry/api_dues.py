"""Dues under /v1/body/dues: layouts, imports in two steps, the list."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting
from chalicelib.entry import dues_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments import bodies
from chalicelib.payments.body import Mode
from chalicelib.payments.dues import imports, template
from chalicelib.payments.dues.columns import COLUMNS
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.imports import Owed
from chalicelib.payments.dues.mapping import Mapping
from chalicelib.payments.dues.model import CATEGORIES, Category, Import

bp = Blueprint(__name__)


# ------------------------------------------------------------------ layouts
@route(
    bp, "GET", "/v1/body/dues/template", "body:read", "The standard layout with its specification",
    shapes.Link,
)  # fmt: skip
def dues_template(request: Request) -> shapes.Link:
    url = imports.template_link(request.caller.tenant)
    return shapes.Link(url=url, file_name=template.FILE_NAME, expires_in_s=limits.DOWNLOAD_LINK_S)


@route(
    bp, "GET", "/v1/body/dues/mappings", "body:read", "Layouts that are remembered",
    shapes.Mappings,
)  # fmt: skip
def list_mappings(request: Request) -> shapes.Mappings:
    found = imports.list_mappings(request.caller.tenant)
    return shapes.Mappings(
        mappings=[shapes.Mapping(**asdict(one)) for one in found],
        known=[shapes.FieldOfDue(field=one.field, needed=one.needed) for one in COLUMNS],
    )


@route(
    bp, "PUT", "/v1/body/dues/mappings/{mapping_id}", "body:write", "Remember a layout",
    shapes.Mapping, body=shapes.NewMapping,
)  # fmt: skip
def save_mapping(request: Request) -> shapes.Mapping:
    new = Mapping(name=request.path["mapping_id"], **request.body.model_dump())
    record = acting.entry(
        request, Action.DUES_MAPPING_CHANGED, f"mapping:{new.name}", version=new.version + 1
    )
    return shapes.Mapping(**asdict(imports.save_mapping(request.caller.tenant, new, [record])))


# ------------------------------------------------------------------ imports
def _import(found: Import) -> shapes.Import:
    return shapes.Import.model_validate(asdict(found))


def _require_mode(request: Request) -> None:
    """A person brings a file; a key is the accounting software's."""
    mode: Mode = "file" if request.caller.user else "accounting"
    bodies.require_mode(request.caller.tenant, mode)


@route(
    bp, "POST", "/v1/body/dues/imports", "body:write", "A place to upload a file of dues to",
    shapes.Upload, body=shapes.NewImport, status=201, idempotency_key=True,
)  # fmt: skip
def begin_import(request: Request) -> shapes.Upload:
    wanted: shapes.NewImport = request.body
    _require_mode(request)
    begun = imports.begin(
        request.caller.tenant, wanted.file_name, wanted.mapping, clock.now(),
        f"{request.caller.key_id}:{request.idempotency_key}",
    )  # fmt: skip
    return shapes.Upload(
        batch=_import(begun.batch),
        url=begun.form["url"],
        fields=begun.form["fields"],
        expires_in_s=limits.UPLOAD_LINK_S,
    )


@route(
    bp, "POST", "/v1/body/dues/files", "body:write", "Hand in a small file of dues for its dry run",
    shapes.Import, body=bytes, query=shapes.HandInQuery, status=202, idempotency_key=True,
)  # fmt: skip
def hand_in_dues(request: Request) -> shapes.Import:
    if not request.raw:
        raise Rejected("sheet_empty", "Send a spreadsheet.")
    _require_mode(request)
    query: shapes.HandInQuery = request.query
    record = acting.entry(request, Action.DUES_CHECKED, "dues")
    with work.waking() as wakes:
        found = imports.hand_in(
            request.caller.tenant, query.name, query.mapping, request.raw, clock.now(),
            f"{request.caller.key_id}:{request.idempotency_key}", wakes, [record],
        )  # fmt: skip
    return _import(found)


@route(bp, "GET", "/v1/body/dues/imports", "body:read", "Imports, newest first", shapes.Imports)
def list_imports(request: Request) -> shapes.Imports:
    found = imports.list_imports(request.caller.tenant)
    return shapes.Imports(imports=[_import(one) for one in found])


@route(
    bp, "GET", "/v1/body/dues/imports/{import_id}", "body:read", "How far an import is",
    shapes.Import,
)  # fmt: skip
def get_import(request: Request) -> shapes.Import:
    return _import(imports.get(request.caller.tenant, request.path["import_id"]))


@route(
    bp, "GET", "/v1/body/dues/imports/{import_id}/faults", "body:read",
    "What is wrong, by row and column", shapes.Faults,
)  # fmt: skip
def import_faults(request: Request) -> shapes.Faults:
    batch = imports.get(request.caller.tenant, request.path["import_id"])
    found = imports.faults(request.caller.tenant, batch)
    return shapes.Faults(faulty=batch.faulty, faults=[shapes.Fault(**asdict(one)) for one in found])


@route(
    bp, "GET", "/v1/body/dues/imports/{import_id}/columns", "body:read",
    "Which columns the uploaded file has, and what each may be", shapes.Columns,
    query=shapes.ColumnsQuery,
)  # fmt: skip
def import_columns(request: Request) -> shapes.Columns:
    query: shapes.ColumnsQuery = request.query
    name = request.path["import_id"]
    found = imports.columns(request.caller.tenant, name, query.sheet, query.delimiter)
    acting.read(request, Action.DUES_READ, f"import:{name}")
    return shapes.Columns(
        row=found.row,
        columns=[
            shapes.FoundColumn(column=one.column, header=one.header, examples=list(one.examples))
            for one in found.columns
        ],
        fields=dict(found.fields),
    )


@route(
    bp, "POST", "/v1/body/dues/imports/{import_id}/check", "body:write",
    "Read the uploaded file without making anything", shapes.Import, query=shapes.CheckQuery,
    status=202,
)  # fmt: skip
def check_import(request: Request) -> shapes.Import:
    name = request.path["import_id"]
    record = acting.entry(request, Action.DUES_CHECKED, f"import:{name}")
    with work.waking() as wakes:
        found = imports.check(
            request.caller.tenant, name, clock.now(), wakes, [record],
            mapping=request.query.mapping or "",
        )  # fmt: skip
        return _import(found)


@route(
    bp, "POST", "/v1/body/dues/imports/{import_id}/commit", "body:write",
    "Make dues of what was read", shapes.Import, body=shapes.Commit, status=202,
)  # fmt: skip
def commit_import(request: Request) -> shapes.Import:
    name = request.path["import_id"]
    record = acting.entry(request, Action.DUES_IMPORTED, f"import:{name}")
    with work.waking() as wakes:
        found = imports.commit(
            request.caller.tenant, name, request.body.skip_faulty, clock.now(), wakes, [record]
        )
    return _import(found)


# ------------------------------------------------------------------ dues
def filter_of(query: shapes.DuesQuery) -> Filter:
    """What a query asks for. Rejected `category`."""
    categories = _words(query.categories)
    if not set(categories) <= set(CATEGORIES):
        raise Rejected("category", "There is no such category.", known=list(CATEGORIES))
    return Filter(
        least_cents=query.least_cents,
        most_cents=query.most_cents,
        assessed_from=query.assessed_from,
        assessed_until=query.assessed_until,
        due_from=query.due_from,
        due_until=query.due_until,
        categories=cast(tuple[Category, ...], categories),
        provenance=query.provenance,
        chapters=_words(query.chapters),
        services=_words(query.services),
        year=query.year,
        batch=query.batch or "",
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


@route(
    bp, "GET", "/v1/body/dues", "body:read", "Dues; those with state open can be asked for",
    shapes.Dues, query=shapes.DuesQuery,
)  # fmt: skip
def list_dues(request: Request) -> shapes.Dues:
    query: shapes.DuesQuery = request.query
    tenant = request.caller.tenant
    found, cursor = imports.list_dues(
        tenant, filter_of(query), query.state, query.cursor, query.limit
    )
    if found:
        acting.read(request, Action.DUES_READ, "dues", count=len(found))
    return shapes.Dues(dues=[due_answer(one) for one in found], cursor=cursor or None)


def due_answer(found: Owed) -> shapes.Due:
    person = {"name": found.person.name, "tax_code": found.person.tax_code}
    stamp = {"stamp": found.due.stamp is not None}
    return shapes.Due.model_validate(asdict(found.due) | person | stamp)
