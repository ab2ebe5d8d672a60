"""Registers (albi) under /v1/body/registers, training events under /v1/body/training.

Dues of a register come in two steps: a fetch hands them to the import of dues, whose dry run is the
preview; its commit (`/v1/body/dues/imports/{id}/commit`) makes dues of them.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounting.events_fpc import service as training
from chalicelib.accounting.events_fpc.model import Event, Fiscal
from chalicelib.accounting.events_fpc.service import Registered
from chalicelib.accounting.registers import registry, service
from chalicelib.accounting.registers.contract import Setting
from chalicelib.accounting.registers.store import Fetch, Report
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting, dues_shapes
from chalicelib.entry import register_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.dues import values
from chalicelib.payments.dues.model import Person

bp = Blueprint(__name__)
_ROOT = "/v1/body/registers"
_TRAINING = "/v1/body/training"


# ------------------------------------------------------------------ registers
def _register(found: Setting) -> shapes.Register:
    return shapes.Register.model_validate(asdict(found))


@route(bp, "GET", _ROOT, "body:read", "Registers, and the kinds that there are", shapes.Registers)
def list_registers(request: Request) -> shapes.Registers:
    return shapes.Registers(
        registers=[_register(one) for one in service.list_registers(request.caller.tenant)],
        connectors=[
            shapes.Connector(name=one.name, label=one.label, formats=list(one.formats))
            for _, one in sorted(registry.known().items())
        ],
    )


@route(
    bp, "PUT", f"{_ROOT}/{{register_id}}", "body:write", "Say a register", shapes.Register,
    body=shapes.NewRegister,
)  # fmt: skip
def save_register(request: Request) -> shapes.Register:
    code = request.path["register_id"]
    said = request.body.model_dump()
    secret = said.pop("secret")
    record = acting.entry(request, Action.REGISTER_CHANGED, f"register:{code}")
    setting = Setting(code=code, **said)
    return _register(service.save(request.caller.tenant, setting, secret, [record]))


@route(
    bp, "DELETE", f"{_ROOT}/{{register_id}}", "body:write", "Forget a register; its dues stay",
    shapes.Planned,
)  # fmt: skip
def remove_register(request: Request) -> shapes.Planned:
    code = request.path["register_id"]
    record = acting.entry(request, Action.REGISTER_CHANGED, f"register:{code}", state="removed")
    service.remove(request.caller.tenant, code, [record])
    return shapes.Planned()


def _fetch(found: Fetch) -> shapes.Fetch:
    return shapes.Fetch.model_validate(asdict(found) | {"register_code": found.register})


@route(
    bp, "POST", f"{_ROOT}/{{register_id}}/fetches", "body:write",
    "Fetch the dues of a year for their dry run", shapes.Fetch, body=shapes.NewFetch, status=202,
    idempotency_key=True,
)  # fmt: skip
def fetch_dues(request: Request) -> shapes.Fetch:
    code = request.path["register_id"]
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    record = acting.entry(request, Action.REGISTER_FETCHED, f"register:{code}")
    with work.waking() as wakes:
        found = service.begin(
            request.caller.tenant, code, request.body.year, clock.now(), key, wakes, [record]
        )
    return _fetch(found)


@route(
    bp, "GET", "/v1/body/register-fetches", "body:read", "Fetches, newest first", shapes.Fetches
)  # fmt: skip
def list_fetches(request: Request) -> shapes.Fetches:
    found = service.list_fetches(request.caller.tenant)
    return shapes.Fetches(fetches=[_fetch(one) for one in found])


@route(
    bp, "GET", "/v1/body/register-fetches/{fetch_id}", "body:read", "What became of a fetch",
    shapes.Fetch,
)  # fmt: skip
def get_fetch(request: Request) -> shapes.Fetch:
    return _fetch(service.get_fetch(request.caller.tenant, request.path["fetch_id"]))


@route(
    bp, "POST", f"{_ROOT}/{{register_id}}/publish", "body:write",
    "Tell a register of the notices of a flow of positions", shapes.Planned, body=shapes.Publish,
    status=202,
)  # fmt: skip
def publish_notices(request: Request) -> shapes.Planned:
    code, tenant = request.path["register_id"], request.caller.tenant
    record = acting.entry(request, Action.REGISTER_TOLD, f"register:{code}")
    with work.waking() as wakes:
        service.publish(tenant, code, request.body.flow, clock.now(), wakes, [record])
    return shapes.Planned()


def _report(found: Report) -> shapes.Report:
    return shapes.Report.model_validate(asdict(found) | {"register_code": found.register})


@route(
    bp, "GET", "/v1/body/register-reports", "body:read",
    "What registers were told, newest first; those that failed wait for a person", shapes.Reports,
    query=shapes.ReportsQuery,
)  # fmt: skip
def list_reports(request: Request) -> shapes.Reports:
    found = service.list_reports(request.caller.tenant, request.query.state or "")
    return shapes.Reports(reports=[_report(one) for one in found])


@route(
    bp, "GET", "/v1/body/register-reports/{report_id}", "body:read",
    "What a register was told, due by due", shapes.Report,
)  # fmt: skip
def get_report(request: Request) -> shapes.Report:
    return _report(service.get_report(request.caller.tenant, request.path["report_id"]))


@route(
    bp, "POST", "/v1/body/register-reports/{report_id}/retry", "body:write",
    "Tell a register again what it did not take", shapes.Report, status=202,
)  # fmt: skip
def retry_report(request: Request) -> shapes.Report:
    name = request.path["report_id"]
    record = acting.entry(request, Action.REGISTER_TOLD, f"report:{name}", state="again")
    with work.waking() as wakes:
        found = service.retry(request.caller.tenant, name, clock.now(), wakes, [record])
    return _report(found)


# ------------------------------------------------------------------ training events
@route(
    bp, "GET", f"{_TRAINING}/fiscal", "body:read", "What is issued for a registration",
    shapes.Fiscal,
)  # fmt: skip
def get_training_fiscal(request: Request) -> shapes.Fiscal:
    return shapes.Fiscal.model_validate(asdict(training.get_fiscal(request.caller.tenant)))


@route(
    bp, "PUT", f"{_TRAINING}/fiscal", "body:write", "Say what is issued for a registration",
    shapes.Fiscal, body=shapes.Fiscal,
)  # fmt: skip
def save_training_fiscal(request: Request) -> shapes.Fiscal:
    record = acting.entry(request, Action.BODY_CHANGED, "training")
    wanted = Fiscal(**request.body.model_dump())
    found = training.save_fiscal(request.caller.tenant, wanted, [record])
    return shapes.Fiscal.model_validate(asdict(found))


def _event(found: Event) -> shapes.Event:
    return shapes.Event.model_validate(asdict(found))


@route(bp, "GET", f"{_TRAINING}/events", "body:read", "Training events", shapes.Events)
def list_training_events(request: Request) -> shapes.Events:
    found = training.list_events(request.caller.tenant)
    return shapes.Events(events=[_event(one) for one in found])


@route(
    bp, "PUT", f"{_TRAINING}/events/{{event_id}}", "body:write", "Offer a training event",
    shapes.Event, body=shapes.NewEvent,
)  # fmt: skip
def save_training_event(request: Request) -> shapes.Event:
    name = request.path["event_id"]
    record = acting.entry(request, Action.TRAINING_CHANGED, f"event:{name}")
    wanted = Event(id=name, **request.body.model_dump())
    return _event(training.save_event(request.caller.tenant, wanted, [record]))


@route(
    bp, "GET", f"{_TRAINING}/events/{{event_id}}", "body:read", "A training event", shapes.Event
)  # fmt: skip
def get_training_event(request: Request) -> shapes.Event:
    return _event(training.get_event(request.caller.tenant, request.path["event_id"]))


def _registration(found: Registered) -> shapes.Registration:
    person = {"name": found.person.name, "tax_code": found.person.tax_code}
    return shapes.Registration.model_validate(
        asdict(found.registration)
        | person
        | {"orders": list(found.orders), "flow_state": found.flow_state}
    )


@route(
    bp, "POST", f"{_TRAINING}/events/{{event_id}}/registrations", "body:write",
    "Register somebody: makes the debt position that he pays by", shapes.Registration,
    body=shapes.NewRegistration, status=201, idempotency_key=True,
)  # fmt: skip
def register_person(request: Request) -> shapes.Registration:
    name, said = request.path["event_id"], request.body.debtor.model_dump()
    key = f"{request.caller.key_id}:{request.idempotency_key}"
    try:
        said["tax_code"] = values.tax_code(said["tax_code"])
        for field in ("mail", "pec"):
            said[field] = values.mail(said[field]) if said[field] else ""
    except ValueError as problem:
        raise Rejected(
            "debtor_malformed", "This cannot be the debtor's.", problem=str(problem)
        ) from problem
    record = acting.entry(request, Action.TRAINING_CHANGED, f"event:{name}", state="registered")
    by = f"{request.actor.kind}:{request.actor.id}"
    found = training.register(
        request.caller.tenant, name, Person(**said), clock.now(), by, key, [record]
    )
    return _registration(found)


@route(
    bp, "GET", f"{_TRAINING}/events/{{event_id}}/registrations", "body:read", "Who takes part",
    shapes.Registrations,
)  # fmt: skip
def list_registrations(request: Request) -> shapes.Registrations:
    name = request.path["event_id"]
    found = training.list_registrations(request.caller.tenant, name)
    if found:
        acting.read(request, Action.TRAINING_READ, f"event:{name}", count=len(found))
    return shapes.Registrations(registrations=[_registration(one) for one in found])


@route(
    bp, "GET", f"{_TRAINING}/events/{{event_id}}/registrations/{{registration_id}}", "body:read",
    "A registration with its payment, orders and fiscal document", shapes.Registration,
)  # fmt: skip
def get_registration(request: Request) -> shapes.Registration:
    event, name = request.path["event_id"], request.path["registration_id"]
    found = training.show(request.caller.tenant, event, name)
    acting.read(request, Action.TRAINING_READ, f"registration:{name}")
    return _registration(found)


@route(
    bp, "POST", f"{_TRAINING}/events/{{event_id}}/registrations/{{registration_id}}/pay",
    "body:write", "The page of pagoPA's Checkout where a registration is paid", shapes.PayPage,
    status=201,
)  # fmt: skip
def pay_registration(request: Request) -> shapes.PayPage:
    event, name = request.path["event_id"], request.path["registration_id"]
    cart = training.pay(
        request.caller.tenant, event, name, request.actor.source, secrets.token_urlsafe(18),
        clock.now(),
    )  # fmt: skip
    acting.read(request, Action.TRAINING_CHANGED, f"registration:{name}", state="paying")
    return shapes.PayPage(redirect=cart.redirect, cart=cart.id, expires_at=cart.expires_at)


@route(
    bp, "GET", f"{_TRAINING}/events/{{event_id}}/registrations/{{registration_id}}/document",
    "body:read", "The fiscal document of a registration", dues_shapes.Link,
)  # fmt: skip
def registration_document(request: Request) -> dues_shapes.Link:
    event, name = request.path["event_id"], request.path["registration_id"]
    url, file_name = training.document_link(request.caller.tenant, event, name)
    acting.read(request, Action.TRAINING_READ, f"registration:{name}", kind="document")
    return dues_shapes.Link(url=url, file_name=file_name, expires_in_s=limits.DOWNLOAD_LINK_S)


@route(
    bp, "POST", f"{_TRAINING}/events/{{event_id}}/registrations/{{registration_id}}/document/send",
    "body:write", "Give the invoice to the journey of invoices", shapes.Registration, status=202,
)  # fmt: skip
def send_registration_document(request: Request) -> shapes.Registration:
    event, name = request.path["event_id"], request.path["registration_id"]
    tenant = request.caller.tenant
    record = acting.entry(request, Action.TRAINING_CHANGED, f"registration:{name}", state="sent")
    training.hand_over(tenant, event, name, clock.now(), [record])
    return _registration(training.show(tenant, event, name))
