"""The hub: lists with combined filters and stable cursors, one document with all its sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from chalicelib.accounts.model import Language
from chalicelib.base import clock, config, cursors, keys, limits, s3
from chalicelib.base.dynamo import Item
from chalicelib.base.errors import NotFound, Rejected
from chalicelib.base.s3 import Place
from chalicelib.invoicing import authorities, numbering, states, store
from chalicelib.invoicing.document import Document
from chalicelib.invoicing.numbering import Series, Used

_TO_SEND = frozenset({"to_convert", "held", "awaiting_signature", "own_sending", "ready"})
_SENT = frozenset(
    {"sent", "delivered", "made_available", "not_delivered", "rejected", "accepted", "refused",
     "expired", "undeliverable"}
)  # fmt: skip
_LOWEST, _HIGHEST = "0", "9"


@dataclass(frozen=True)
class Filter:
    """All given conditions must hold. Dates are ISO days, both ends included; `received_*` is
    when the file came (UTC), `date_*` the document's own Data; amounts are of the document;
    `counterpart` is part of a name or a fiscal id, of the seller or the buyer."""

    customer: str = ""
    state: str = ""
    section: Literal["", "to_send", "sent"] = ""
    channel: str = ""
    archive: str = ""
    received_from: str = ""
    received_to: str = ""
    date_from: str = ""
    date_to: str = ""
    amount_min: Decimal | None = None
    amount_max: Decimal | None = None
    type: str = ""
    number: str = ""
    counterpart: str = ""

    def hash(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Page:
    """`cursor` "" at the end. A page may be short, even empty, and still have a cursor: a
    filter that matches little reads a bounded number of items for each page."""

    documents: tuple[Document, ...]
    cursor: str


def page(tenant: str, wanted: Filter, cursor: str, limit: int, *, flows: bool) -> Page:
    """Newest first. `flows` lists every file that came, else only those that are documents."""
    after = cursors.read(cursor, wanted.hash())
    found: list[Document] = []
    for seen, document in enumerate(_candidates(tenant, wanted, after, limit), 1):
        last = f"{document.received_at}#{document.id}"
        if (flows or document.state not in states.NOT_DOCUMENTS) and matches(document, wanted):
            found.append(document)
        if len(found) == limit or seen == limits.FILTER_READ_ITEMS:
            return Page(tuple(found), cursors.write(last, wanted.hash()))
    return Page(tuple(found), "")


def _candidates(tenant: str, wanted: Filter, after: str, limit: int) -> Iterator[Document]:
    """From the narrowest index, after the cursor's position."""
    low = wanted.received_from or _LOWEST
    high = f"{wanted.received_to}T~" if wanted.received_to else _HIGHEST
    if after:
        high = min(high, after)
    if low > high:
        return
    if wanted.state:
        index, partition = "state", store.state_partition(tenant, wanted.state)
    elif wanted.customer:
        index, partition = "customer", store.customer_partition(tenant, wanted.customer)
    else:
        index, partition = "list", store.list_partition(tenant)
    for document in store.listed(index, partition, low, high, max(limit, 25)):
        if f"{document.received_at}#{document.id}" != after:
            yield document


def matches(document: Document, wanted: Filter) -> bool:
    """Every condition on one document."""
    said = document.said
    day = document.received_at[:10]
    plain = (
        (not wanted.customer or document.customer == wanted.customer)
        and (not wanted.state or document.state == wanted.state)
        and (not wanted.channel or document.channel == wanted.channel)
        and (not wanted.archive or document.archive == wanted.archive)
        and (not wanted.received_from or day >= wanted.received_from)
        and (not wanted.received_to or day <= wanted.received_to)
        and (wanted.section != "to_send" or document.state in _TO_SEND)
        and (wanted.section != "sent" or document.state in _SENT)
    )
    inside = bool(
        wanted.date_from
        or wanted.date_to
        or wanted.type
        or wanted.number
        or wanted.counterpart
        or wanted.amount_min is not None
        or wanted.amount_max is not None
    )
    if not plain or not inside:
        return plain
    if said is None:
        return False
    text = wanted.counterpart.casefold()
    parties = (said.seller, said.seller_name, said.buyer, said.buyer_name)
    types = {said.type, *(str(body["type"]) for body in said.lot)}
    numbers = {said.number, *(str(body["number"]) for body in said.lot)}
    return (
        (not wanted.date_from or said.date[:10] >= wanted.date_from)
        and (not wanted.date_to or said.date[:10] <= wanted.date_to)
        and (not wanted.type or wanted.type in types)
        and (not wanted.number or wanted.number in numbers)
        and (not text or any(text in party.casefold() for party in parties))
        and (wanted.amount_min is None or said.amount >= wanted.amount_min)
        and (wanted.amount_max is None or said.amount <= wanted.amount_max)
    )


@dataclass(frozen=True)
class File:
    """One file of a document behind a short-lived link."""

    kind: Literal["raw", "unsigned", "signed", "notification", "copy"]
    name: str
    url: str


def files(tenant: str, document: Document) -> list[File]:
    """Raw as it came, before signature, after signature, SdI's notifications."""
    found = [_file("raw", document.file_name, document.raw)]
    if document.unsigned:
        found.append(_file("unsigned", f"{_stem(document)}.xml", document.unsigned))
    if document.signed:
        plain = document.kind == "xml" and document.arrived_signed
        extension = ".xml" if plain else ".xml.p7m"
        found.append(_file("signed", _stem(document) + extension, document.signed))
    for message in store.messages(tenant, document.id):
        found.append(_file("notification", message["file"], Place(**message["place"])))
    return found


def courtesy_copy(tenant: str, document: Document, language: Language) -> File:
    """The PDF of a document as it is known now, made when asked for (decision 6).

    Rejected `copy_not_possible` for a file that is no FatturaPA, `copy_too_long`.
    """
    if document.said is None:
        raise Rejected("copy_not_possible", "There is no invoice in this file to be shown.")
    from chalicelib.invoicing.courtesy.content import Sdi
    from chalicelib.invoicing.courtesy.pdf import courtesy_copy as drawn

    known = Sdi(document.id_sdi, document.state, document.sent_at, document.delivered_at)
    pdf = drawn(s3.get(document.raw), language, Path(config.get("FONTS")), known)
    place = Place(
        config.get("DOCUMENTS_BUCKET"),
        f"{tenant}/{document.id}/copy-{document.version}-{language}.pdf",
    )
    s3.put(place, pdf, "application/pdf")
    return File("copy", f"{_stem(document)}.pdf", s3.download_link(
        place, f"{_stem(document)}.pdf", limits.DOWNLOAD_LINK_S))  # fmt: skip


def check(
    tenant: str, customer: str, name: str, data: bytes, now: datetime, language: Language
) -> dict[str, object]:
    """Everything that SdI would say of a file (`controls.whole.to_json`), knowing what the tenant,
    or one `customer` of his, has sent before (00404)."""
    from chalicelib.invoicing import ledger
    from chalicelib.invoicing.controls.whole import examine_all, to_json

    schemas = Path(config.get("SCHEMAS"))
    today = clock.rome_day(now)
    sent = ledger.sent_by(tenant, customer)
    found = examine_all(data, name, now, schemas, today, sent, trust=authorities.trust)
    return to_json(found, language)


def _stem(document: Document) -> str:
    return document.name.split(".")[0] if document.name else document.id


def _file(kind: Any, name: str, place: Place) -> File:
    # The portal and the API keep no bytes: a link good for minutes, for this object only.
    assert place.bucket in _buckets()
    return File(kind, name, s3.download_link(place, name, limits.DOWNLOAD_LINK_S))


def _buckets() -> tuple[str, ...]:
    return tuple(config.get(f"{name}_BUCKET") for name in ("INTAKE", "DOCUMENTS", "SDI"))


def timeline(tenant: str, document: Document) -> tuple[list[Item], list[Item]]:
    """(changes in order, SdI's messages)."""
    return store.history(tenant, document.id), store.messages(tenant, document.id)


def timeline_then(tenant: str, document: Document) -> tuple[list[Item], list[Item]]:
    """The same as it was when the document became what it is here: an answer given again says what
    it said at first, whatever has happened since."""
    changes, messages = timeline(tenant, document)
    last = keys.sk("H", f"{document.version:06d}")
    return (
        [row for row in changes if row["sk"] <= last],
        [row for row in messages if row.get("version", 0) < document.version],
    )


def _kind_and_day(sk: str) -> tuple[str, str]:
    """Out of `<I|C>#<numero>[#<date>]`; of a shared claim that stands escaped before `#also#`."""
    own, _, shared = sk.partition("#also#")
    if shared:
        own = own.replace("%23", "#")
    kind, _, *days = own.split("#")
    return kind, days[0] if days else ""


def announced(tenant: str, document: str, customer: str = "") -> Item:
    """What was said of a file that is not read yet; NotFound when nothing was."""
    slot = store.get_slot(tenant, document)
    if slot is None or (customer and slot["customer"] != customer):
        raise NotFound("flow")
    return slot


documents = store.get_many
changes = store.history_rows
# The partition of a document: whoever tells of it keeps his work there too.
partition = store.partition


def numbering_report(
    tenant: str, issuer: str, year: str, sections: Sequence[str] = ()
) -> list[Series]:
    """Gaps, backward dates and duplicates of one issuer in one year; NotFound without numbers."""
    used = []
    for item in store.numbers(tenant, issuer, year):
        kind, day = _kind_and_day(item["sk"])
        used.append(
            Used(
                number=item["number"],
                date=item["date"],
                type=item["type"],
                kind=kind,
                day=day,
                document=item["document"],
                released=item["released"],
            )
        )
    if not used:
        raise NotFound("numbering")
    return numbering.report(used, year, sections)
