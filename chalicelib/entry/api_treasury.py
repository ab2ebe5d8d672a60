"""The treasurer under /v1/body/posting: how he is known, flows of orders for him, his answers."""

from __future__ import annotations

from dataclasses import asdict

from chalice.app import Blueprint

from chalicelib.accounting.posting import answers, treasury
from chalicelib.accounting.posting.answers import Message
from chalicelib.accounting.posting.opi import Treasurer
from chalicelib.accounting.posting.treasury import Flow, Trusted
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, work
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting
from chalicelib.entry import treasury_shapes as shapes
from chalicelib.entry.web import Request, route

bp = Blueprint(__name__)
_ROOT = "/v1/body/posting"


# ------------------------------------------------------------------ who he is
@route(
    bp, "GET", f"{_ROOT}/treasurer", "body:read", "How the treasurer is known", shapes.Treasurer
)  # fmt: skip
def get_treasurer(request: Request) -> shapes.Treasurer:
    return shapes.Treasurer.model_validate(asdict(treasury.get_treasurer(request.caller.tenant)))


@route(
    bp, "PUT", f"{_ROOT}/treasurer", "body:write", "Say how the treasurer is known",
    shapes.Treasurer, body=shapes.Treasurer,
)  # fmt: skip
def save_treasurer(request: Request) -> shapes.Treasurer:
    record = acting.entry(request, Action.BODY_CHANGED, "treasurer")
    wanted = Treasurer(**request.body.model_dump())
    found = treasury.save_treasurer(request.caller.tenant, wanted, [record])
    return shapes.Treasurer.model_validate(asdict(found))


def _signers(found: Trusted) -> shapes.TrustedSigners:
    certificates = [
        shapes.TrustedSigner(
            sha256=one.sha256, subject=one.subject, issuer=one.issuer, not_before=one.not_before,
            not_after=one.not_after,
        )
        for one in found.described()
    ]  # fmt: skip
    return shapes.TrustedSigners(certificates=certificates, version=found.version)


@route(
    bp, "GET", f"{_ROOT}/treasurer/certificates", "body:read",
    "By whose signature the treasurer's answers count", shapes.TrustedSigners,
)  # fmt: skip
def get_treasurer_certificates(request: Request) -> shapes.TrustedSigners:
    return _signers(treasury.get_trusted(request.caller.tenant))


@route(
    bp, "PUT", f"{_ROOT}/treasurer/certificates", "body:write",
    "Say by whose signature the treasurer's answers count", shapes.TrustedSigners,
    body=shapes.NewTrustedSigners,
)  # fmt: skip
def save_treasurer_certificates(request: Request) -> shapes.TrustedSigners:
    said: shapes.NewTrustedSigners = request.body
    record = acting.entry(
        request, Action.BODY_CHANGED, "treasurer_certificates", version=said.version + 1
    )
    found = treasury.save_trusted(
        request.caller.tenant, said.pem, said.version, clock.now(), [record]
    )
    return _signers(found)


# ------------------------------------------------------------------ what he is told
def _flow(found: Flow) -> shapes.OpiFlow:
    orders = [shapes.OpiOrder(operation=operation, order=one) for operation, one in found.orders]
    return shapes.OpiFlow.model_validate(asdict(found) | {"orders": orders})


@route(
    bp, "POST", f"{_ROOT}/opi-flows", "body:write",
    "Make the next flow of orders for the treasurer (OPI flusso_ordinativi)", shapes.OpiFlow,
    body=shapes.NewOpiFlow, status=201,
)  # fmt: skip
def make_opi_flow(request: Request) -> shapes.OpiFlow:
    year = request.body.year
    record = acting.entry(request, Action.POSTINGS_TOLD, f"opi:{year}")
    with work.waking() as wakes:
        return _flow(treasury.make(request.caller.tenant, year, clock.now(), wakes, [record]))


@route(
    bp, "GET", f"{_ROOT}/opi-flows", "body:read", "Flows of orders, newest first",
    shapes.OpiFlows, query=shapes.OpiQuery,
)  # fmt: skip
def list_opi_flows(request: Request) -> shapes.OpiFlows:
    found = treasury.list_flows(request.caller.tenant, request.query.year)
    return shapes.OpiFlows(flows=[_flow(one) for one in found])


def _named(request: Request) -> tuple[int, int]:
    year, number = request.path["opi_year"], request.path["opi_number"]
    if not (year.isdecimal() and number.isdecimal() and len(year + number) < 12):
        raise NotFound("flow")
    return int(year), int(number)


@route(
    bp, "GET", f"{_ROOT}/opi-flows/{{opi_year}}/{{opi_number}}", "body:read",
    "The file of a flow, signed where a key signs for the body", shapes.OpiFile,
)  # fmt: skip
def opi_flow_file(request: Request) -> shapes.OpiFile:
    year, number = _named(request)
    url, name, flow = treasury.link(request.caller.tenant, year, number)
    acting.read(request, Action.POSTINGS_READ, f"opi:{year}", number=number)
    return shapes.OpiFile(
        url=url, file_name=name, signed=flow.signature == "signed",
        expires_in_s=limits.DOWNLOAD_LINK_S,
    )  # fmt: skip


@route(
    bp, "POST", f"{_ROOT}/opi-flows/{{opi_year}}/{{opi_number}}/sign", "body:write",
    "Have a flow signed that was made before a key signed for the body", shapes.OpiFlow,
    status=202,
)  # fmt: skip
def sign_opi_flow(request: Request) -> shapes.OpiFlow:
    year, number = _named(request)
    record = acting.entry(
        request, Action.POSTINGS_TOLD, f"opi:{year}", number=number, state="signature"
    )
    with work.waking() as wakes:
        found = treasury.ask_signature(
            request.caller.tenant, year, number, clock.now(), wakes, [record]
        )
    return _flow(found)


# ------------------------------------------------------------------ what he answers
def _message(found: Message) -> shapes.OpiMessage:
    return shapes.OpiMessage.model_validate(asdict(found))


@route(
    bp, "POST", f"{_ROOT}/opi-outcomes", "body:write",
    "Hand in a message of outcomes (messaggi_esito_applicativo)", shapes.OpiMessage,
    query=shapes.MessageQuery, body=bytes, status=202,
)  # fmt: skip
def take_opi_outcomes(request: Request) -> shapes.OpiMessage:
    record = acting.entry(request, Action.POSTINGS_TOLD, "outcomes")
    with work.waking() as wakes:
        found = answers.hand_in(
            request.caller.tenant, request.query.name, request.raw, clock.now(), wakes, [record]
        )
    return _message(found)


@route(
    bp, "GET", f"{_ROOT}/opi-outcomes", "body:read",
    "Messages of outcomes, newest first, with what they say of orders that are none of ours",
    shapes.OpiMessages,
)  # fmt: skip
def list_opi_outcomes(request: Request) -> shapes.OpiMessages:
    found = answers.list_messages(request.caller.tenant)
    return shapes.OpiMessages(messages=[_message(one) for one in found])


@route(
    bp, "GET", f"{_ROOT}/opi-outcomes/{{opi_message_id}}", "body:read",
    "What became of a message of outcomes", shapes.OpiMessage,
)  # fmt: skip
def get_opi_outcomes(request: Request) -> shapes.OpiMessage:
    return _message(answers.get(request.caller.tenant, request.path["opi_message_id"]))
