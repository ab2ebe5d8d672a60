"""Carriers of notices under /v1/body/carriers, enclosures, orders of letters, files for a network
folder."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base import clock, limits, s3, work
from chalicelib.base.errors import Rejected
from chalicelib.entry import acting
from chalicelib.entry import carrier_shapes as shapes
from chalicelib.entry.web import Request, route
from chalicelib.payments.delivery import (
    appio_words,
    archive,
    index,
    order_store,
    orders,
    postal,
    profiles,
    service,
    trying,
    working,
)
from chalicelib.payments.delivery.postal import Order
from chalicelib.payments.delivery.profiles import Carrier

bp = Blueprint(__name__)


# ------------------------------------------------------------------ profiles
def _carrier(found: Carrier) -> shapes.Carrier:
    return shapes.Carrier(
        code=found.code, kind=found.kind, setting=profiles.plain(found.setting),
        secrets_set=found.secrets, version=found.version,
    )  # fmt: skip


@route(bp, "GET", "/v1/body/carriers", "body:read", "Where notices can be brought", shapes.Carriers)
def list_carriers(request: Request) -> shapes.Carriers:
    found = profiles.list_carriers(request.caller.tenant)
    return shapes.Carriers(carriers=[_carrier(one) for one in found])


@route(
    bp, "PUT", "/v1/body/carriers/{carrier_id}", "body:write", "Say a carrier's profile",
    shapes.Carrier, body=shapes.NewCarrier,
)  # fmt: skip
def save_carrier(request: Request) -> shapes.Carrier:
    code, wanted = request.path["carrier_id"], request.body
    kind = wanted.setting.kind
    setting = profiles.parse(kind, wanted.setting.model_dump(exclude={"kind"}))
    secrets = wanted.secrets
    given = None if secrets is None else {k: v for k, v in secrets.model_dump().items() if v}
    record = acting.entry(request, Action.CARRIER_CHANGED, f"carrier:{code}", state="saved")
    new = Carrier(code, kind, setting, wanted.version)
    return _carrier(profiles.save(request.caller.tenant, new, given, [record]))


@route(
    bp, "DELETE", "/v1/body/carriers/{carrier_id}", "body:write",
    "Forget a profile and its secrets",
)  # fmt: skip
def remove_carrier(request: Request) -> dict[str, object]:
    code = request.path["carrier_id"]
    record = acting.entry(request, Action.CARRIER_CHANGED, f"carrier:{code}", state="removed")
    profiles.remove(request.caller.tenant, code, [record])
    return {}


@route(
    bp, "POST", "/v1/body/carriers/{carrier_id}/test", "body:write",
    "Try a profile; what the other side says is the answer", shapes.Tried,
)  # fmt: skip
def try_carrier(request: Request) -> shapes.Tried:
    code, tenant = request.path["carrier_id"], request.caller.tenant
    profiles.get(tenant, code)
    acting.read(request, Action.CARRIER_TRIED, f"carrier:{code}")
    return shapes.Tried.model_validate(asdict(trying.attempt(tenant, code)))


@route(
    bp, "GET", "/v1/body/delivery/texts", "body:read",
    "What a page shows beside these settings: help on App IO, the disclaimer of letters",
    shapes.Texts, query=shapes.TextsQuery,
)  # fmt: skip
def delivery_texts(request: Request) -> shapes.Texts:
    language = request.query.language
    topics = [shapes.Topic(topic=name, text=text) for name, text in appio_words.HELP[language]]
    return shapes.Texts(
        language=language, appio=topics, disclaimer=postal.DISCLAIMER[language],
        disclaimer_version=postal.DISCLAIMER_VERSION, index_file=index.FILE_NAME,
        index_columns=list(index.HEAD),
    )  # fmt: skip


# ------------------------------------------------------------------ a network folder
@route(
    bp, "GET", "/v1/body/deliveries/{delivery_id}/files", "body:read",
    "The files of a delivery by links, for a program that puts them in a network folder",
    shapes.Files, query=shapes.FilesQuery,
)  # fmt: skip
def delivery_files(request: Request) -> shapes.Files:
    name, tenant = request.path["delivery_id"], request.caller.tenant
    run = service.get(tenant, name)
    if run.channel != archive.NAME:
        raise Rejected("delivery_without_files", "Only channel zip makes files.", status=409)
    found = list(islice(working.arrived(tenant, name, request.query.after), limits.PAGE_ITEMS_MAX))
    if found:
        acting.read(request, Action.NOTICE_READ, f"delivery:{name}", count=len(found))
    whole = len(found) < limits.PAGE_ITEMS_MAX
    return shapes.Files(
        state=run.state,
        files=[_file(one.file_name, archive.place_of(tenant, name, one.file_name))
               for one in found],
        after=None if whole else found[-1].place,
    )  # fmt: skip


def _file(name: str, place: s3.Place) -> shapes.File:
    lasts_s = limits.DOWNLOAD_LINK_S
    shown = s3.shown_link(place, "application/pdf", lasts_s) if name.endswith(".pdf") else ""
    return shapes.File(name=name, url=s3.download_link(place, name, lasts_s), shown=shown)


# ------------------------------------------------------------------ letters
@route(
    bp, "GET", "/v1/body/enclosures", "body:read", "What may be enclosed with letters",
    shapes.Enclosures,
)  # fmt: skip
def list_enclosures(request: Request) -> shapes.Enclosures:
    found = order_store.list_enclosures(request.caller.tenant)
    return shapes.Enclosures(
        enclosures=[shapes.Enclosure.model_validate(asdict(one)) for one in found]
    )


@route(
    bp, "PUT", "/v1/body/enclosures/{enclosure_id}", "body:write",
    "A covering letter or another communication (its bytes: PDF)", shapes.Enclosure, body=bytes,
    query=shapes.EnclosureQuery,
)  # fmt: skip
def save_enclosure(request: Request) -> shapes.Enclosure:
    code, tenant = request.path["enclosure_id"], request.caller.tenant
    record = acting.entry(request, Action.CARRIER_CHANGED, f"enclosure:{code}", state="saved")
    found = orders.enclose(tenant, code, request.query.name, request.raw, clock.now(), [record])
    return shapes.Enclosure.model_validate(asdict(found))


@route(bp, "DELETE", "/v1/body/enclosures/{enclosure_id}", "body:write", "Enclose it no more")
def remove_enclosure(request: Request) -> dict[str, object]:
    code = request.path["enclosure_id"]
    record = acting.entry(request, Action.CARRIER_CHANGED, f"enclosure:{code}", state="removed")
    orders.drop_enclosure(request.caller.tenant, code, [record])
    return {}


def _order(found: Order) -> shapes.Order:
    own = asdict(found) | {
        "delivery": found.run, "attachments": len(found.attachments),
        "ship_by": postal.ship_by(found.earliest),
        "late": postal.is_past(found, clock.rome_day(clock.now())),
    }  # fmt: skip
    return shapes.Order.model_validate(own)


@route(
    bp, "GET", "/v1/body/postal-orders", "body:read", "Orders of letters, newest first",
    shapes.Orders,
)  # fmt: skip
def list_postal_orders(request: Request) -> shapes.Orders:
    found = order_store.list_orders(request.caller.tenant, limits.PAGE_ITEMS_MAX)
    return shapes.Orders(orders=[_order(one) for one in found])


@route(
    bp, "GET", "/v1/body/postal-orders/{delivery_id}", "body:read", "How far an order is",
    shapes.Order,
)  # fmt: skip
def get_postal_order(request: Request) -> shapes.Order:
    return _order(orders.get(request.caller.tenant, request.path["delivery_id"]))


@route(
    bp, "GET", "/v1/body/postal-orders/{delivery_id}/sample", "body:read",
    "What to look at before approving: some letters, the list, what is enclosed", shapes.Sample,
)  # fmt: skip
def postal_sample(request: Request) -> shapes.Sample:
    name, tenant = request.path["delivery_id"], request.caller.tenant
    found = orders.sample_files(tenant, name)
    acting.read(request, Action.NOTICE_READ, f"postal:{name}", count=len(found))
    return shapes.Sample(files=[_file(one, place) for one, place in found])


@route(
    bp, "POST", "/v1/body/postal-orders/{delivery_id}/steps", "body:write",
    "Approve the sample, ship, or say what the print service reports", shapes.Order,
    body=shapes.NewStep,
)  # fmt: skip
def take_postal_step(request: Request) -> shapes.Order:
    name, wanted = request.path["delivery_id"], request.body
    record = acting.entry(request, Action.DELIVERY_CHANGED, f"postal:{name}", kind=wanted.event)
    by = f"{request.actor.kind}:{request.actor.id}"
    with work.waking() as wakes:
        return _order(
            orders.decide(
                request.caller.tenant, name, wanted.event, clock.now(), by, wakes, wanted.note,
                [record],
            )
        )  # fmt: skip
