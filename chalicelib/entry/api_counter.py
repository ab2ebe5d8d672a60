"""For a body's own people, beside the portal: ready-made services, requests for help, what a payer
wrote into a form. Under /v1/body."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting, body_shapes
from chalicelib.entry import portal_shapes as shapes
from chalicelib.entry.api_bodies import form_answer, service_answer
from chalicelib.entry.api_portal import price_answer
from chalicelib.entry.web import Request, route
from chalicelib.payments import bodies
from chalicelib.payments.citizen import services, tickets
from chalicelib.payments.presets import PRESETS, Preset

bp = Blueprint(__name__)


@route(
    bp, "GET", "/v1/body/presets", "body:read", "Services that bodies usually offer",
    shapes.Presets,
)  # fmt: skip
def list_presets(request: Request) -> shapes.Presets:
    return shapes.Presets(presets=[_preset(one) for one in PRESETS.values()])


def _preset(one: Preset) -> shapes.Preset:
    return shapes.Preset(
        code=one.code,
        subject=one.subject,
        description=body_shapes.Description(**vars(one.description)),
        price=price_answer(one.price),
        form=shapes.ServiceForm(fields=form_answer(one.form)),
    )


@route(
    bp, "POST", "/v1/body/presets/{preset_id}", "body:write",
    "Offer such a service, to an account of one's own", body_shapes.Service,
    body=shapes.TakePreset, status=201,
)  # fmt: skip
def take_preset(request: Request) -> body_shapes.Service:
    wanted: shapes.TakePreset = request.body
    preset = PRESETS.get(request.path["preset_id"])
    if preset is None:
        raise NotFound("preset")
    iban = "".join(wanted.iban.split()).upper()
    service = preset.service(wanted.taxonomy, iban, wanted.chapter, wanted.cents, wanted.active)
    record = acting.entry(request, Action.SERVICE_CHANGED, f"service:{service.code}", version=1)
    made = bodies.save_service(request.caller.tenant, service, clock.now(), [record])
    return service_answer(made)


@route(
    bp, "GET", "/v1/body/help", "body:read", "Requests for help, newest first",
    shapes.HelpRequests, query=shapes.HelpQuery,
)  # fmt: skip
def list_help(request: Request) -> shapes.HelpRequests:
    query: shapes.HelpQuery = request.query
    found, cursor = tickets.list_tickets(request.caller.tenant, query.cursor, query.limit)
    if found:
        acting.read(request, Action.HELP_READ, "help", count=len(found))
    listed = [
        shapes.HelpRequest(
            id=one.id, at=one.at, language=one.request.language, name=one.request.name,
            email=one.request.mail, notice=one.request.notice, text=one.request.text,
        )
        for one in found
    ]  # fmt: skip
    return shapes.HelpRequests(requests=listed, cursor=cursor or None)


@route(
    bp, "GET", "/v1/body/positions/{position_id}/form", "body:read",
    "What the payer wrote into the service's form", shapes.FilledForm,
)  # fmt: skip
def position_form(request: Request) -> shapes.FilledForm:
    name = request.path["position_id"]
    found = services.filled_in(request.caller.tenant, name, "it")
    if found:
        acting.read(request, Action.POSITION_READ, f"position:{name}")
    return shapes.FilledForm(
        fields=[
            shapes.FilledField(name=field, label=label, value=value)
            for field, label, value in found
        ]
    )
