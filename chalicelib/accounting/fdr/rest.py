"""FdR-3: the JSON of a flow's head and of the pages of its payments. Source: its OpenAPI.

Amounts are JSON numbers: they are read as decimals, never as floats.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from chalicelib.accounting.fdr.model import OUTCOMES, Header, Line, Stream, day_of, instant_of
from chalicelib.base import clock, limits
from chalicelib.base.errors import Rejected

_KINDS: Final = {"LEGAL_PERSON": "G", "ABI_CODE": "A", "BIC_CODE": "B"}
_MOST: Final = Decimal(10) ** 12


def read(head: bytes, pages: Iterable[bytes]) -> Stream:
    """The flow of a head and of all its pages in order.

    Raises Rejected `flow_page_malformed`, `flow_page_too_large`, also while it is gone through.
    """
    header = _header(_object(head))
    payments = chain.from_iterable(_payments(_object(page)) for page in pages)
    return Stream(_lines(payments), lambda: header)


def parsed(data: bytes) -> dict[str, Any]:
    """A JSON object of FdR-3 with its numbers exact. Raises as `read`."""
    return _object(data)


def of_objects(head: dict[str, Any], pages: Iterable[dict[str, Any]]) -> Stream:
    """As `read`, of what is parsed."""
    header = _header(head)
    return Stream(_lines(chain.from_iterable(map(_payments, pages))), lambda: header)


def _object(data: bytes) -> dict[str, Any]:
    if len(data) > limits.FLOW_PAGE_BYTES:
        raise Rejected(
            "flow_page_too_large",
            "A page of a flow is too large.",
            limit_bytes=limits.FLOW_PAGE_BYTES,
        )
    try:
        found = json.loads(data, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(found, dict):
        raise _malformed()
    return found


def _no_number(_: str) -> None:
    """NaN and the infinities."""


def _malformed() -> Rejected:
    return Rejected("flow_page_malformed", "A page of a flow is not the JSON of FdR-3.")


def _payments(page: dict[str, Any]) -> list[Any]:
    found = page.get("data")
    if not isinstance(found, list):
        raise _malformed()
    return found


def _lines(payments: Iterable[Any]) -> Iterator[Line]:
    for place, one in enumerate(payments, 1):
        said = one if isinstance(one, dict) else {}
        status = _text(said, "payStatus")
        transfer = said.get("idTransfer")
        yield Line(
            place,
            _text(said, "iuv"),
            _text(said, "iur"),
            transfer if isinstance(transfer, int) and 0 < transfer < 1000 else None,
            _cents(said.get("pay")),
            OUTCOMES.get(status, status),
            _day(_text(said, "payDate")),
        )


def _day(text: str) -> str:
    """The Italian day of an instant; a day stays as it is."""
    instant = instant_of(text) if "T" in text else None
    return clock.rome_day(instant).isoformat() if instant else text


def _header(said: dict[str, Any]) -> Header:
    sender, receiver = _inner(said, "sender"), _inner(said, "receiver")
    kind = _text(sender, "type")
    revision = said.get("revision")
    count = said.get("totPayments")
    return Header(
        flow_id=_text(said, "fdr"),
        psp=_text(sender, "pspId"),
        created=instant_of(_text(said, "fdrDate")),
        revision=revision if isinstance(revision, int) and revision > 0 else 0,
        sender_kind=_KINDS.get(kind, kind),
        sender=_text(sender, "id"),
        sender_name=_text(sender, "pspName"),
        # `id` is the code that XML has; `organizationId` the domain, which is what we know.
        receiver=_text(receiver, "organizationId") or _text(receiver, "id"),
        receiver_name=_text(receiver, "organizationName"),
        trn=_text(said, "regulation"),
        settled=day_of(_text(said, "regulationDate")),
        bic=_text(said, "bicCodePouringBank"),
        said_count=count if isinstance(count, int) and count >= 0 else None,
        said_cents=_cents(said.get("sumPayments")),
    )


def _inner(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    return found.strip() if isinstance(found, str) else ""


def _cents(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount) >= _MOST:
        return None
    cents = amount * 100
    return int(cents) if cents == cents.to_integral_value() else None
