"""From values to a document that SdI accepts: its tree, its bytes, its figures.

The passes: bring the values to the form of their fields (`fitting`), decide what was left open
(`heading.completed`), refuse what SdI would refuse (`rules`), compute (`rows`, `amounts`,
`payments`), build the tree (`heading`, `bodies`, `short`), and check it against the limits of every
field, which catches amounts that grew too large.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.base import limits
from chalicelib.invoicing.compose.amounts import Totals, sums_of
from chalicelib.invoicing.compose.bodies import body_of
from chalicelib.invoicing.compose.fitting import fitting, refused
from chalicelib.invoicing.compose.heading import completed, heading, short_heading
from chalicelib.invoicing.compose.rules import check_document, check_header, check_lot
from chalicelib.invoicing.compose.short import short_body
from chalicelib.invoicing.compose.values import Document, Invoice
from chalicelib.invoicing.fatturapa.tree import (
    FatturaElettronica,
    FatturaElettronicaSemplificata,
    Tree,
    misfits,
    serialize,
)


@dataclass(frozen=True)
class Composed:
    """The document as tree and as file, and the figures of each of its bodies."""

    tree: Tree
    data: bytes
    totals: tuple[Totals, ...]


def _check_sizes(documents: Iterable[Document]) -> None:
    """Before the work: base64 takes four characters for three bytes."""
    held = sum(len(file.data) for document in documents for file in document.files)
    if held * 4 // 3 > limits.DOCUMENT_BYTES:
        raise _too_large("documents", held * 4 // 3)


def _too_large(field: str, size: int) -> Exception:
    message = "The file is too large for SdI."
    return refused(
        "compose_too_large",
        message,
        field,
        bytes=size,
        limit_bytes=limits.DOCUMENT_BYTES,
        control="00003",
    )


def _path(place: int) -> str:
    return f"documents[{place}]"


def _ordinary(invoice: Invoice) -> tuple[Tree, tuple[Totals, ...]]:
    bodies, totals = [], []
    for place, document in enumerate(invoice.documents):
        sums = sums_of(document, invoice.seller.regime, _path(place))
        bodies.append(body_of(document, sums, _path(place)))
        totals.append(sums.totals)
    made = FatturaElettronica(
        versione=invoice.format,
        SistemaEmittente=invoice.software or None,
        FatturaElettronicaHeader=heading(invoice),
        FatturaElettronicaBody=tuple(bodies),
    )
    return made, tuple(totals)


def _simplified(invoice: Invoice) -> tuple[Tree, tuple[Totals, ...]]:
    pairs = [
        short_body(document, invoice.seller.regime, _path(place))
        for place, document in enumerate(invoice.documents)
    ]
    made = FatturaElettronicaSemplificata(
        versione=invoice.format,
        SistemaEmittente=invoice.software or None,
        FatturaElettronicaHeader=short_heading(invoice),
        FatturaElettronicaBody=tuple(body for body, _ in pairs),
    )
    return made, tuple(totals for _, totals in pairs)


def compose(invoice: Invoice, today: datetime.date) -> Composed:
    """Compose one file; `today` is Italy's date, which no document may be after.

    Raises Rejected with a code that begins with compose_; `field` in its details is the path of
    the value (`documents[0].lines[2].price`), or of the element for an amount that grew beyond its
    field; `control`, where there is one, is the code with which SdI would have refused the file.
    """
    invoice = completed(fitting(invoice))
    if not 0 < len(invoice.documents) <= limits.LOT_BODIES:
        message = "A file holds at least one document and not too many."
        raise refused("compose_documents", message, "documents", limit=limits.LOT_BODIES)
    _check_sizes(invoice.documents)
    check_header(invoice)
    for place, document in enumerate(invoice.documents):
        check_document(document, invoice, today, _path(place))
    check_lot(invoice)
    tree, totals = (_simplified if invoice.format == "FSM10" else _ordinary)(invoice)
    for misfit in misfits(tree):
        message = "The value does not fit its field."
        raise refused("compose_misfit", message, misfit.path, reason=misfit.reason)
    data = serialize(tree)
    if len(data) > limits.DOCUMENT_BYTES:
        raise _too_large("documents", len(data))
    return Composed(tree, data, totals)
