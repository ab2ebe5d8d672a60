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
from chalicelib.payments.citizen.tickets import Ticket
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
    found, cursor = tickets.list_tickets(
        request.caller.tenant, query.cursor, query.limit, query.state or ""
    )
    if found:
        acting.read(request, Action.HELP_READ, "help", count=len(found))
    return shapes.HelpRequests(requests=[_help(one) for one in found], cursor=cursor or None)


def _help(found: Ticket) -> shapes.HelpRequest:
    asked = found.request
    return shapes.HelpRequest(
        id=found.id, at=found.at, state=found.state, by=found.by, changed_at=found.changed_at,
        version=found.version, language=asked.language, name=asked.name, email=asked.mail,
        notice=asked.notice, text=asked.text,
    )  # fmt: skip


@route(
    bp, "GET", "/v1/body/help/{help_id}", "body:read", "One request for help", shapes.HelpRequest
)  # fmt: skip
def get_help(request: Request) -> shapes.HelpRequest:
    name = request.path["help_id"]
    found = tickets.get(request.caller.tenant, name)
    acting.read(request, Action.HELP_READ, f"help:{name}")
    return _help(found)


@route(
    bp, "PUT", "/v1/body/help/{help_id}", "body:write",
    "Say that a request was answered, closed, or is open again", shapes.HelpRequest,
    body=shapes.HelpDecision,
)  # fmt: skip
def decide_help(request: Request) -> shapes.HelpRequest:
    name, wanted = request.path["help_id"], request.body
    record = acting.entry(request, Action.HELP_CHANGED, f"help:{name}", state=wanted.state)
    by = f"{request.actor.kind}:{request.actor.id}"
    return _help(
        tickets.decide(
            request.caller.tenant, name, wanted.state, wanted.version, clock.now(), by, [record]
        )
    )


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
