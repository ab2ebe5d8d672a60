"""The back office's overview: how the body stands, and exports of the archive of positions."""

from __future__ import annotations

from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounting.posting import service as posting
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.entry import acting, dues_shapes, position_shapes
from chalicelib.entry import office_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments import bodies
from chalicelib.payments.dues import values
from chalicelib.payments.pagopa import looking
from chalicelib.payments.positions import archive, counts, exports
from chalicelib.payments.positions.archive import Wanted
from chalicelib.payments.positions.counts import Sum
from chalicelib.payments.positions.exports import Export

bp = Blueprint(__name__)


def wanted_of(tenant: str, said: position_shapes.PositionsFilter) -> Wanted:
    """What filters ask for. A tax code that cannot be one is nobody's."""
    persons = None
    if said.tax_code:
        try:
            persons = archive.debtors(tenant, values.tax_code(said.tax_code))
        except ValueError:
            persons = ()
    return Wanted(
        state=said.state, flow=said.flow or "", persons=persons, origin=said.origin,
        service=said.service or "", year=said.year, least_cents=said.least_cents,
        most_cents=said.most_cents, due_from=said.due_from, due_until=said.due_until,
        created_from=said.created_from, created_until=said.created_until,
        paid_from=said.paid_from, paid_until=said.paid_until,
    )  # fmt: skip


# ------------------------------------------------------------------ how it stands
@route(
    bp, "GET", "/v1/body/summary", "body:read",
    "What is asked for, paid, reconciled, open and overdue, at this moment", shapes.Summary,
)  # fmt: skip
def body_summary(request: Request) -> shapes.Summary:
    tenant, now = request.caller.tenant, clock.now()
    # Whoever comes in sees what came meanwhile (F001-178).
    with work.waking() as wakes:
        looking.look(tenant, now, wakes)
    today = clock.rome_day(now)
    services = {one.code: one.subject for one in bodies.list_services(tenant)}
    found, books = counts.summary(tenant, now), posting.balance(tenant)
    nothing = Sum(0, 0)

    def period(made: Sum, paid: Sum) -> dict[str, object]:
        return {"made": asdict(made), "paid": asdict(paid)}

    def month(of: tuple[int, int]) -> dict[str, object]:
        return period(found.made.get(of, nothing), found.payments.get(of, nothing))

    return shapes.Summary.model_validate(
        {name: asdict(getattr(found, name)) for name in ("due", "paid", "open", "overdue")}
        | {
            "day": today,
            "reconciled": {
                "cents": books.open_cents + books.posted_cents,
                "posted_cents": books.posted_cents,
                "open_cents": books.open_cents,
                "anomalous_cents": books.anomalous_cents,
            },
            "states": {state: asdict(one) for state, one in found.states.items()},
            "services": [
                asdict(one) | {"service": code, "subject": services.get(code, "")}
                for code, one in found.services.items()
            ],
            "month": month((today.year, today.month)),
            "year": period(*found.of_year(today.year)),
            "months": [
                {"year": of[0], "month": of[1]} | month(of)
                for of in sorted(found.made.keys() | found.payments.keys())
            ],
        }
    )


# ------------------------------------------------------------------ exports
def _export(found: Export) -> shapes.Export:
    said = {
        name: value
        for name, value in asdict(found.wanted).items()
        if value not in (None, "") and name != "persons"
    }
    if found.wanted.persons is not None:
        said["debtor"] = True
    return shapes.Export.model_validate(asdict(found) | {"filter": said})


@route(
    bp, "POST", "/v1/body/exports", "body:read", "Write what the archive's filters list to a file",
    shapes.Export, body=shapes.NewExport, status=202, idempotency_key=True,
)  # fmt: skip
def begin_export(request: Request) -> shapes.Export:
    wanted: shapes.NewExport = request.body
    tenant = request.caller.tenant
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    record = acting.entry(request, Action.POSITIONS_EXPORTED, "positions", format=wanted.format)
    with work.waking() as wakes:
        found = exports.begin(
            tenant, wanted_of(tenant, wanted), wanted.format, clock.now(), key, wakes, [record]
        )
    return _export(found)


@route(bp, "GET", "/v1/body/exports", "body:read", "Exports, newest first", shapes.Exports)
def list_exports(request: Request) -> shapes.Exports:
    return shapes.Exports(
        exports=[_export(one) for one in exports.list_exports(request.caller.tenant)]
    )


@route(
    bp, "GET", "/v1/body/exports/{export_id}", "body:read", "How far an export is", shapes.Export
)  # fmt: skip
def get_export(request: Request) -> shapes.Export:
    return _export(exports.get(request.caller.tenant, request.path["export_id"]))


@route(
    bp, "GET", "/v1/body/exports/{export_id}/file", "body:read", "A link to the file of an export",
    dues_shapes.Link,
)  # fmt: skip
def export_file(request: Request) -> dues_shapes.Link:
    name = request.path["export_id"]
    url, file_name = exports.link(request.caller.tenant, name)
    acting.read(request, Action.POSITION_READ, f"export:{name}")
    return dues_shapes.Link(url=url, file_name=file_name, expires_in_s=limits.DOWNLOAD_LINK_S)
