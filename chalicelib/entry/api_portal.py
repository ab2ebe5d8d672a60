"""The public portal under /v1/portal: bodies, search, carts, spontaneous services, receipts, help.

Nobody is logged in. Whoever is asked for more than he may say gets one answer for all reasons, and
may not ask often; what a search found is named by a key of its own afterwards.
"""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from chalice.app import Blueprint

from chalicelib.base import clock, limits, work
from chalicelib.entry import portal_shapes as shapes
from chalicelib.entry import web
from chalicelib.entry.api_bodies import form_answer
from chalicelib.entry.body_shapes import Description
from chalicelib.entry.web import File, Request, route
from chalicelib.payments import stamps
from chalicelib.payments.body import Body, Service
from chalicelib.payments.checkout import service as checkout
from chalicelib.payments.citizen import directory, finding, handles, services, showing, tickets
from chalicelib.payments.citizen.finding import Hit
from chalicelib.payments.citizen.handles import Handle
from chalicelib.payments.citizen.services import Asked
from chalicelib.payments.forms import Texts
from chalicelib.payments.prices import Fixed, Free, Price
from chalicelib.payments.stamps import Stamp

bp = Blueprint(__name__)
PDF = ("application/pdf",)


# ------------------------------------------------------------------ bodies and services
@route(bp, "GET", "/v1/portal/bodies", web.PUBLIC, "Bodies that collect here", shapes.PortalBodies)
def portal_bodies(request: Request) -> shapes.PortalBodies:
    found = directory.everybody(clock.now())
    names = {body.fiscal_code: body.name for _, body in reversed(found)}
    listed = sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))
    return shapes.PortalBodies(
        items=[shapes.BodyName(code=code, name=name) for code, name in listed]
    )


@route(
    bp, "GET", "/v1/portal/bodies/{body_code}", web.PUBLIC,
    "A body, how it is reached and what can be paid to it without having been asked",
    shapes.PortalBody,
)  # fmt: skip
def portal_body(request: Request) -> shapes.PortalBody:
    tenant, body = directory.body(request.path["body_code"])
    today = clock.rome_day(clock.now())
    return shapes.PortalBody(
        code=body.fiscal_code,
        name=body.name,
        sector=body.sector,
        contacts=shapes.PortalContacts(**vars(body.contacts)),
        logo_url=_logo_url(body),
        services=[_service(one, today) for one in directory.offered(tenant)],
    )


def _logo_url(body: Body) -> str | None:
    return f"/v1/portal/bodies/{body.fiscal_code}/logo" if body.logo else None


def _service(one: Service, today: date) -> shapes.PortalService:
    description = one.description if one.description.it else Texts(one.subject)
    return shapes.PortalService(
        code=one.code,
        subject=one.subject,
        description=Description(**vars(description)),
        price=price_answer(one.price) if one.price else None,
        stamp_cents=stamps.cents_on(today) if one.stamp else None,
        form=shapes.ServiceForm(fields=form_answer(one.form)),
    )


def price_answer(price: Price) -> shapes.PortalPrice:
    """How a price is said to whoever pays it."""
    if isinstance(price, Fixed):
        return shapes.PortalPrice(kind="fixed", cents=price.cents)
    if isinstance(price, Free):
        return shapes.PortalPrice(
            kind="free", least_cents=price.least_cents, most_cents=price.most_cents
        )
    items = [
        shapes.PriceItem(
            code=one.code, label=one.label, cents=one.cents, most=limits.PRICE_QUANTITY
        )
        for one in price.items
    ]
    return shapes.PortalPrice(kind="tariffs", tariffs=items)


@route(
    bp, "GET", "/v1/portal/bodies/{body_code}/logo", web.PUBLIC, "A body's logo",
    file_types=("image/png", "image/svg+xml"),
)  # fmt: skip
def portal_logo(request: Request) -> File:
    data, kind, digest = directory.logo(request.path["body_code"])
    return File(data, kind, tag=digest, kept_s=limits.LOGO_KEPT_S)


# ------------------------------------------------------------------ search
@route(
    bp, "POST", "/v1/portal/search", web.PUBLIC,
    "What a notice asks for, by its number and the debtor's tax code, or by half of that",
    shapes.FoundNotice, body=shapes.NoticeSearch,
)  # fmt: skip
def portal_search(request: Request) -> shapes.FoundNotice:
    wanted: shapes.NoticeSearch = request.body
    now = clock.now()
    sought = finding.sought(
        wanted.notice, wanted.tax_code or "", wanted.body or "", wanted.link or ""
    )
    hit = finding.find(sought, request.actor.source, now)
    key, until = handles.write(hit.handle, now)
    full = hit.person is not None
    shown = showing.show(hit.position, hit.payment, full, hit.returned_at, now)
    answer: dict[str, Any] = vars(shown) | {
        "key": key,
        "expires_at": until,
        "full": full,
        "creditor": {"code": hit.body.fiscal_code, "name": hit.body.name},
    }
    if hit.person is not None:
        lines = [{"reason": reason, "cents": cents} for reason, cents in shown.lines or ()]
        answer |= {
            "debtor_name": hit.person.name,
            "lines": lines,
            "instalments": [vars(one) for one in shown.instalments or ()],
        }
    return shapes.FoundNotice.model_validate(answer)


@route(
    bp, "POST", "/v1/portal/notice", web.PUBLIC, "The notice as PDF", body=shapes.NoticeWanted,
    file_types=PDF,
)  # fmt: skip
def portal_notice(request: Request) -> File:
    from chalicelib.payments.citizen import papers

    now = clock.now()
    hit = finding.again(handles.whole(request.body.key, now), now)
    paper = papers.notice(hit, request.body.language, now)
    return File(paper.data, paper.type, paper.name)


# ------------------------------------------------------------------ carts
@route(
    bp, "POST", "/v1/portal/carts", web.PUBLIC, "Pay one to five notices on pagoPA's Checkout",
    shapes.Cart, body=shapes.NewCart, status=201,
)  # fmt: skip
def portal_open_cart(request: Request) -> shapes.Cart:
    wanted: shapes.NewCart = request.body
    cart = checkout.open_cart(
        wanted.keys, wanted.email or "", wanted.language, request.actor.source,
        secrets.token_urlsafe(18), clock.now(),
    )  # fmt: skip
    return shapes.Cart(cart=cart.id, redirect=cart.redirect, expires_at=cart.expires_at)


@route(
    bp, "GET", "/v1/portal/carts/{cart_id}", web.PUBLIC, "What became of a cart",
    shapes.CartShown, query=shapes.CartQuery,
)  # fmt: skip
def portal_cart(request: Request) -> shapes.CartShown:
    cart, state, found = checkout.look(request.path["cart_id"], request.query.outcome, clock.now())
    items = [
        shapes.CartItem(notice=one.notice, cents=one.cents, state=each)
        for one, each in zip(cart.items, found, strict=True)
    ]
    return shapes.CartShown.model_validate(
        {"cart": cart.id, "state": state, "language": cart.language, "items": items}
    )


# ------------------------------------------------------------------ spontaneous services
@route(
    bp, "POST", "/v1/portal/bodies/{body_code}/services/{service_id}", web.PUBLIC,
    "Make a notice for a service; the same request is the same notice",
    shapes.MadePayment, body=shapes.NewPayment, status=201, repeatable=True,
)  # fmt: skip
def portal_make(request: Request) -> shapes.MadePayment:
    wanted: shapes.NewPayment = request.body
    now = clock.now()
    tenant, _ = directory.body(request.path["body_code"])
    asked = Asked(
        name=wanted.person.name, tax_code=wanted.person.tax_code, mail=wanted.person.email or "",
        language=wanted.language, form=wanted.values, chosen=wanted.chosen, cents=wanted.cents,
        stamp=Stamp(**wanted.stamp.model_dump()) if wanted.stamp else None,
    )  # fmt: skip
    position, _ = services.make(
        tenant, request.path["service_id"], asked, request.actor.source, request.idempotency_key,
        now,
    )  # fmt: skip
    payment = position.payments[0]
    key, until = handles.write(Handle(tenant, payment.iuv, True), now)
    return shapes.MadePayment(
        key=key, expires_at=until, notice=payment.notice, cents=payment.cents, due=payment.due
    )


# ------------------------------------------------------------------ receipts, help
@route(
    bp, "POST", "/v1/portal/receipts", web.PUBLIC,
    "Receipts of a notice, by its number and the debtor's tax code", shapes.PortalReceipts,
    body=shapes.ReceiptsWanted,
)  # fmt: skip
def portal_receipts(request: Request) -> shapes.PortalReceipts:
    from chalicelib.accounting.events_fpc import service as training
    from chalicelib.payments.citizen import papers

    wanted: shapes.ReceiptsWanted = request.body
    now = clock.now()
    sought = finding.sought(wanted.notice, wanted.tax_code or finding.NOBODY, wanted.body or "", "")
    hit = finding.find(sought, request.actor.source, now)
    trained = training.has_paper(hit.tenant, hit.position.id)
    return shapes.PortalReceipts(
        training=handles.write(hit.handle, now)[0] if trained else "",
        items=[
            shapes.PortalReceipt.model_validate(
                {
                    "key": handles.write(papers.handle_of(hit, one), now)[0],
                    "id": one.id,
                    "day": one.day,
                    "cents": one.cents,
                    "psp_name": one.psp_name,
                    "stamp": any(each.stamp for each in one.transfers),
                }
            )
            for one in papers.of_notice(hit)
        ],
    )


@route(
    bp, "POST", "/v1/portal/receipt", web.PUBLIC,
    "A receipt as PDF, as pagoPA sent it, or the digital stamp that came with it",
    body=shapes.ReceiptWanted, file_types=("application/pdf", "application/xml"),
)  # fmt: skip
def portal_receipt(request: Request) -> File:
    from chalicelib.payments.citizen import papers

    wanted: shapes.ReceiptWanted = request.body
    now = clock.now()
    handle = handles.whole(wanted.key, now)
    hit: Hit = finding.again(handle, now)
    paper = papers.receipt(handle, hit, wanted.form, wanted.language)
    return File(paper.data, paper.type, paper.name)


@route(
    bp, "POST", "/v1/portal/training-receipt", web.PUBLIC,
    "The receipt that a body has issued for a training event, by the key of its notice",
    body=shapes.TrainingReceiptWanted, file_types=PDF,
)  # fmt: skip
def portal_training_receipt(request: Request) -> File:
    from chalicelib.accounting.events_fpc import service as training

    now = clock.now()
    hit = finding.again(handles.whole(request.body.key, now), now)
    data, name = training.paper_of_position(hit.tenant, hit.position.id)
    return File(data, "application/pdf", name)


@route(
    bp, "POST", "/v1/portal/help", web.PUBLIC, "Ask a body for help", shapes.Ticket,
    body=shapes.NewHelp, status=201,
)  # fmt: skip
def portal_help(request: Request) -> shapes.Ticket:
    wanted: shapes.NewHelp = request.body
    asked = tickets.Request(wanted.name, wanted.email, wanted.notice, wanted.text, wanted.language)
    tenant, _ = directory.body(wanted.body)
    with work.waking() as wakes:
        ticket = tickets.ask(tenant, asked, request.actor.source, clock.now(), wakes)
    return shapes.Ticket(ticket=ticket)
