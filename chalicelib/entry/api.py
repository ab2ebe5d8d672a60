"""The hub API under /v1."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts import audit
from chalicelib.accounts import service as accounts
from chalicelib.accounts.audit import Action
from chalicelib.accounts.customer import Channel
from chalicelib.accounts.model import Caller
from chalicelib.base import clock, config, ids, limits, work
from chalicelib.base.dynamo import Put
from chalicelib.base.errors import NotFound
from chalicelib.entry import account_shapes, acting, answers, openapi, shapes, web
from chalicelib.entry.web import Request, route
from chalicelib.invoicing import decisions, handing, hub, own, own_help
from chalicelib.invoicing.document import Document
from chalicelib.payments import invoices

bp = Blueprint(__name__)


@route(bp, "GET", "/v1/health", web.PUBLIC, "Whether the API answers", account_shapes.Health)
def health(request: Request) -> account_shapes.Health:
    return account_shapes.Health(status="ok")


@route(bp, "GET", "/v1/openapi.json", web.PUBLIC, "This description")
def describe(request: Request) -> dict[str, Any]:
    return openapi.document(config.get("PUBLIC_URL", "/"))


@route(
    bp, "GET", own_help.PATH, web.PUBLIC, "How to sign and send to SdI by oneself",
    shapes.SendingHelp, query=shapes.HelpQuery,
)  # fmt: skip
def help_sending(request: Request) -> shapes.SendingHelp:
    return answers.sending_help(own_help.PAGES[request.query.language])


# ------------------------------------------------------------------ handing in
def _customer_said(caller: Caller, customer: str | None, channel: Channel | None = None) -> str:
    """The customer that a request speaks of; a key for one customer speaks of him only. He must
    be one who hands in by the `channel`."""
    if caller.customer and customer and customer != caller.customer:
        raise NotFound("customer")
    said = caller.customer or customer or ""
    if said and (channel or not caller.customer):
        found = accounts.get_customer(caller.tenant, said)
        if channel:
            accounts.require_channel(found, channel)
    return said


@route(
    bp, "POST", "/v1/uploads", "documents:write", "Places to upload many files to",
    shapes.Uploads, body=shapes.NewUploads, status=201, repeatable=True,
)  # fmt: skip
def create_uploads(request: Request) -> shapes.Uploads:
    wanted: shapes.NewUploads = request.body
    found = handing.reserve(
        request.caller,
        [one.name for one in wanted.files],
        _customer_said(request.caller, wanted.customer, "upload"),
        clock.now(),
        request.idempotency_key or secrets.token_hex(16),
        wanted.keep,
    )
    return shapes.Uploads(
        uploads=[
            shapes.UploadPlace(
                id=one.id,
                file_name=one.file_name,
                url=one.url,
                fields=one.fields,
                status_url=f"/v1/flows/{one.id}",
            )
            for one in found
        ],
        expires_in_s=limits.UPLOAD_LINK_S,
    )


@route(
    bp, "POST", "/v1/documents", "documents:write", "Hand in one document (its bytes are the body)",
    shapes.HandedIn, body=bytes, query=shapes.HandInQuery, status=202, idempotency_key=True,
)  # fmt: skip
def hand_in(request: Request) -> shapes.HandedIn:
    found = handing.hand_in(
        request.caller,
        request.idempotency_key,
        request.query.name,
        _customer_said(request.caller, request.query.customer, "api"),
        request.raw,
        clock.now(),
        request.query.keep,
    )
    return shapes.HandedIn(id=found, status_url=f"/v1/flows/{found}")


@route(
    bp, "POST", "/v1/invoices", "documents:write",
    "Compose an invoice from values and hand it in", shapes.ComposedInvoice,
    body="chalicelib.entry.compose_shapes:NewInvoice", query=shapes.ComposeQuery, status=202,
    idempotency_key=True,
)  # fmt: skip
def compose_invoice(request: Request) -> shapes.ComposedInvoice:
    from chalicelib.invoicing import compose

    now = clock.now()
    customer = _customer_said(request.caller, request.query.customer, "api")
    name = handing.composed_name(request.caller, request.idempotency_key)
    own = accounts.get_profile(request.caller.tenant, customer) if customer else None
    values = request.body.values(config.get("TRANSMITTER"), name[:10], own)
    composed = compose.compose(values, clock.rome_day(now))
    found = handing.hand_in(
        request.caller,
        request.idempotency_key,
        f"composed-{name}.xml",
        customer,
        composed.data,
        now,
    )
    return shapes.ComposedInvoice(
        id=found,
        status_url=f"/v1/flows/{found}",
        totals=[
            shapes.Totals(
                taxable=one.taxable,
                tax=one.tax,
                total=one.total,
                withheld=one.withheld,
                payable=one.payable,
            )
            for one in composed.totals
        ],
    )


@route(
    bp, "POST", "/v1/check", "documents:write",
    "Everything that SdI would say of a file, without sending it", shapes.Checked,
    body=bytes, query=shapes.CheckQuery,
)  # fmt: skip
def check(request: Request) -> shapes.Checked:
    caller, query = request.caller, request.query
    found = hub.check(
        caller.tenant, caller.customer, query.name, request.raw, clock.now(), query.language
    )
    return shapes.Checked.model_validate(found)


# ------------------------------------------------------------------ flows and documents
def _filter(caller: Caller, query: shapes.Listing) -> hub.Filter:
    given = query.model_dump(exclude={"cursor", "limit", "customer"}, exclude_none=True)
    for name in ("amount_min", "amount_max"):
        if name in given:
            given[name] = Decimal(given[name])
    if caller.customer and query.customer and query.customer != caller.customer:
        raise NotFound("customer")
    return hub.Filter(customer=caller.customer or query.customer or "", **given)


def _page(request: Request, *, flows: bool) -> hub.Page:
    query: shapes.Listing = request.query
    wanted = _filter(request.caller, query)
    return hub.page(request.caller.tenant, wanted, query.cursor, query.limit, flows=flows)


@route(
    bp, "GET", "/v1/flows", "flows:read", "Every file that came, newest first", shapes.Flows,
    query=shapes.Listing,
)  # fmt: skip
def list_flows(request: Request) -> shapes.Flows:
    page = _page(request, flows=True)
    return shapes.Flows(
        flows=[answers.flow(one) for one in page.documents], cursor=page.cursor or None
    )


@route(bp, "GET", "/v1/flows/{flow_id}", "flows:read", "One file that came", shapes.Flow)
def get_flow(request: Request) -> shapes.Flow:
    caller, flow_id = request.caller, request.path["flow_id"]
    try:
        return answers.flow(decisions.require(caller.tenant, flow_id, caller.customer))
    except NotFound:
        slot = hub.announced(caller.tenant, flow_id, caller.customer)
    return answers.awaited(flow_id, slot)


@route(
    bp, "GET", "/v1/documents", "documents:read", "Documents, newest first", shapes.Documents,
    query=shapes.Listing,
)  # fmt: skip
def list_documents(request: Request) -> shapes.Documents:
    page = _page(request, flows=False)
    return shapes.Documents(
        documents=[shapes.DocumentSummary(**answers.summary(one)) for one in page.documents],
        cursor=page.cursor or None,
    )


def _document(request: Request) -> Document:
    caller = request.caller
    found = decisions.require(caller.tenant, request.path["document_id"], caller.customer)
    if not decisions.is_document(found):
        raise NotFound("document")
    return found


def _detail(tenant: str, document: Document) -> shapes.DocumentDetail:
    return answers.detail(document, *hub.timeline(tenant, document))


def _by(request: Request) -> str:
    """Who decides, for the document's own history."""
    return f"{request.actor.kind}:{request.actor.id}"


def _act(request: Request, action: Action, document: Document, what: str = "", **facts: str) -> Put:
    """A decision on a document, for the audit trail: one for each version that it is made on."""
    name = f"{document.id}-{what or document.version}"
    about = f"document:{document.id}"
    return acting.entry(request, action, about, name, version=document.version, **facts)


def _decided(tenant: str, document: Document) -> shapes.DocumentDetail:
    """What a decision answers, the first time and again."""
    return answers.detail(document, *hub.timeline_then(tenant, document))


@route(
    bp, "GET", "/v1/documents/{document_id}", "documents:read",
    "One document: values, timeline, SdI's messages", shapes.DocumentDetail,
)  # fmt: skip
def get_document(request: Request) -> shapes.DocumentDetail:
    tenant, document = request.caller.tenant, _document(request)
    found = _detail(tenant, document)
    paid = invoices.paid(tenant, document.id) if request.caller.kind == "body" else None
    if paid is None:
        return found
    return found.model_copy(update={"pagopa": shapes.PagopaPayment(**vars(paid))})


@route(
    bp, "GET", "/v1/documents/{document_id}/files", "documents:read",
    "Short-lived links to its files", shapes.Files,
)  # fmt: skip
def get_files(request: Request) -> shapes.Files:
    document = _document(request)
    found = hub.files(request.caller.tenant, document)
    acting.read(request, Action.FILES_READ, f"document:{document.id}", files=len(found))
    return shapes.Files(
        files=[
            shapes.File(
                kind=one.kind, name=one.name, url=one.url, expires_in_s=limits.DOWNLOAD_LINK_S
            )
            for one in found
        ]
    )


@route(
    bp, "GET", "/v1/documents/{document_id}/copy", "documents:read",
    "A courtesy copy in PDF", shapes.CourtesyCopy, query=shapes.CopyQuery,
)  # fmt: skip
def get_copy(request: Request) -> shapes.CourtesyCopy:
    document, language = _document(request), request.query.language
    found = hub.courtesy_copy(request.caller.tenant, document, language)
    acting.read(request, Action.COPY_READ, f"document:{document.id}", language=language)
    return shapes.CourtesyCopy(name=found.name, url=found.url, expires_in_s=limits.DOWNLOAD_LINK_S)


@route(
    bp, "POST", "/v1/documents/{document_id}/decision", "documents:write",
    "Send or discard a held document", shapes.DocumentDetail, body=shapes.Decision,
    repeatable=True,
)  # fmt: skip
def decide(request: Request) -> shapes.DocumentDetail:
    caller, wanted = request.caller, request.body
    document = _document(request)
    customer = _customer_said(caller, wanted.customer) if wanted.customer else ""
    released = wanted.action == "send"
    act = Action.DOCUMENT_RELEASED if released else Action.DOCUMENT_DISCARDED
    with work.waking() as wakes:
        decided = decisions.decide(
            caller.tenant,
            document,
            wanted.action,
            customer,
            _by(request),
            wakes,
            clock.now(),
            request.idempotency_key,
            [_act(request, act, document, customer=customer)],
        )
    return _decided(caller.tenant, decided)


@route(
    bp, "POST", "/v1/documents/{document_id}/resend", "documents:write",
    "Send a rejected document again under a new name", shapes.DocumentDetail, repeatable=True,
)  # fmt: skip
def resend(request: Request) -> shapes.DocumentDetail:
    caller, document = request.caller, _document(request)
    with work.waking() as wakes:
        sent = decisions.resend(
            caller.tenant, document, _by(request), wakes, clock.now(), request.idempotency_key,
            [_act(request, Action.DOCUMENT_RESENT, document)],
        )  # fmt: skip
    return _decided(caller.tenant, sent)


@route(
    bp, "POST", "/v1/documents/{document_id}/signed", "documents:write",
    "Bring back a document that its customer signed", shapes.DocumentDetail, body=bytes,
)  # fmt: skip
def bring_signed(request: Request) -> shapes.DocumentDetail:
    caller, document = request.caller, _document(request)
    with work.waking() as wakes:
        taken = own.signed(
            caller.tenant, document, request.raw, _by(request), wakes, clock.now(),
            [_act(request, Action.DOCUMENT_SIGNED, document)],
        )  # fmt: skip
    return _detail(caller.tenant, taken)


@route(
    bp, "POST", "/v1/documents/{document_id}/sent", "documents:write",
    "Say that the customer sent it to SdI himself", shapes.DocumentDetail,
    body=shapes.SentByOwner,
)  # fmt: skip
def mark_sent(request: Request) -> shapes.DocumentDetail:
    caller, document = request.caller, _document(request)
    with work.waking() as wakes:
        sent = own.sent(
            caller.tenant, document, request.body.name, _by(request), wakes, clock.now(),
            [_act(request, Action.DOCUMENT_MARKED_SENT, document)],
        )  # fmt: skip
    return _detail(caller.tenant, sent)


@route(
    bp, "POST", "/v1/documents/{document_id}/receipts", "documents:write",
    "Bring a receipt of SdI for a document that the customer sent himself",
    shapes.HandedIn, body=bytes, query=shapes.ReceiptQuery, status=202,
)  # fmt: skip
def bring_receipt(request: Request) -> shapes.HandedIn:
    document = _document(request)
    own.receipt(request.caller.tenant, document, request.query.name, request.raw)
    brought = _act(request, Action.DOCUMENT_RECEIPT_BROUGHT, document, ids.sha256(request.raw))
    audit.record(brought)
    return shapes.HandedIn(id=document.id, status_url=f"/v1/documents/{document.id}")


@route(
    bp, "GET", "/v1/numbering", "documents:read",
    "Gaps, backward dates and duplicates in one issuer's numbers of one year",
    shapes.Numbering, query=shapes.NumberingQuery,
)  # fmt: skip
def numbering(request: Request) -> shapes.Numbering:
    caller, query = request.caller, request.query
    issuer = query.issuer.upper()
    customer = accounts.customer_of(caller.tenant, [issuer])
    if caller.customer and (customer is None or customer.id != caller.customer):
        raise NotFound("numbering")
    sections = customer.sections if customer else ()
    found = hub.numbering_report(caller.tenant, issuer, query.year, sections)
    return answers.numbering(issuer, query.year, found)
