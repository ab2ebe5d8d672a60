"""Debt positions under /v1/body/positions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date

from chalice.app import Blueprint

from chalicelib.accounting import reopening
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting, api_generation, api_office, dues_shapes
from chalicelib.entry import position_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments import amounts, bodies, invoices
from chalicelib.payments.amounts import Rule, Turn
from chalicelib.payments.dues import values
from chalicelib.payments.dues.model import Person
from chalicelib.payments.pagopa import looking, told
from chalicelib.payments.positions import archive, editing, model, positions
from chalicelib.payments.positions.editing import Amount, Edit
from chalicelib.payments.positions.model import Payment
from chalicelib.payments.positions.plans import ByHand, Plan
from chalicelib.payments.positions.positions import Outside, Shown, Wanted
from chalicelib.payments.stamps import Stamp

bp = Blueprint(__name__)


def _today() -> date:
    return clock.rome_day(clock.now())


def _by(request: Request) -> str:
    return f"{request.actor.kind}:{request.actor.id}"


def _summary(found: Shown) -> dict[str, object]:
    today = _today()
    position = model.on(found.position, today)
    payments = [
        asdict(one)
        | {"notice": one.notice, "asked_cents": model.asked(position, one, today).cents}
        | {"anew": one.anew.position if one.anew else ""}
        for one in position.payments
    ]
    person = {"name": found.person.name, "tax_code": found.person.tax_code}
    return asdict(position) | person | {"payments": payments}


def _whole(tenant: str, position_id: str) -> shapes.Position:
    found, events = positions.show(tenant, position_id)
    transfers = [asdict(one) for one in model.transfers(found.position.lines)]
    known = {name: getattr(found.person, name) for name in shapes.DebtorKnown.model_fields}
    tied = invoices.of_position(tenant, position_id)
    return shapes.Position.model_validate(
        _summary(found)
        | {"transfers": transfers, "timeline": events, "debtor": known}
        | {"pagopa": asdict(told.get(tenant, position_id))}
        | {"invoice": asdict(tied) if tied else None}
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
    return {"rules": rules, "amounts": api_generation.amounts_of(_turns(position))}


def _turns(position: model.Position) -> list[Turn]:
    """What the whole asks for from today on, where it is asked for and rules change it."""
    whole = position.whole
    if whole is None or whole.state != "unpaid" or not position.rules:
        return []
    return amounts.calendar(whole.cents, position.rules, _today())


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


def _planned(wanted: shapes.Planned | None) -> Plan | ByHand | None:
    if isinstance(wanted, shapes.PlanByHand):
        return ByHand(tuple((one.cents, one.due) for one in wanted.instalments), wanted.whole)
    return Plan(**wanted.model_dump()) if wanted else None


def _wanted(wanted: shapes.Asked, person: Person, reason: str) -> Wanted:
    return Wanted(
        service=wanted.service, person=person, reason=reason, due=wanted.due,
        chosen=wanted.chosen, cents=wanted.cents, manual=wanted.manual,
        stamp=Stamp(**wanted.stamp.model_dump()) if wanted.stamp else None,
        ends=wanted.ends, hard_end=wanted.hard_end, plan=_planned(wanted.plan),
    )  # fmt: skip


@route(
    bp, "POST", "/v1/body/positions/preview", "body:read",
    "What a spontaneous debt position would ask for; nothing is written", shapes.AskedPreview,
    body=shapes.Asked,
)  # fmt: skip
def preview_position(request: Request) -> shapes.AskedPreview:
    tenant = request.caller.tenant
    said = _wanted(request.body, Person(tax_code="", name=""), reason="")  # nobody is asked yet
    service = bodies.get_service(tenant, said.service)
    lines, asked = positions.drawn(bodies.get(tenant), service, said, clock.now())
    return _previewed(sum(line.cents for line in lines), asked)


def _previewed(
    cents: int, asked: Iterable[Payment], turns: Iterable[Turn] = ()
) -> shapes.AskedPreview:
    payments = [shapes.AskedPayment.model_validate(asdict(one)) for one in asked]
    by_day = api_generation.amounts_of(turns)
    return shapes.AskedPreview(cents=cents, payments=payments, amounts=by_day)


@route(
    bp, "POST", "/v1/body/positions", "body:write", "Make a spontaneous debt position",
    shapes.Position, body=shapes.NewPosition, status=201, idempotency_key=True,
)  # fmt: skip
def make_position(request: Request) -> shapes.Position:
    wanted: shapes.NewPosition = request.body
    tenant = request.caller.tenant
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    said = _wanted(wanted, Person(**_checked(wanted.debtor.model_dump())), wanted.reason)
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
    name, tenant = request.path["position_id"], request.caller.tenant
    record = acting.entry(request, Action.POSITION_CHANGED, f"position:{name}")
    editing.edit(tenant, name, _edit(request.body), clock.now(), _by(request), [record])
    return _whole(tenant, name)


def _edit(wanted: shapes.Edit) -> Edit:
    debtor = wanted.debtor.model_dump(exclude_none=True) if wanted.debtor else {}
    return Edit(
        version=wanted.version, subject=wanted.subject, reason=wanted.reason, due=wanted.due,
        days={one.number: one.due for one in wanted.instalments}, ends=wanted.ends,
        hard_end=wanted.hard_end, debtor=_checked(debtor),
        amount=Amount(**wanted.amount.model_dump()) if wanted.amount else None,
        rules=None if wanted.rules is None else tuple(_rule(one) for one in wanted.rules),
    )  # fmt: skip


def _rule(said: shapes.NewRule) -> Rule:
    return Rule(
        said.kind, said.reason, said.first, said.last, said.cents, said.percent / 100,
        said.yearly_percent / 100,
    )  # fmt: skip


@route(
    bp, "POST", "/v1/body/positions/{position_id}/preview", "body:read",
    "What a debt position would ask for after a change; nothing is written", shapes.AskedPreview,
    body=shapes.Edit,
)  # fmt: skip
def preview_edit(request: Request) -> shapes.AskedPreview:
    name, tenant = request.path["position_id"], request.caller.tenant
    new = editing.preview(tenant, name, _edit(request.body), clock.now())
    return _previewed(new.cents, new.payments, _turns(new))


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
