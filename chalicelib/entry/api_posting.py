"""Posting under /v1/body/posting: runs, orders (reversali), the journal.

For accounting programs: `GET /v1/body/posting/journal?since=<next>` tells every entry once and in
order, each with its order; `…/orders/{reversale_id}` and `…/assessments/{assessment_id}` are where
it leads.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounting.posting import (
    answers,
    browsing,
    exports,
    service,
    source,
    treasury,
)
from chalicelib.accounting.posting.browsing import EntryFilter, OrderFilter
from chalicelib.accounting.posting.ledger import Entry
from chalicelib.accounting.posting.model import Classification, Draft, Order, Said, Setting
from chalicelib.accounting.posting.service import Wanted
from chalicelib.accounting.posting.store import Kept, Run
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting, dues_shapes, position_shapes
from chalicelib.entry import posting_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.dues import store as due_store

bp = Blueprint(__name__)
_ROOT = "/v1/body/posting"


def _by(request: Request) -> str:
    return f"{request.actor.kind}:{request.actor.id}"


# ------------------------------------------------------------------ setting
def _setting(found: Setting) -> shapes.PostingSetting:
    return shapes.PostingSetting.model_validate(asdict(found))


@route(
    bp, "GET", f"{_ROOT}/setting", "body:read", "How the body posts", shapes.PostingSetting
)  # fmt: skip
def get_posting_setting(request: Request) -> shapes.PostingSetting:
    return _setting(service.get_setting(request.caller.tenant))


@route(
    bp, "PUT", f"{_ROOT}/setting", "body:write", "Say how the body posts", shapes.PostingSetting,
    body=shapes.PostingSetting,
)  # fmt: skip
def save_posting_setting(request: Request) -> shapes.PostingSetting:
    said = request.body.model_dump()
    known = {name: Classification(**one) for name, one in said["classifications"].items()}
    record = acting.entry(request, Action.BODY_CHANGED, "posting")
    wanted = Setting(**said | {"classifications": known})
    return _setting(service.save_setting(request.caller.tenant, wanted, [record]))


# ------------------------------------------------------------------ what may be posted
@route(
    bp, "GET", f"{_ROOT}/open", "body:read", "Payments that may be posted", shapes.Opens,
    query=shapes.OpenQuery,
)  # fmt: skip
def list_open_payments(request: Request) -> shapes.Opens:
    query: shapes.OpenQuery = request.query
    found = source.list_payments(
        request.caller.tenant, flow=query.flow, statement=query.statement, until=query.until
    )
    payments = [shapes.Open.model_validate(asdict(one)) for one in found]
    return shapes.Opens(cents=sum(one.cents for one in found), payments=payments)


def _said(said: shapes.Said) -> Said:
    return Said(said.day, said.counterpart, said.account)


def _wanted(run: shapes.NewRun) -> Wanted:
    return Wanted(
        mode=run.mode, name=run.name, said=_said(run),
        changes={key: _said(one) for key, one in run.changes.items()},
        only=tuple(run.only), without=tuple(run.without),
    )  # fmt: skip


def _problems(found: Iterable[tuple[str, str]]) -> list[shapes.Problem]:
    return [shapes.Problem(payment=key, code=code) for key, code in found]


@route(
    bp, "POST", f"{_ROOT}/preview", "body:read", "What a run would make; nothing is written",
    shapes.Preview, body=shapes.NewRun,
)  # fmt: skip
def preview_posting(request: Request) -> shapes.Preview:
    found = service.preview(request.caller.tenant, _wanted(request.body))
    return shapes.Preview(
        cents=sum(draft.cents for _, draft in found.drafts),
        drafts=[
            shapes.Draft.model_validate(_drafted(draft) | {"number": number})
            for number, draft in found.drafts
        ],
        problems=_problems((one.key, one.code) for one in found.problems),
    )


@route(
    bp, "POST", f"{_ROOT}/runs", "body:write", "Post what a statement or a flow brought",
    shapes.Run, body=shapes.NewRun, status=202, idempotency_key=True,
)  # fmt: skip
def begin_posting(request: Request) -> shapes.Run:
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    record = acting.entry(request, Action.POSTED, "posting", mode=request.body.mode)
    with work.waking() as wakes:
        found = service.begin(
            request.caller.tenant, _wanted(request.body), clock.now(), _by(request), key, wakes,
            [record],
        )  # fmt: skip
    return _run(found)


def _run(found: Run) -> shapes.Run:
    said = asdict(found) | {"problems": _problems(found.problems)}
    return shapes.Run.model_validate(said)


@route(bp, "GET", f"{_ROOT}/runs", "body:read", "Runs, newest first", shapes.Runs)
def list_posting_runs(request: Request) -> shapes.Runs:
    return shapes.Runs(runs=[_run(one) for one in service.list_runs(request.caller.tenant)])


@route(bp, "GET", f"{_ROOT}/runs/{{run_id}}", "body:read", "How far a run is", shapes.Run)
def get_posting_run(request: Request) -> shapes.Run:
    return _run(service.get_run(request.caller.tenant, request.path["run_id"]))


# ------------------------------------------------------------------ orders
def _drafted(draft: Draft) -> dict[str, object]:
    said = asdict(draft)
    lines = [one | {"receipt": one["iur"]} for one in said["lines"]]
    return said | {"cents": draft.cents, "residual_year": draft.year, "lines": lines}


def _summary(order: Order) -> dict[str, object]:
    said = _drafted(order.draft)
    for name in ("id", "year", "number", "state", "outcome"):
        said[name] = getattr(order, name)
    return said | {"treasury": asdict(order.treasury) if order.treasury else None}


@route(
    bp, "GET", f"{_ROOT}/orders", "body:read", "Orders (reversali) of a year by number",
    shapes.Orders, query=shapes.OrdersQuery,
)  # fmt: skip
def list_collection_orders(request: Request) -> shapes.Orders:
    query: shapes.OrdersQuery = request.query
    wanted = OrderFilter(**query.model_dump(exclude={"cursor", "limit"}))
    found, cursor = browsing.list_orders(request.caller.tenant, wanted, query.cursor, query.limit)
    if found:
        acting.read(request, Action.POSTINGS_READ, "orders", count=len(found))
    orders = [shapes.OrderSummary.model_validate(_summary(one)) for one in found]
    return shapes.Orders(orders=orders, cursor=cursor or None)


@route(
    bp, "GET", f"{_ROOT}/orders/{{reversale_id}}", "body:read",
    "An order with its payments, assessments and what the treasurer said", shapes.Order,
)  # fmt: skip
def get_collection_order(request: Request) -> shapes.Order:
    name = request.path["reversale_id"]
    found = _order(request.caller.tenant, name)
    acting.read(request, Action.POSTINGS_READ, f"order:{name}")
    return found


def _order(tenant: str, name: str) -> shapes.Order:
    kept = service.get_order(tenant, name)
    order = kept.order
    told = [
        asdict(one) | {"good": one.good, "state": one.state}
        for one in answers.outcomes_of(tenant, order.id)
    ]
    return shapes.Order.model_validate(
        _summary(order)
        | {"by": order.by, "at": order.at, "entry": order.seq, "reversed_by": order.reversed_by}
        | {"together": list(kept.together), "outcomes": told}
    )


@route(
    bp, "GET", "/v1/body/positions/{position_id}/orders", "body:read",
    "The orders (reversali) that posted payments of a debt position",
    position_shapes.PositionOrders,
)  # fmt: skip
def position_orders(request: Request) -> position_shapes.PositionOrders:
    name = request.path["position_id"]
    found = browsing.orders_of(request.caller.tenant, name)
    if found:
        acting.read(request, Action.POSTINGS_READ, f"position:{name}", count=len(found))
    return position_shapes.PositionOrders(
        orders=[
            position_shapes.PositionOrder.model_validate(_summary(order) | {"cents": cents})
            for order, cents in found
        ]
    )


@route(
    bp, "POST", f"{_ROOT}/orders/{{reversale_id}}/reverse", "body:write",
    "Take an order back by a new entry, with those posted together with it", shapes.Order,
    body=shapes.Reversal,
)  # fmt: skip
def reverse_order(request: Request) -> shapes.Order:
    name, tenant = request.path["reversale_id"], request.caller.tenant
    record = acting.entry(
        request, Action.POSTING_REVERSED, f"order:{name}", reason=request.body.note
    )
    service.reverse(tenant, name, request.body.note, clock.now(), _by(request), [record])
    return _order(tenant, name)


@route(
    bp, "PUT", f"{_ROOT}/orders/{{reversale_id}}/provisional", "body:write",
    "The number of the provvisorio di entrata that an order regularises", shapes.Order,
    body=shapes.Provisional,
)  # fmt: skip
def set_provisional(request: Request) -> shapes.Order:
    name, tenant = request.path["reversale_id"], request.caller.tenant
    record = acting.entry(
        request, Action.POSTED, f"order:{name}", state="provisional", number=request.body.number
    )
    treasury.set_provisional(tenant, name, request.body.number, [record])
    return _order(tenant, name)


@route(
    bp, "GET", f"{_ROOT}/assessments/{{assessment_id}}", "body:read",
    "An assessment (accertamento) and the orders that brought its money", shapes.Assessment,
)  # fmt: skip
def get_assessment(request: Request) -> shapes.Assessment:
    tenant, name = request.caller.tenant, request.path["assessment_id"]
    item = due_store.get_assessment(tenant, name)
    if item is None:
        raise NotFound("assessment")
    found = service.collected(tenant, name)
    return shapes.Assessment(
        id=name, chapter=item["chapter"], provenance=item["provenance"], year=item["year"],
        cents=item["cents"], collected_cents=sum(one.cents for one in found),
        collected=[
            shapes.Collected(order=one.order, payment=one.payment, cents=one.cents, day=one.day,
                             entry=one.seq)
            for one in found
        ],
    )  # fmt: skip


# ------------------------------------------------------------------ the journal
@route(
    bp, "GET", f"{_ROOT}/journal", "body:read",
    "Every entry once and in order, for accounting programs", shapes.Journal,
    query=shapes.JournalQuery,
)  # fmt: skip
def read_journal(request: Request) -> shapes.Journal:
    query: shapes.JournalQuery = request.query
    found = service.feed(request.caller.tenant, query.since, query.limit)
    if found:
        acting.read(request, Action.POSTINGS_READ, "journal", count=len(found))
    following = found[-1][0].seq if found else query.since
    return shapes.Journal(entries=_entries(found), next=following, more=len(found) == query.limit)


def _entries(found: Iterable[tuple[Entry, Kept | None]]) -> list[shapes.JournalEntry]:
    return [
        shapes.JournalEntry.model_validate(
            asdict(entry) | {"order": _summary(kept.order) if kept else None}
        )
        for entry, kept in found
    ]


@route(
    bp, "GET", f"{_ROOT}/entries", "body:read",
    "Entries of the journal by filters, the newest first", shapes.Entries,
    query=shapes.EntriesQuery,
)  # fmt: skip
def list_entries(request: Request) -> shapes.Entries:
    query: shapes.EntriesQuery = request.query
    wanted = EntryFilter(query.kind, query.first, query.last)
    found = browsing.list_entries(request.caller.tenant, wanted, query.before, query.limit)
    if found.entries:
        acting.read(request, Action.POSTINGS_READ, "entries", count=len(found.entries))
    return shapes.Entries(entries=_entries(found.entries), before=found.before)


@route(
    bp, "GET", f"{_ROOT}/balance", "body:read", "What came, what is open, what is posted",
    shapes.Balance,
)  # fmt: skip
def posting_balance(request: Request) -> shapes.Balance:
    return _balance(request.caller.tenant)


def _balance(tenant: str) -> shapes.Balance:
    found = service.balance(tenant)
    chapters = [
        shapes.ChapterBalance(year=year, chapter=chapter, cents=cents)
        for (year, chapter), cents in sorted(found.chapters.items())
    ]
    return shapes.Balance.model_validate(
        asdict(found) | {"chapters": chapters, "closed_until": service.closed_until(tenant)}
    )


@route(
    bp, "POST", f"{_ROOT}/close", "body:write",
    "Close a period: nothing is entered into it any more", shapes.Balance, body=shapes.Closing,
)  # fmt: skip
def close_period(request: Request) -> shapes.Balance:
    until = request.body.until
    record = acting.entry(request, Action.PERIOD_CLOSED, "posting", until=until.isoformat())
    service.close(request.caller.tenant, until, clock.now(), [record])
    return _balance(request.caller.tenant)


@route(
    bp, "GET", f"{_ROOT}/export", "body:read", "Orders or payments as CSV or XLSX, no formulas",
    dues_shapes.Link, query=shapes.ExportQuery,
)  # fmt: skip
def export_postings(request: Request) -> dues_shapes.Link:
    query: shapes.ExportQuery = request.query
    acting.read(request, Action.POSTINGS_READ, "posting", kind=query.what, format=query.format)
    url, name = exports.link(
        request.caller.tenant, query.what, query.format, query.first, query.last
    )
    return dues_shapes.Link(url=url, file_name=name, expires_in_s=limits.DOWNLOAD_LINK_S)
