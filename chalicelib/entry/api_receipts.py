"""Receipts under /v1/body/receipts: which came, what each says, its page and its bytes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalice.app import Blueprint

from chalicelib.accounts.audit import Action
from chalicelib.base.errors import NotFound
from chalicelib.entry import acting
from chalicelib.entry import receipt_shapes as shapes
from chalicelib.entry.web import File, Request, route
from chalicelib.payments import bodies
from chalicelib.payments.positions import positions
from chalicelib.payments.receipts import service, store
from chalicelib.payments.receipts.model import Receipt
from chalicelib.payments.receipts.service import Wanted

bp = Blueprint(__name__)
XML, PDF, OTHER = "application/xml", "application/pdf", "application/octet-stream"


def _summary(found: Receipt) -> dict[str, Any]:
    debtor = found.debtor
    return asdict(found) | {
        "name": store.name_of(found.id),
        "debtor_name": debtor.name if debtor else "",
        "debtor_code": debtor.code if debtor else "",
    }


def _flag(said: str | None) -> bool | None:
    return None if said is None else said == "true"


@route(
    bp, "GET", "/v1/body/receipts", "body:read", "Receipts, the latest received first",
    shapes.Receipts, query=shapes.ReceiptsQuery,
)  # fmt: skip
def list_receipts(request: Request) -> shapes.Receipts:
    query: shapes.ReceiptsQuery = request.query
    wanted = Wanted(
        first=query.first, last=query.last, iuv=query.iuv or "", source=query.source,
        double=_flag(query.double), unknown=_flag(query.unknown),
    )  # fmt: skip
    found, cursor = service.list_receipts(request.caller.tenant, wanted, query.cursor, query.limit)
    return _answer(request, found, cursor)


def _answer(request: Request, found: Any, cursor: str) -> shapes.Receipts:
    if found:
        acting.read(request, Action.RECEIPT_READ, "receipts", count=len(found))
    return shapes.Receipts(
        receipts=[shapes.ReceiptSummary.model_validate(_summary(one)) for one in found],
        cursor=cursor or None,
    )


@route(
    bp, "GET", "/v1/body/positions/{position_id}/receipts", "body:read",
    "The receipts of a debt position, in the order in which they came", shapes.Receipts,
)  # fmt: skip
def position_receipts(request: Request) -> shapes.Receipts:
    position = positions.get(request.caller.tenant, request.path["position_id"])
    return _answer(request, service.of_position(request.caller.tenant, position.id), "")


@route(
    bp, "GET", "/v1/body/receipts/{receipt_name}", "body:read", "All that a receipt says",
    shapes.ReceiptWhole,
)  # fmt: skip
def get_receipt(request: Request) -> shapes.ReceiptWhole:
    found = _read(request)
    checked = service.stamps_checked(request.caller.tenant, found)
    said = _summary(found) | {
        "metadata": dict(found.metadata),
        "transfers": [
            asdict(one) | {"metadata": dict(one.metadata), "stamp_check": checked.get(one.number)}
            for one in found.transfers
        ],
    }
    return shapes.ReceiptWhole.model_validate(said)


def _read(request: Request) -> Receipt:
    name = request.path["receipt_name"]
    found = service.get(request.caller.tenant, name)
    acting.read(request, Action.RECEIPT_READ, f"receipt:{name}")
    return found


@route(
    bp, "GET", "/v1/body/receipts/{receipt_name}/pdf", "body:read", "A receipt as PDF",
    query=shapes.PaperQuery, file_types=(PDF,),
)  # fmt: skip
def receipt_pdf(request: Request) -> File:
    from chalicelib.payments.receipts import pdf

    query: shapes.PaperQuery = request.query
    found = _read(request)
    body = bodies.get(request.caller.tenant)
    creditor = body.creditor(bodies.logo_of(request.caller.tenant, body))
    return File(pdf.render(found, creditor, query.language), PDF, f"ricevuta_{_stem(found)}.pdf")


@route(
    bp, "GET", "/v1/body/receipts/{receipt_name}/original", "body:read",
    "A receipt as it came: the node's XML, or GPD's or Biz events' JSON", file_types=(XML, OTHER),
)  # fmt: skip
def receipt_original(request: Request) -> File:
    found = _read(request)
    data = service.bytes_of(found)
    kind = "xml" if data.lstrip()[:1] == b"<" else "json"
    return File(data, XML if kind == "xml" else OTHER, f"ricevuta_{_stem(found)}.{kind}")


@route(
    bp, "GET", "/v1/body/receipts/{receipt_name}/stamps/{transfer_number}", "body:read",
    "The digital stamp that a transfer bought, as its seller signed it", file_types=(XML,),
)  # fmt: skip
def receipt_stamp(request: Request) -> File:
    number = request.path["transfer_number"]
    if number not in ("1", "2", "3", "4", "5"):
        raise NotFound("stamp")
    found = _read(request)
    data = service.stamp_of(found, int(number))
    return File(data, XML, f"marca_da_bollo_{_stem(found)}_{number}.xml")


def _stem(found: Receipt) -> str:
    return found.iuv if found.iuv.isalnum() and found.iuv.isascii() else store.name_of(found.id)
