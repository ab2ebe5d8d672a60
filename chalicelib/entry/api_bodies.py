"""A body's setting under /v1/body: its codes, accounts, logo, services, the taxonomy."""

from __future__ import annotations

import base64
from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.entry import acting
from chalicelib.entry import body_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments import bodies, taxonomy
from chalicelib.payments.body import (
    MODES,
    Account,
    Body,
    Contacts,
    Mode,
    Segregation,
    Service,
)
from chalicelib.payments.forms import Choice, Form, Texts
from chalicelib.payments.forms import Field as FormField
from chalicelib.payments.notice.model import Postal
from chalicelib.payments.prices import Fixed, Free, Item, Price, Tariff

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/body", "body:read", "The body's setting", shapes.Body)
def get_body(request: Request) -> shapes.Body:
    return _body(bodies.get(request.caller.tenant))


def _body(found: Body) -> shapes.Body:
    return shapes.Body.model_validate(asdict(found))


@route(
    bp, "PUT", "/v1/body", "body:write", "Say the body's setting", shapes.Body, body=shapes.NewBody
)  # fmt: skip
def save_body(request: Request) -> shapes.Body:
    wanted: shapes.NewBody = request.body
    fields = {name: getattr(wanted, name) for name in type(wanted).model_fields}
    segregations = [one.model_dump() for one in wanted.segregations]
    new = Body(
        **fields
        | {
            "segregations": tuple(
                Segregation(**one | {"stations": tuple(one["stations"])}) for one in segregations
            ),
            "accounts": tuple(
                Account("".join(one.iban.split()).upper(), one.holder) for one in wanted.accounts
            ),
            "postal": Postal(**wanted.postal.model_dump()) if wanted.postal else None,
            "contacts": Contacts(**wanted.contacts.model_dump()),
            "modes": _modes(request.caller.tenant, wanted),
        }
    )
    record = acting.entry(request, Action.BODY_CHANGED, "body", version=new.version + 1)
    return _body(bodies.save(request.caller.tenant, new, [record]))


def _modes(tenant: str, wanted: shapes.NewBody) -> tuple[Mode, ...]:
    if wanted.modes is None:
        return bodies.modes_of(tenant)
    return tuple(one for one in MODES if one in wanted.modes)


@route(
    bp, "PUT", "/v1/body/logo", "body:write", "Another logo (its bytes: PNG, JPEG or SVG)",
    shapes.Body, body=bytes,
)  # fmt: skip
def save_logo(request: Request) -> shapes.Body:
    if not request.raw:
        raise Rejected("file_empty", "Send a picture; DELETE takes it away.")
    record = acting.entry(request, Action.BODY_CHANGED, "body:logo")
    return _body(bodies.save_logo(request.caller.tenant, request.raw, [record]))


@route(bp, "GET", "/v1/body/logo", "body:read", "The logo, to be looked at", shapes.Logo)
def get_logo(request: Request) -> shapes.Logo:
    tenant = request.caller.tenant
    data = bodies.logo_of(tenant, bodies.get(tenant))
    if not data:
        raise NotFound("logo")
    return shapes.Logo(type=bodies.picture_type(data), data=base64.b64encode(data).decode())


@route(bp, "DELETE", "/v1/body/logo", "body:write", "Print no logo", shapes.Body)
def drop_logo(request: Request) -> shapes.Body:
    record = acting.entry(request, Action.BODY_CHANGED, "body:logo")
    return _body(bodies.save_logo(request.caller.tenant, b"", [record]))


@route(
    bp, "GET", "/v1/body/checklist", "body:read", "What pagoPA's enrolment asks for",
    shapes.Checklist,
)  # fmt: skip
def body_checklist(request: Request) -> shapes.Checklist:
    found = bodies.readiness(request.caller.tenant)
    warnings = list(bodies.warnings())
    return shapes.Checklist(items=found, ready=all(found.values()), warnings=warnings)


@route(
    bp, "GET", "/v1/body/taxonomy", "body:read", "Codes of pagoPA's taxonomy in force today",
    shapes.Taxonomy, query=shapes.TaxonomyQuery,
)  # fmt: skip
def search_taxonomy(request: Request) -> shapes.Taxonomy:
    today = clock.rome_day(clock.now())
    found = taxonomy.search(request.query.words, today, limits.TAXONOMY_SHOWN)
    return shapes.Taxonomy(entries=[shapes.TaxonomyEntry(**vars(one)) for one in found])


# ------------------------------------------------------------------ services
@route(bp, "GET", "/v1/body/services", "body:read", "The catalogue of services", shapes.Services)
def list_services(request: Request) -> shapes.Services:
    found = bodies.list_services(request.caller.tenant)
    return shapes.Services(services=[service_answer(one) for one in found])


@route(bp, "GET", "/v1/body/services/{service_id}", "body:read", "A service", shapes.Service)
def get_service(request: Request) -> shapes.Service:
    return service_answer(bodies.get_service(request.caller.tenant, request.path["service_id"]))


@route(
    bp, "PUT", "/v1/body/services/{service_id}", "body:write", "Offer a service or change it",
    shapes.Service, body=shapes.NewService,
)  # fmt: skip
def save_service(request: Request) -> shapes.Service:
    wanted: shapes.NewService = request.body
    new = Service(
        code=request.path["service_id"],
        subject=wanted.subject,
        taxonomy=wanted.taxonomy,
        iban="".join(wanted.iban.split()).upper(),
        chapter=wanted.chapter,
        price=_price(wanted),
        active=wanted.active,
        stamp=wanted.stamp,
        description=Texts(**wanted.description.model_dump()),
        form=tuple(form_field(one) for one in wanted.form),
        version=wanted.version,
    )
    record = acting.entry(
        request, Action.SERVICE_CHANGED, f"service:{new.code}", version=new.version + 1
    )
    return service_answer(bodies.save_service(request.caller.tenant, new, clock.now(), [record]))


def form_answer(form: Form) -> list[shapes.FormField]:
    """A form as it is said."""
    return [shapes.FormField.model_validate(asdict(one)) for one in form]


def form_field(wanted: shapes.FormField) -> FormField:
    """A field of a form as the domain has it."""
    choices = tuple(Choice(one.code, Texts(**one.label.model_dump())) for one in wanted.choices)
    return FormField(
        wanted.name, Texts(**wanted.label.model_dump()), wanted.type, wanted.required, choices,
        wanted.most_chars,
    )  # fmt: skip


def _price(wanted: shapes.NewService) -> Price | None:
    price = wanted.price
    if price is None:
        return None
    if isinstance(price, shapes.FixedPrice):
        return Fixed(price.cents)
    if isinstance(price, shapes.FreePrice):
        return Free(price.least_cents, price.most_cents)
    return Tariff(tuple(Item(**one.model_dump()) for one in price.items))


_KINDS = {Fixed: "fixed", Tariff: "tariff", Free: "free"}


def service_answer(found: Service) -> shapes.Service:
    """A service as it is said."""
    price = asdict(found.price) | {"kind": _KINDS[type(found.price)]} if found.price else None
    return shapes.Service.model_validate(asdict(found) | {"price": price})
