"""Bank statements under /v1/body/reconciliation: columns, preview, handing in (F001-118 … 126)."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.accounting import bank_store, statement_intake, statements
from chalicelib.accounting.bank_store import Columns, Statement
from chalicelib.accounting.statements import Mapping
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting
from chalicelib.entry import statement_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)
_ROOT = "/v1/body/reconciliation"


def _columns(found: Columns) -> shapes.Columns:
    return shapes.Columns(
        name=found.name, account=found.account, columns=dict(found.mapping),
        version=found.version,
    )  # fmt: skip


@route(
    bp, "GET", f"{_ROOT}/columns", "body:read", "Columns of statements that are remembered",
    shapes.ColumnsList,
)  # fmt: skip
def list_statement_columns(request: Request) -> shapes.ColumnsList:
    found = statement_intake.list_columns(request.caller.tenant)
    return shapes.ColumnsList(columns=[_columns(one) for one in found])


@route(
    bp, "PUT", f"{_ROOT}/columns/{{columns_name}}", "body:write",
    "Remember where date, amount and description are", shapes.Columns, body=shapes.NewColumns,
)  # fmt: skip
def save_statement_columns(request: Request) -> shapes.Columns:
    name, said = request.path["columns_name"], request.body
    mapping = statements.of_stored(said.columns.model_dump())
    record = acting.entry(request, Action.BODY_CHANGED, f"columns:{name}")
    return _columns(
        statement_intake.save_columns(
            request.caller.tenant, name, said.account, mapping, said.version, [record]
        )
    )


def _mapping(tenant: str, query: shapes.PreviewQuery) -> Mapping | None:
    if query.columns:
        known = bank_store.get_columns(tenant, query.columns)
        if known is None:
            raise NotFound("columns")
        return statements.of_stored(dict(known.mapping))
    if query.day is None:
        return None
    said = query.model_dump(exclude={"columns"})
    texts = [int(one) for one in query.texts.split(",") if one]
    return statements.of_stored(said | {"texts": texts})


@route(
    bp, "POST", f"{_ROOT}/statements/preview", "body:write", "How a statement would be read",
    shapes.Preview, query=shapes.PreviewQuery, body=bytes,
)  # fmt: skip
def preview_statement(request: Request) -> shapes.Preview:
    mapping = _mapping(request.caller.tenant, request.query)
    found = statement_intake.preview(request.raw, mapping)
    return shapes.Preview(
        kind=found.kind,
        columns=statements.stored(found.mapping) if found.mapping else None,
        rows=[
            shapes.PreviewRow(
                row=one.row, cells=list(one.cells), day=one.day, cents=one.cents, text=one.text,
                reason=one.reason,
            )
            for one in found.rows
        ],
    )  # fmt: skip


def _statement(found: Statement) -> shapes.Statement:
    names = shapes.Statement.model_fields
    said = {name: getattr(found, name) for name in names} | {"counts": dict(found.counts)}
    return shapes.Statement(**said | {"problems": list(found.problems)})


@route(
    bp, "POST", f"{_ROOT}/statements", "body:write", "Check payments with a bank statement",
    shapes.Statement, query=shapes.StatementQuery, body=bytes, status=202,
)  # fmt: skip
def hand_in_statement(request: Request) -> shapes.Statement:
    query = request.query
    record = acting.entry(request, Action.STATEMENT_HANDED_IN, "statement")
    with work.waking() as wakes:
        found = statement_intake.hand_in(
            request.caller.tenant, query.name, query.columns or "", request.raw, clock.now(),
            wakes, [record],
        )  # fmt: skip
    return _statement(found)


@route(
    bp, "GET", f"{_ROOT}/statements", "body:read", "Statements, newest first", shapes.Statements
)  # fmt: skip
def list_bank_statements(request: Request) -> shapes.Statements:
    found = bank_store.list_statements(request.caller.tenant, limits.PAGE_ITEMS)
    return shapes.Statements(statements=[_statement(one) for one in found])


@route(
    bp, "GET", f"{_ROOT}/statements/{{statement_id}}", "body:read",
    "How far a statement is, and what its movements were found to be", shapes.StatementDetail,
)  # fmt: skip
def get_bank_statement(request: Request) -> shapes.StatementDetail:
    tenant, name = request.caller.tenant, request.path["statement_id"]
    found = _statement(statement_intake.get(tenant, name))
    return shapes.StatementDetail(**dict(found), outcomes=bank_store.count_outcomes(tenant, name))


@route(
    bp, "POST", f"{_ROOT}/statements/{{statement_id}}/read", "body:write",
    "Read a statement that waits for its columns", shapes.Statement, body=shapes.StatementRead,
    status=202,
)  # fmt: skip
def read_bank_statement(request: Request) -> shapes.Statement:
    name = request.path["statement_id"]
    record = acting.entry(request, Action.STATEMENT_HANDED_IN, f"statement:{name}")
    with work.waking() as wakes:
        found = statement_intake.read_again(
            request.caller.tenant, name, request.body.columns, clock.now(), wakes, [record]
        )
    return _statement(found)
