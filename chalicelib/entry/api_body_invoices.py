"""Invoices that a body issues and that are paid through pagoPA: POST /v1/body/invoices."""

from __future__ import annotations

import dataclasses

from chalice.app import Blueprint

from chalicelib.accounting.events_fpc import service as training
from chalicelib.accounts.audit import Action
from chalicelib.base import clock, config
from chalicelib.entry import acting, shapes
from chalicelib.entry.web import Request, route
from chalicelib.invoicing import handing
from chalicelib.payments import bodies, invoices
from chalicelib.payments.positions import positions

bp = Blueprint(__name__)


@route(
    bp, "POST", "/v1/body/invoices", "body:write",
    "Issue an invoice whose money a debt position asks for: its payment block carries the notice",
    shapes.ComposedInvoice, body="chalicelib.entry.body_invoice_shapes:NewBodyInvoice", status=202,
    idempotency_key=True,
)  # fmt: skip
def issue_body_invoice(request: Request) -> shapes.ComposedInvoice:
    from chalicelib.invoicing import compose

    tenant, now = request.caller.tenant, clock.now()
    body = bodies.get(tenant)
    shown, _ = positions.show(tenant, request.body.position)
    name = handing.composed_name(request.caller, request.idempotency_key)
    values = request.body.invoice(
        config.get("TRANSMITTER"), name[:10], training.seller(tenant, body)
    )
    document = handing.document_id(request.caller, request.idempotency_key)
    if not invoices.is_made_for(tenant, document, shown.position.id):
        # Else it is the same request again.
        invoices.require(values, shown.position, shown.person, body.fiscal_code)
    payments = invoices.payments_of(shown.position)
    values = dataclasses.replace(
        values, documents=(dataclasses.replace(values.documents[0], payments=payments),)
    )
    composed = compose.compose(values, clock.rome_day(now))
    customer = invoices.customer_of(tenant, values.seller.identity.vat, now)
    record = acting.entry(
        request, Action.POSITION_CHANGED, f"position:{shown.position.id}", document=document
    )
    invoices.tie(tenant, document, shown.position.id, (record,))
    found = handing.hand_in(
        request.caller, request.idempotency_key, f"composed-{name}.xml", customer, composed.data,
        now,
    )  # fmt: skip
    return shapes.ComposedInvoice(
        id=found,
        status_url=f"/v1/flows/{found}",
        totals=[
            shapes.Totals(
                taxable=one.taxable, tax=one.tax, total=one.total, withheld=one.withheld,
                payable=one.payable,
            )
            for one in composed.totals
        ],
    )  # fmt: skip
