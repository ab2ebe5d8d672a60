"""Flows under /v1/body/flows and debt positions under /v1/body/positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from chalice.app import Blueprint

from chalicelib.accounting import reopening
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting, api_dues, api_office, dues_shapes
from chalicelib.entry import position_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments import amounts
from chalicelib.payments.amounts import Turn
from chalicelib.payments.dues import values
from chalicelib.payments.dues.filters import Filter
from chalicelib.payments.dues.model import Person
from chalicelib.payments.pagopa import looking, told
from chalicelib.payments.positions import archive, editing, flows, model, positions
from chalicelib.payments.positions.editing import Amount, Edit
from chalicelib.payments.positions.grouping import Change, Parameters, Plan
from chalicelib.payments.positions.positions import Outside, Shown, Wanted
from chalicelib.payments.positions.store import Flow
from chalicelib.payments.stamps import Stamp

bp = Blueprint(__name__)


def _today() -> date:
    return clock.rome_day(clock.now())


def _by(request: Request) -> str:
    return f"{request.actor.kind}:{request.actor.id}"


# ------------------------------------------------------------------ flows
def _flow(found: Flow) -> shapes.Flow:
    return shapes.Flow.model_validate(asdict(found) | {"excluded": len(found.excluded)})


@route(
    bp, "POST", "/v1/body/flows", "body:write", "List the open dues that are to be asked for",
    shapes.Flow, body=shapes.NewFlow, status=202, idempotency_key=True,
)  # fmt: skip
def begin_flow(request: Request) -> shapes.Flow:
    said = request.body.model_dump()
    for name in ("categories", "chapters", "services"):
        said[name] = tuple(said[name])
    wanted = Filter(**said | {"batch": said["batch"] or ""})
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    with work.waking() as wakes:
        return _flow(flows.begin(request.caller.tenant, wanted, clock.now(), key, wakes))


@route(bp, "GET", "/v1/body/flows", "body:read", "Flows, newest first", shapes.Flows)
def list_position_flows(request: Request) -> shapes.Flows:
    return shapes.Flows(flows=[_flow(one) for one in flows.list_flows(request.caller.tenant)])


@route(bp, "GET", "/v1/body/flows/{generation_id}", "body:read", "How far a flow is", shapes.Flow)
def get_position_flow(request: Request) -> shapes.Flow:
    return _flow(flows.get(request.caller.tenant, request.path["generation_id"]))


@route(
    bp, "GET", "/v1/body/flows/{generation_id}/dues", "body:read", "The list of a flow",
    shapes.Listed, query=shapes.PageQuery,
)  # fmt: skip
def flow_dues(request: Request) -> shapes.Listed:
    query: shapes.PageQuery = request.query
    name = request.path["generation_id"]
    found = flows.page(request.caller.tenant, name, query.offset, query.limit)
    if found:
        acting.read(request, Action.DUES_READ, f"flow:{name}", count=len(found))
    return shapes.Listed(dues=[api_dues.due_answer(one) for one in found])


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/exclude", "body:write", "Take dues off the list",
    shapes.Flow, body=shapes.Exclusion,
)  # fmt: skip
def exclude_dues(request: Request) -> shapes.Flow:
    return _flow(
        flows.exclude(request.caller.tenant, request.path["generation_id"], request.body.dues)
    )


def _changes(wanted: list[shapes.Change]) -> tuple[Change, ...]:
    return tuple(
        Change(
            kind=one.kind,
            reason=one.reason,
            days=one.days,
            cents=one.cents,
            rate=one.percent / 100,
            yearly_rate=one.yearly_percent / 100,
        )
        for one in wanted
    )


def _amounts(found: Iterable[Turn]) -> list[shapes.AmountFrom]:
    return [
        shapes.AmountFrom(
            day=one.day,
            cents=one.due.cents,
            parts=[shapes.AmountPart(**vars(part)) for part in one.due.parts],
            daily=one.daily,
        )
        for one in found
    ]


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/preview", "body:read",
    "What a due of the list would ask for by the day; nothing is written", shapes.Preview,
    body=shapes.NewPreview,
)  # fmt: skip
def preview_amounts(request: Request) -> shapes.Preview:
    wanted: shapes.NewPreview = request.body
    fee = wanted.late_fee_cents, wanted.late_fee_days
    found = flows.preview(
        request.caller.tenant, request.path["generation_id"], wanted.due, fee,
        _changes(wanted.changes), _today(),
    )  # fmt: skip
    return shapes.Preview(cents=found.cents, due=found.due, amounts=_amounts(found.turns))


@route(
    bp, "POST", "/v1/body/flows/{generation_id}/generate", "body:write",
    "Make debt positions of the list", shapes.Flow, body=shapes.Parameters, status=202,
)  # fmt: skip
def generate_positions(request: Request) -> shapes.Flow:
    name, wanted, now = request.path["generation_id"], request.body, clock.now()
    given = Parameters(
        description=wanted.description,
        ends=wanted.ends or flows.default_end(now),
        due=wanted.due,
        grouped=wanted.grouped,
        subject=wanted.subject,
        plan=Plan(**wanted.plan.model_dump()) if wanted.plan else None,
        late_fee_cents=wanted.late_fee_cents,
        late_fee_days=wanted.late_fee_days,
        changes=_changes(wanted.changes),
        hard_end=wanted.hard_end,
    )
    record = acting.entry(request, Action.POSITIONS_GENERATED, f"flow:{name}")
    with work.waking() as wakes:
        return _flow(flows.generate(request.caller.tenant, name, given, now, wakes, [record]))


# ------------------------------------------------------------------ positions
def _summary(found: Shown) -> dict[str, object]:
    today = _today()
    position = model.on(found.position, today)
    payments = [
        asdict(one) | {"notice": one.notice, "asked_cents": model.asked(position, one, today).cents}
        for one in position.payments
    ]
    person = {"name": found.person.name, "tax_code": found.person.tax_code}
    return asdict(position) | person | {"payments": payments}


def _whole(tenant: str, position_id: str) -> shapes.Position:
    found, events = positions.show(tenant, position_id)
    transfers = [asdict(one) for one in model.transfers(found.position.lines)]
    known = {name: getattr(found.person, name) for name in shapes.DebtorKnown.model_fields}
    return shapes.Position.model_validate(
        _summary(found)
        | {"transfers": transfers, "timeline": events, "debtor": known}
        | {"pagopa": asdict(told.get(tenant, position_id))}
        | _ruled(found.position)
    )


def _ruled(position: model.Position) -> dict[str, object]:
    """Its rules, and what they make of the amount."""
    rules = [
        {
            "percent": one.rate * 100,
            "yearly_percent": one.yearly_rate * 100,
            **{name: getattr(one, name) for name in ("kind", "reason", "first", "last", "cents")},
        }
        for one in position.rules
    ]
    whole = position.whole
    asks = whole is not None and whole.state == "unpaid" and position.rules
    turns = amounts.calendar(whole.cents, position.rules, _today()) if whole and asks else []
    return {"rules": rules, "amounts": _amounts(turns)}


@route(
    bp, "GET", "/v1/body/positions", "body:read", "Debt positions, paid and not",
    shapes.Positions, query=shapes.PositionsQuery,
)  # fmt: skip
def list_positions(request: Request) -> shapes.Positions:
    query: shapes.PositionsQuery = request.query
    with work.waking() as wakes:
        looking.look(request.caller.tenant, clock.now(), wakes)
    tenant, cursor = request.caller.tenant, ""
    if query.iuv:
        found = archive.by_iuv(tenant, query.iuv)
    else:
        wanted = api_office.wanted_of(tenant, query)
        found, cursor = archive.page(tenant, wanted, _today(), query.cursor, query.limit)
    if found:
        acting.read(request, Action.POSITION_READ, "positions", count=len(found))
    return shapes.Positions(
        positions=[shapes.PositionSummary.model_validate(_summary(one)) for one in found],
        cursor=cursor or None,
    )


def _checked(debtor: dict[str, str]) -> dict[str, str]:
    """What is said of a debtor, as it is kept. Rejected `debtor_malformed`, with the `problem`."""
    kinds = {"tax_code": values.tax_code, "mail": values.mail, "pec": values.mail}
    try:
        return {
            name: kinds[name](said) if name in kinds and said else said
            for name, said in debtor.items()
        }
    except ValueError as problem:
        raise Rejected(
            "debtor_malformed", "This cannot be the debtor's.", problem=str(problem)
        ) from problem


@route(
    bp, "POST", "/v1/body/positions", "body:write", "Make a spontaneous debt position",
    shapes.Position, body=shapes.NewPosition, status=201, idempotency_key=True,
)  # fmt: skip
def make_position(request: Request) -> shapes.Position:
    wanted: shapes.NewPosition = request.body
    tenant = request.caller.tenant
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    debtor = _checked(wanted.debtor.model_dump())
    said = Wanted(
        service=wanted.service, person=Person(**debtor), reason=wanted.reason, due=wanted.due,
        chosen=wanted.chosen, cents=wanted.cents, manual=wanted.manual,
        stamp=Stamp(**wanted.stamp.model_dump()) if wanted.stamp else None,
        ends=wanted.ends, hard_end=wanted.hard_end,
    )  # fmt: skip
    record = acting.entry(request, Action.POSITION_CHANGED, "position", state="made")
    made = positions.make(tenant, said, clock.now(), _by(request), key, [record])
    return _whole(tenant, made.id)


@route(
    bp, "GET", "/v1/body/positions/{position_id}", "body:read",
    "A debt position with its timeline", shapes.Position,
)  # fmt: skip
def get_position(request: Request) -> shapes.Position:
    name = request.path["position_id"]
    found = _whole(request.caller.tenant, name)
    acting.read(request, Action.POSITION_READ, f"position:{name}")
    return found


@route(
    bp, "PATCH", "/v1/body/positions/{position_id}", "body:write",
    "Change what is not paid yet", shapes.Position, body=shapes.Edit,
)  # fmt: skip
def edit_position(request: Request) -> shapes.Position:
    name, wanted, tenant = request.path["position_id"], request.body, request.caller.tenant
    debtor = wanted.debtor.model_dump(exclude_none=True) if wanted.debtor else {}
    said = Edit(
        version=wanted.version, subject=wanted.subject, reason=wanted.reason, due=wanted.due,
        days={one.number: one.due for one in wanted.instalments}, ends=wanted.ends,
        hard_end=wanted.hard_end, debtor=_checked(debtor),
        amount=Amount(**wanted.amount.model_dump()) if wanted.amount else None,
    )  # fmt: skip
    record = acting.entry(request, Action.POSITION_CHANGED, f"position:{name}")
    editing.edit(tenant, name, said, clock.now(), _by(request), [record])
    return _whole(tenant, name)


@route(
    bp, "POST", "/v1/body/positions/{position_id}/cancel", "body:write", "Ask for it no longer",
    shapes.Position,
)  # fmt: skip
def cancel_position(request: Request) -> shapes.Position:
    name, tenant = request.path["position_id"], request.caller.tenant
    record = acting.entry(request, Action.POSITION_CANCELLED, f"position:{name}")
    positions.cancel(tenant, name, clock.now(), _by(request), [record])
    return _whole(tenant, name)


@route(
    bp, "DELETE", "/v1/body/positions/{position_id}", "body:write",
    "Delete a spontaneous position that nobody paid", shapes.Position,
)  # fmt: skip
def delete_position(request: Request) -> shapes.Position:
    name, tenant = request.path["position_id"], request.caller.tenant
    record = acting.entry(request, Action.POSITION_CANCELLED, f"position:{name}")
    positions.delete(tenant, name, clock.now(), _by(request), [record])
    return _whole(tenant, name)


@route(
    bp, "POST", "/v1/body/positions/{position_id}/paid-outside", "body:write",
    "Record a payment made past the node", shapes.Position, body=shapes.PaidOutside,
)  # fmt: skip
def pay_outside(request: Request) -> shapes.Position:
    name, tenant = request.path["position_id"], request.caller.tenant
    record = acting.entry(
        request, Action.POSITION_CHANGED, f"position:{name}", state="paid_outside"
    )
    paid = Outside(**request.body.model_dump())
    positions.pay_outside(tenant, name, paid, clock.now(), _by(request), [record])
    return _whole(tenant, name)


@route(
    bp, "POST", "/v1/body/positions/{position_id}/reopen", "body:write",
    "Ask anew for a payment that its PSP has revoked", shapes.Position, body=shapes.Reopening,
)  # fmt: skip
def reopen_position(request: Request) -> shapes.Position:
    """The answer is the position that takes its place, under numbers of its own."""
    name, tenant = request.path["position_id"], request.caller.tenant
    record = acting.entry(request, Action.POSITION_CHANGED, f"position:{name}", state="reopened")
    with work.waking() as wakes:
        new = reopening.reopen(
            tenant, name, request.body.note, clock.now(), _by(request), wakes, [record]
        )
    return _whole(tenant, new.id)


@route(
    bp, "GET", "/v1/body/positions/{position_id}/notice", "body:read", "The payment notice as PDF",
    dues_shapes.Link,
)  # fmt: skip
def position_notice(request: Request) -> dues_shapes.Link:
    name = request.path["position_id"]
    url, file_name = positions.notice_link(request.caller.tenant, name, _today())
    acting.read(request, Action.NOTICE_READ, f"position:{name}")
    return dues_shapes.Link(url=url, file_name=file_name, expires_in_s=limits.DOWNLOAD_LINK_S)
