"""A subscription key is tried: does it open what it is for. The answer is pagoPA's own words.

Something is asked for that cannot be there, so that nothing of a citizen is read and nothing is
changed: pagoPA refuses a wrong key before it looks, and says 404 to a right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.base.errors import Rejected, Transient
from chalicelib.payments.pagopa import client, connections, looking
from chalicelib.payments.pagopa.connection import BIZ, RECEIPTS, Connection, Product

_NOBODYS: Final = "sportello-prova"


@dataclass(frozen=True)
class Tried:
    """`code` says at what it failed, "" when it did not; `words` are pagoPA's."""

    works: bool
    code: str
    words: str


def attempt(tenant: str, product: Product, now: datetime) -> Tried:
    """NotFound where there is no body; every failure of pagoPA's is an answer. A try of Biz Events
    is one of the hour's calls: `pagopa_throttled` when none is left."""
    connection = connections.own(tenant)
    try:
        access = connections.access(tenant, connection, product)
        if product == "biz" and looking.take_slot(tenant, connection.creditor, now) is not None:
            return Tried(False, "pagopa_throttled", "")
        reply = client.call(access, "GET", _path(connection, product))
    except client.Refused as refused:
        return Tried(False, refused.code, f"{refused.answered} {refused.said}".strip())
    except (Rejected, Transient) as failure:
        return Tried(False, failure.code, _reason(failure))
    words = f"{reply.status} {client.said(reply)}".strip()
    # A proxy's page is no answer of pagoPA's, whatever its status.
    works = reply.status in (200, 404) and client.parsed(reply) is not None
    return Tried(works, "" if works else "pagopa_refused", words)


def _reason(failure: Rejected | Transient) -> str:
    """What is known of an answer that was none."""
    return str(failure.details.get("answered") or failure.details.get("reason") or "")


def _path(connection: Connection, product: Product) -> str:
    creditor = connection.creditor
    if product == "positions":
        name = f"{creditor}-{_NOBODYS}"
        return f"{connection.service}/organizations/{creditor}/debtpositions/{name}"
    if product == "receipts":
        return f"{RECEIPTS}/payments/{creditor}/receipts/{_NOBODYS}"
    return f"{BIZ}/organizations/{creditor}/receipts/{_NOBODYS}"
